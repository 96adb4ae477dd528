"""`tapwatt price TARIFF.json CDR.json`: what a recorded session costs by a tariff, line by line, and why."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer
from pydantic import TypeAdapter, ValidationError
from rich import progress
from rich.console import Console

from pricing.engine.cannot_price import CannotPrice
from pricing.ocpi.charging_periods import Note, RecordTime
from pricing.ocpi.documents import LARGEST_FILE, UnreadableOcpi, quoted
from pricing.ocpi.tariff_reader import read_noting
from tapwatt.money import Rounding
from tapwatt.tariffs import Percent, Tariff
from tapwatt.time_zones import zone_named
from tapwatt_cli.console import page, printable
from tapwatt_cli.options import AsDocument
from tapwatt_cli.prices.price_page import show_priced
from tapwatt_cli.prices.price_summary import Summary
from tapwatt_cli.prices.priced_file import NoPrice, priced_in
from tapwatt_cli.prices.pricing_records import Contradiction, How, Priced, document

DIFFER = 1
UNREADABLE = 2
LARGE = 4 * 1024 * 1024
"""Bytes, from which it is shown how far a file is read."""
LONGEST_GRACE_S = 7 * 24 * 3600
_TIME: TypeAdapter[datetime] = TypeAdapter(RecordTime)
_PERCENT: TypeAdapter[Decimal] = TypeAdapter(Percent)


class Refused(Exception):
    """One sentence: which file, where in it, what is wrong and what to do."""


def price(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TARIFF.json] CDR.json",
            help="An OCPI tariff and a CDR or session; the record alone if its tariff is inside. - is standard input.",
            show_default=False,
        ),
    ] = None,
    time_zone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="IANA zone of a charger whose record has none: Europe/Amsterdam.")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="What it costs until then, in UTC: 2026-03-29T08:00:00Z. For a session that "
            "goes on: until it was last updated, if not said otherwise.",
        ),
    ] = None,
    rounding: Annotated[
        str, typer.Option(metavar="MODE", help=f"How the total is rounded: {', '.join(Rounding)}.")
    ] = Rounding.HALF_UP.value,
    vat: Annotated[
        str | None,
        typer.Option(
            metavar="PERCENT",
            envvar="TAPWATT_PRICE_VAT",
            help="VAT on prices that say none, such as those of OCPI 2.1.1, which are before VAT.",
        ),
    ] = None,
    idle_grace: Annotated[
        str, typer.Option(metavar="SECONDS", help="Parked time that is free once energy has stopped.")
    ] = "0",
    as_document: AsDocument = False,
    only_summary: Annotated[
        bool, typer.Option("--summary", help="Of several records the summary alone, not a page for each.")
    ] = False,
) -> None:
    """Price recorded sessions: OCPI tariffs, CDRs and sessions as they are (2.1.1 to 2.3.0): one, a list or JSON Lines.

    The tariff's file counts, whatever the record holds; without one, the tariff is taken from the record. Exit code 2
    and one sentence with the JSON path when there is no honest price.

    Of several records each is priced, whatever the others hold: one that has no price is named on standard error. A
    summary ends them: how many, what they cost, how many differ from their own totals and by how much. Exit code 1
    where some differ or have no price. A file may be of any size.
    """
    try:
        how = How(_zone(time_zone), _rounding(rounding), _seconds(idle_grace), _time(at), _percent(vat))
        clean = _price(files or [], how, Shown(as_document, only_summary))
    except Refused as refused:
        typer.echo(f"tapwatt: {refused}", err=True)
        raise typer.Exit(UNREADABLE) from None
    if not clean:
        raise typer.Exit(DIFFER)


def _price(files: list[str], how: How, shown: Shown) -> bool:
    """Price and show the records; whether all have a price, and the one that they say themselves."""
    if len(files) not in (1, 2):
        raise Refused("name one or two files: [TARIFF.json] CDR.json")
    *tariff_file, record_file = files
    if tariff_file == ["-"] and record_file == "-":
        raise Refused("only one of the two files can be standard input; name the other")
    offered = None
    if tariff_file:
        read = _tariffs(tariff_file[0])
        offered = [tariff for tariff, _ in read]
        how = replace(how, offered_notes={tariff.id: notes for tariff, notes in read})
    try:
        with _opened(record_file) as file:
            return _show(record_file, priced_in(file, offered, how), shown)
    except UnreadableOcpi as error:
        raise _refused(record_file, error) from None
    except Contradiction as error:
        raise Refused(f"{_said(tariff_file[0])}: $: {error}") from None


def _show(name: str, found: Iterator[Priced | NoPrice], shown: Shown) -> bool:
    """The only record alone, as ever; several with their summary. Not more than two are held at once."""
    first, second = next(found, None), next(found, None)
    if first is None:
        raise Refused(f"{_said(name)}: $: there is no CDR or session in it; name a file with one")
    if second is None:
        if isinstance(first, NoPrice):
            raise Refused(f"{_said(name)}: {first.said}")
        shown.alone(first)
        return True
    summary = Summary()
    for number, one in enumerate(chain((first, second), found)):
        if isinstance(one, NoPrice):
            summary.no_price += 1
            who = f"record {quoted(one.id)}: " if one.id else ""
            typer.echo(f"tapwatt: {_said(name)}: {who}{one.said}", err=True)
        else:
            summary.add(one)
        shown.one_of_several(one, number)
    shown.ended(summary)
    return summary.clean


@dataclass(frozen=True, slots=True)
class Shown:
    """How prices are shown: on pages or as JSON, each of them or the summary alone."""

    as_document: bool
    only_summary: bool
    paper: Console = field(default_factory=page)

    def alone(self, one: Priced) -> None:
        """The only record of a file."""
        if self.as_document:
            typer.echo(json.dumps(document(one), indent=2))
        else:
            show_priced(self.paper, one)

    def one_of_several(self, one: Priced | NoPrice, number: int) -> None:
        """As soon as it is priced, so that nothing has to be held. JSON is one list for all."""
        if self.as_document:
            typer.echo(f"{',' if number else '['}\n{json.dumps(_document(one), indent=2)}", nl=False)
        elif not self.only_summary and isinstance(one, Priced):
            show_priced(self.paper, one)
            typer.echo()

    def ended(self, summary: Summary) -> None:
        """The summary: beside a JSON document on standard error."""
        if self.as_document:
            typer.echo("\n]")
        for line in summary.lines():
            typer.echo(line, err=self.as_document)


def _document(one: Priced | NoPrice) -> dict[str, Any]:
    if isinstance(one, Priced):
        return document(one)
    return {"record": {"kind": None, "id": one.id, "path": one.path}, "no_price": one.said}


def _tariffs(name: str) -> list[tuple[Tariff, list[Note]]]:
    try:
        found = read_noting(_read(name))
    except UnreadableOcpi as error:
        raise _refused(name, error) from None
    if not found:
        raise Refused(f"{_said(name)}: $: there is no tariff in it; name a file with one")
    return found


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    """The file, told of how far it is read on a terminal where that takes a while."""
    if name == "-":
        yield sys.stdin.buffer
        return
    screen = Console(stderr=True)
    try:
        size = Path(name).stat().st_size
        if screen.is_terminal and size > LARGE:
            with progress.open(name, "rb", description="pricing", console=screen, transient=True) as file:
                yield file
        else:
            with Path(name).open("rb") as file:
                yield file
    except (OSError, ValueError) as error:
        if isinstance(error, UnreadableOcpi | CannotPrice):
            raise
        why = error.strerror if isinstance(error, OSError) else None
        raise Refused(f"{_said(name)} cannot be read: {why or 'no such file'}") from None


def _read(name: str) -> bytes:
    try:
        if name == "-":
            return sys.stdin.buffer.read(LARGEST_FILE + 1)
        with Path(name).open("rb") as file:
            return file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else None
        raise Refused(f"{_said(name)} cannot be read: {why or 'no such file'}") from None


def _refused(name: str, error: UnreadableOcpi) -> Refused:
    return Refused(f"{_said(name)}: {error}")


def _said(name: str) -> str:
    return "standard input" if name == "-" else printable(name)


def _zone(name: str | None) -> str | None:
    if name is None:
        return None
    try:
        return zone_named(name).key
    except ValueError:
        problem = f"{quoted(name)} is not an IANA time zone; use a name such as Europe/Amsterdam"
        raise Refused(f"--time-zone: {problem}") from None


def _rounding(mode: str) -> Rounding:
    try:
        return Rounding(mode)
    except ValueError:
        raise Refused(f"--rounding: {quoted(mode)} is none of {', '.join(Rounding)}") from None


def _percent(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        return _PERCENT.validate_python(text)
    except ValidationError:
        raise Refused(f"--vat: {quoted(text)} is not a rate in percent from 0 to 100, such as 21") from None


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= LONGEST_GRACE_S):
        raise Refused(f"--idle-grace: {quoted(text)} is not a number of seconds from 0 to {LONGEST_GRACE_S}")
    return int(text)


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return _TIME.validate_python(text)
    except ValidationError:
        raise Refused(f"--at: {quoted(text)} is not a time; give it in UTC, as 2026-03-29T08:00:00Z") from None
