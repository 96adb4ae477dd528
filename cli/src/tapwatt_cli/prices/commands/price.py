"""`tapwatt price TARIFF.json CDR.json`: what a recorded session costs by a tariff, line by line, and why."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from pricing.engine.cannot_price import CannotPrice
from pricing.ocpi.charging_periods import Note, RecordTime
from pricing.ocpi.documents import LARGEST_FILE, UnreadableOcpi, quoted
from pricing.ocpi.recorded_usage import Usage, read_usage
from pricing.ocpi.tariff_reader import read_noting
from tapwatt.money import Rounding
from tapwatt.tariffs import Tariff
from tapwatt.time_zones import zone_named
from tapwatt_cli.console import page, printable
from tapwatt_cli.prices.price_page import show_priced
from tapwatt_cli.prices.pricing_records import Contradiction, How, Priced, document, price_usage

UNREADABLE = 2
LONGEST_GRACE_S = 7 * 24 * 3600
_TIME: TypeAdapter[datetime] = TypeAdapter(RecordTime)


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
    idle_grace: Annotated[
        str, typer.Option(metavar="SECONDS", help="Parked time that is free once energy has stopped.")
    ] = "0",
    as_document: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Price recorded sessions: OCPI tariffs, CDRs and sessions as they are, 2.2.1 and 2.3.0, one or a list.

    The tariff's file counts, whatever the record holds; without one, the tariff is taken from the record. Exit code 2
    and one sentence with the JSON path when there is no honest price.
    """
    try:
        how = How(_zone(time_zone), _rounding(rounding), _seconds(idle_grace), _time(at))
        priced = _priced(files or [], how)
    except Refused as refused:
        typer.echo(f"tapwatt: {refused}", err=True)
        raise typer.Exit(UNREADABLE) from None
    if as_document:
        documents = [document(one) for one in priced]
        typer.echo(json.dumps(documents[0] if len(documents) == 1 else documents, indent=2))
        return
    screen = page()
    for number, one in enumerate(priced):
        if number:
            screen.print()
        show_priced(screen, one)


def _priced(files: list[str], how: How) -> list[Priced]:
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
    usages = _usages(record_file)
    found = []
    for usage in usages:
        try:
            found.append(price_usage(usage, offered, how))
        except UnreadableOcpi as error:
            raise _refused(record_file, error) from None
        except Contradiction as error:
            where = f"{_said(tariff_file[0])}: $" if tariff_file else f"{_said(record_file)}: {usage.path}.tariffs"
            raise Refused(f"{where}: {error}") from None
        except CannotPrice as error:
            raise Refused(f"{_said(record_file)}: {usage.path}: {error}") from None
    return found


def _tariffs(name: str) -> list[tuple[Tariff, list[Note]]]:
    try:
        found = read_noting(_read(name))
    except UnreadableOcpi as error:
        raise _refused(name, error) from None
    if not found:
        raise Refused(f"{_said(name)}: $: there is no tariff in it; name a file with one")
    return found


def _usages(name: str) -> list[Usage]:
    try:
        found = read_usage(_read(name))
    except UnreadableOcpi as error:
        raise _refused(name, error) from None
    if not found:
        raise Refused(f"{_said(name)}: $: there is no CDR or session in it; name a file with one")
    return found


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
