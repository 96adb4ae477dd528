"""Reads one settlement file: each line a movement, a fee, or a sentence that says which line cannot be read and why."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from io import StringIO
from zoneinfo import ZoneInfo

from tapwatt.errors import TapwattError
from tapwatt.facts.fields import FIRST, LAST
from tapwatt.money import Money
from tapwatt_watch.reconciliation.movements import Kind, Movement
from tapwatt_watch.reconciliation.settlement_layout import Layout

MOST_BYTES = 256 * 1024 * 1024
MOST_LINES = 2_000_000
_LONGEST_WORD = 60


class BadFile(TapwattError):
    """A settlement file that cannot be read whole: nothing of it is believed. The sentence names the line."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file. `movement` is None for a fee or what is ignored; `fee` is what the acquirer keeps.

    Lines that are equal in two files are one line, told twice.
    """

    movement: Movement | None
    merchant: str
    fee: Money | None
    settled_on: date


@dataclass(frozen=True, slots=True)
class SettlementFile:
    """What stands in a file. `digest` is of its bytes; `until` the end of its last day of settlement (UTC)."""

    name: str
    digest: str
    lines: tuple[Line, ...]
    until: datetime | None


def read_file(name: str, content: bytes, layout: Layout) -> SettlementFile:
    """The file's lines. BadFile in one sentence where it is torn, or a line of it cannot be understood."""
    if len(content) > MOST_BYTES:
        raise BadFile(f"{name}: it has {len(content)} bytes, and {MOST_BYTES} are read: is it a settlement file?")
    try:
        text = content.decode(layout.encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise BadFile(
            f"{name}: it is not in {layout.encoding} (byte {error.start}): set the layout's encoding"
        ) from None
    if text and not text.endswith("\n") and not layout.trailer:
        raise BadFile(f"{name}: its last line has no end, so it may be torn: fetch it again")
    reader = _Reader(name, layout)
    lines = tuple(reader.lines(text))
    last = max(filter(None, (*(line.settled_on for line in lines), reader.told_until)), default=None)
    until = None if last is None else _start_of(last + timedelta(days=1), layout)
    return SettlementFile(name, hashlib.sha256(content).hexdigest(), lines, until)


class _Reader:
    def __init__(self, name: str, layout: Layout) -> None:
        self._name, self._layout = name, layout
        self.told_until: date | None = None

    def lines(self, text: str) -> Iterator[Line]:
        rows = csv.reader(StringIO(text, newline=""), delimiter=self._layout.delimiter, strict=True)
        try:
            yield from self._read(rows)
        except csv.Error as error:
            raise BadFile(f"{self._name}: line {rows.line_num} is no CSV ({error}): fetch it again") from None

    def _read(self, rows: Iterator[list[str]]) -> Iterator[Line]:
        header = next(rows, None)
        if header is None:
            raise BadFile(f"{self._name}: it is empty: fetch it again")
        at = self._columns(header)
        number, whole = 0, not self._layout.trailer
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if whole and self._layout.trailer:
                raise self._bad(number + 2, "it stands behind the last line, which says how many there are")
            if len(row) != len(header):
                raise self._bad(number + 2, f"it has {len(row)} columns and the header {len(header)}: it may be torn")
            told = {name: row[index].strip() for name, index in at.items()}
            if self._layout.trailer and told["type"] == self._layout.trailer:
                self._count(told["reference"], number)
                whole = True
                if told["settled_on"]:  # a day on which nothing was settled is covered, too
                    self.told_until = self._date(told["settled_on"], number + 2)
                continue
            number += 1
            if number > MOST_LINES:
                raise BadFile(f"{self._name}: it has more than {MOST_LINES} lines: give it in parts")
            yield self._line(told, number + 1)
        if not whole:
            torn = f"its last line ({self._layout.trailer}) is not there, so it is torn: fetch it again"
            raise BadFile(f"{self._name}: {torn}")

    def _columns(self, header: list[str]) -> Mapping[str, int]:
        names = [one.strip() for one in header]
        wanted = self._layout.columns.model_dump()
        needed = {"type", "reference", "amount", "currency", "settled_on"}
        missing = sorted(wanted[one] for one in needed if wanted[one] not in names)
        if missing:
            raise BadFile(f"{self._name}: it has no column {', '.join(missing)}: set the layout's columns")
        twice = sorted({one for one in wanted.values() if names.count(one) > 1})
        if twice:
            raise BadFile(f"{self._name}: it has the column {twice[0]} twice: which is meant?")
        return {field: names.index(name) for field, name in wanted.items() if name in names}

    def _count(self, said: str, found: int) -> None:
        if said != str(found):
            raise BadFile(f"{self._name}: it says that it has {_short(said)} lines and has {found}: fetch it again")

    def _line(self, told: Mapping[str, str], number: int) -> Line:
        kind = self._layout.types.kind_of(told["type"])
        if kind is None:
            raise self._bad(number, f"{_short(told['type'])} is no type that the layout knows: say what it means")
        settled_on = self._date(told["settled_on"], number)
        currency = told["currency"].upper()
        amount = self._money(told["amount"], currency, number)
        fee = self._money(told["fee"], currency, number) if told.get("fee") else None
        merchant = told.get("merchant", "")
        if kind == "ignored":
            return Line(None, merchant, fee, settled_on)
        if kind == "fee":
            return Line(None, merchant, Money(minor=-amount.minor, currency=currency), settled_on)
        if not told["reference"]:
            raise self._bad(number, f"a {kind} has no reference")
        if kind is not Kind.CAPTURE and self._layout.signed:
            amount = Money(minor=-amount.minor, currency=currency)
        at = self._time(told.get("transacted_at", ""), number) or _start_of(settled_on, self._layout)
        names = told.get("order_reference", ""), told.get("original_reference", "")
        return Line(Movement(kind, told["reference"], amount, at, *names), merchant, fee, settled_on)

    def _money(self, text: str, currency: str, number: int) -> Money:
        plain = text if self._layout.decimal == "." else text.replace(".", "!").replace(",", ".")
        try:
            major = Decimal(plain)
            if not (major.is_finite() and set(plain) <= set("+-0123456789.")):
                raise InvalidOperation
            return Money.of(major, currency)
        except InvalidOperation:
            raise self._bad(number, f"{_short(text)} is no amount with {self._layout.decimal!r} as its point") from None
        except ValueError as error:
            raise self._bad(number, str(error).splitlines()[0]) from None

    def _date(self, text: str, number: int) -> date:
        try:
            day = datetime.strptime(text, self._layout.date_format).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            raise self._bad(number, f"{_short(text)} is no day as {self._layout.date_format}") from None
        if not FIRST.date() <= day < LAST.date():
            raise self._bad(number, f"{_short(text)} is not a day from 1970 to 2199")
        return day

    def _time(self, text: str, number: int) -> datetime | None:
        if not text:
            return None
        form = self._layout.time_format
        try:
            at = datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007 - see below
        except ValueError:
            raise self._bad(number, f"{_short(text)} is no time as {form or 'ISO 8601'}") from None
        aware = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(self._layout.time_zone))
        if not FIRST <= aware < LAST:
            raise self._bad(number, f"{_short(text)} is not a time from 1970 to 2199")
        return aware.astimezone(UTC)

    def _bad(self, number: int, why: str) -> BadFile:
        return BadFile(f"{self._name}: line {number}: {why}")


def _start_of(day: date, layout: Layout) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(layout.time_zone)).astimezone(UTC)


def _short(text: str) -> str:
    """A word of a file, in quotes, no longer than somebody reads."""
    return repr(text if len(text) <= _LONGEST_WORD else text[:_LONGEST_WORD] + "...")
