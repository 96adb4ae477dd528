"""The price sheet as text in the driver's language: plain, or laid out for a terminal's small screen."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from zoneinfo import ZoneInfo

from pricing.sheet.amounts import shown
from pricing.sheet.make import Limit, PriceSheet, Reservation, ShownPrice
from pricing.sheet.spoken import WORDS, Language
from pricing.sheet.when import GLUE, clock, energy, length, number, until, when, whole_date
from pricing.sheet.words import Words

NARROWEST = 16
"""Columns. Below that, words would have to be cut."""


@dataclass(frozen=True, slots=True)
class _Line:
    """What is said, and the price beside it: with its unit where there is room for words."""

    said: str
    price: str = ""
    unit: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Block:
    """A heading and the lines under it."""

    heading: str
    lines: tuple[_Line, ...]


def sheet_text(sheet: PriceSheet, language: Language = "en", columns: int | None = None) -> str:
    """The sheet in this language, without a line longer than `columns` if given. ValueError below 16 columns."""
    if columns is not None and columns < NARROWEST:
        raise ValueError(f"a price sheet needs {NARROWEST} columns, and {columns} are too few for its words")
    writer = _Writer(sheet, WORDS[language], language)
    text = writer.plain() if columns is None else writer.screen(columns)
    return text.replace(GLUE, " ")


class _Writer:
    """Says one sheet in one language."""

    def __init__(self, sheet: PriceSheet, words: Words, language: Language) -> None:
        self._sheet, self._words, self._language = sheet, words, language
        self._zone = ZoneInfo(sheet.time_zone)

    def plain(self) -> str:
        """A sentence a line."""
        parts = [self._head()]
        for block in self._blocks():
            alone = len(block.lines) == 1 and not block.lines[0].said
            if alone:
                parts.append([f"{block.heading}{self._words.colon}{self._price(block.lines[0], unit=False)}"])
            else:
                parts.append([block.heading, *(f"  {self._sentence(line)}" for line in block.lines)])
        parts.append(self._text())
        return "\n\n".join("\n".join(part) for part in parts if part) + "\n"

    def screen(self, columns: int) -> str:
        """Prices on the right, words on the left, and as many lines as that takes."""
        parts = [[row for said in self._head() for row in _wrapped(said, columns)]]
        for block in self._blocks():
            if len(block.lines) == 1 and not block.lines[0].said:
                parts.append(_beside(block.heading, block.lines[0], columns, indent=""))
                continue
            rows = _wrapped(block.heading, columns)
            parts.append(rows + [row for line in block.lines for row in _beside(line.said, line, columns, " ")])
        parts.append([row for said in self._text() for row in _wrapped(said, columns)])
        return "\n\n".join("\n".join(part) for part in parts if part) + "\n"

    def _sentence(self, line: _Line) -> str:
        price = self._price(line, unit=True)
        return f"{line.said}{self._words.colon}{price}" if price else line.said

    @staticmethod
    def _price(line: _Line, *, unit: bool) -> str:
        said = f"{line.price} {line.unit}" if unit and line.unit else line.price
        return f"{said} ({line.note})" if line.note else said

    def _head(self) -> list[str]:
        words, sheet = self._words, self._sheet
        local = sheet.at.astimezone(self._zone)
        rates = " / ".join(f"{number(rate, words)}{GLUE}%" for rate in sheet.vat)
        taxed = words.with_rates.format(rates) if rates else words.with_taxes
        vat = words.taxes_unknown if sheet.taxes_unknown else taxed if sheet.vat_included else words.no_vat
        return [f"{words.prices}, {vat}", f"{whole_date(local.date(), words)}, {clock(local.time().replace(second=0))}"]

    def _blocks(self) -> Iterator[_Block]:
        words, sheet = self._words, self._sheet
        if not self._costs():
            yield _Block(words.all_free, ())
        else:
            yield _Block(words.per_kwh, self._rows(sheet.per_kwh, words.kwh) or (_Line("", words.free),))
            grace = words.per_idle_minute_after.format(length(words, sheet.idle_grace_s))
            for heading, rows in (
                (words.per_minute, self._rows(sheet.per_minute, words.minute)),
                (
                    grace if sheet.idle_grace_s else words.per_idle_minute,
                    self._rows(sheet.per_idle_minute, words.minute, parked=True),
                ),
                (words.per_session, self._rows(sheet.per_session, words.session)),
            ):
                if rows:
                    yield _Block(heading, rows)
        if other := tuple(self._other()):
            yield _Block(words.other, other)

    def _costs(self) -> bool:
        sheet = self._sheet
        rows = (sheet.per_kwh, sheet.per_minute, sheet.per_idle_minute, sheet.per_session)
        return sheet.min_price is not None or any(map(_any_cost, rows))

    def _rows(self, prices: Sequence[ShownPrice], unit: str, *, parked: bool = False) -> tuple[_Line, ...]:
        if not _any_cost(prices):
            return ()
        return tuple(self._row(price, unit, marked=len(prices) > 1, parked=parked) for price in prices)

    def _row(self, price: ShownPrice, unit: str, *, marked: bool, parked: bool, said: str = "") -> _Line:
        words = self._words
        held = when(price.when, words, parked=parked)
        if price.otherwise:
            held = f"{words.otherwise}, {held}" if held else words.otherwise
        if marked and price.holds == "now":
            held += f" ({self._now(price)})"
        said = ", ".join(part for part in (said, held) if part)
        if not price.amount:
            return _Line(said, words.free)
        text, exact = self._amount(price.amount)
        # What is about right a minute is often exact an hour.
        hourly, _ = self._amount(price.amount * 60)
        note = "" if exact or unit != words.minute else f"{hourly} {words.hour}"
        return _Line(said, text, unit, note)

    def _now(self, price: ShownPrice) -> str:
        given = price.when
        if price.until is None or given.start_time is not None or given.end_time is not None:
            return self._words.now
        return self._words.now_until.format(until(price.until, self._sheet.at, self._zone, self._words))

    def _amount(self, exact: Fraction) -> tuple[str, bool]:
        found = shown(exact, self._sheet.currency)
        text = f"{found.amount:f}".replace(".", self._words.decimal_point) + GLUE + self._sheet.currency
        return (text if found.exact else self._words.about.format(text)), found.exact

    def _other(self) -> Iterator[_Line]:
        words, sheet = self._words, self._sheet
        for said, limit in ((words.lowest, sheet.min_price), (words.highest, sheet.max_price)):
            if limit is not None:
                yield _Line(said, self._limit(limit))
        yield from self._steps()
        yield from self._reserved(words.reservation, sheet.reservation)
        yield from self._reserved(words.reservation_expired, sheet.reservation_expired)
        if sheet.hold is not None:
            yield _Line(words.hold, self._amount(Fraction(sheet.hold.major))[0])

    def _limit(self, limit: Limit) -> str:
        low, high = (self._amount(Fraction(money.major))[0] for money in (limit.lowest, limit.highest))
        return low if low == high else f"{low} - {high}"

    def _steps(self) -> Iterator[_Line]:
        words, sheet = self._words, self._sheet
        reserved = (*sheet.reservation.per_minute, *sheet.reservation_expired.per_minute)
        yield from _said_steps(words.energy_step, words, (energy(s) for s in _steps_of(sheet.per_kwh)))
        for said, prices in (
            (words.time_step, sheet.per_minute),
            (words.idle_step, sheet.per_idle_minute),
            (words.reservation_step, reserved),
        ):
            yield from _said_steps(said, words, (length(words, s) for s in _steps_of(prices)))

    def _reserved(self, said: str, what: Reservation) -> Iterator[_Line]:
        words = self._words
        for unit, prices in ((words.minute, what.per_minute), (words.session, what.per_session)):
            if _any_cost(prices):
                # A session has one reservation, so the word for a session would only mislead.
                name = said.format(unit) if unit == words.minute else said.removesuffix(", {}")
                for price in prices:
                    line = self._row(price, unit, marked=False, parked=False, said=name)
                    yield _Line(line.said, line.price, "", line.note)

    def _text(self) -> list[str]:
        """The operator's own words in the driver's language, else in English, else in the first there is."""
        texts = self._sheet.texts
        spoken = (text for wanted in (self._language, "en") for text in texts if text.language.lower() == wanted)
        found = next((text.text for text in (*spoken, *texts)), "")
        printable = "".join(c if c.isprintable() else " " for c in found).split()
        return [" ".join(printable)] if printable else []


def _any_cost(prices: Iterable[ShownPrice]) -> bool:
    return any(price.amount for price in prices)


def _steps_of(prices: Iterable[ShownPrice]) -> list[int]:
    return sorted({price.step_size for price in prices if price.amount and price.step_size > 1})


def _said_steps(said: str, words: Words, steps: Iterable[str]) -> Iterator[_Line]:
    if found := words.either.join(steps):
        yield _Line(said.format(found))


def _wrapped(text: str, columns: int, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        columns,
        break_on_hyphens=False,
        initial_indent=indent,
        subsequent_indent=indent,
    )


def _beside(said: str, line: _Line, columns: int, indent: str) -> list[str]:
    """The words on the left and the price on the right of the last line, if there is room, else below."""
    rows = _wrapped(said, columns, indent)
    prices = [*_wrapped(line.price, columns), *_wrapped(line.note, columns)]
    if rows and prices and len(rows[-1]) + 1 + len(prices[0]) <= columns:
        rows[-1] += prices.pop(0).rjust(columns - len(rows[-1]))
    return rows + [price.rjust(columns) for price in prices]
