"""`tapwatt sheet TARIFF.json`: the prices that a driver is shown before charging, as AFIR wants them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn
from zoneinfo import ZoneInfo

import typer

from pricing.engine.cannot_price import CannotPrice
from pricing.ocpi.tariff_reader import UnreadableTariffs, read_noting
from pricing.sheet.document import sheet_document
from pricing.sheet.make import PriceSheet, price_sheet
from pricing.sheet.spoken import WORDS, Language
from pricing.sheet.text import NARROWEST, sheet_text
from tapwatt.clock import SystemClock
from tapwatt.tariffs import Tariff
from tapwatt.time_zones import zone_named

UNREADABLE = 2
WIDEST = 200
LONGEST_GRACE_S = 24 * 3600


def sheet(
    tariff: Annotated[Path, typer.Argument(metavar="TARIFF.json", help='An OCPI Tariff, a list, or {"data": ...}.')],
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="When charging begins, as 2026-03-06T17:30, local there; now.")
    ] = None,
    time_zone: Annotated[str, typer.Option(help="IANA zone of the charger, as Europe/Amsterdam.")] = "UTC",
    language: Annotated[str, typer.Option(help=f"The driver's language: {', '.join(WORDS)}.")] = "en",
    columns: Annotated[
        int | None, typer.Option(help=f"Lay it out for a screen this wide, from {NARROWEST} columns.")
    ] = None,
    idle_grace_s: Annotated[int, typer.Option(help="Seconds a car may stay for nothing once energy has stopped.")] = 0,
    as_document: Annotated[
        bool, typer.Option("--json", help="JSON: an object, or a list for several tariffs.")
    ] = False,
) -> None:
    """Show a tariff's prices with VAT: per kWh, per minute, per session, other; now, and what changes within a week.

    Of several tariffs, those are shown that may be offered at that moment. Exit code 2, and one sentence, when the
    file cannot be read or nobody could be billed by what is in it.
    """
    spoken = _language(language)
    if columns is not None and not NARROWEST <= columns <= WIDEST:
        _refuse(f"--columns {columns} is no screen for prices; give {NARROWEST} to {WIDEST}")
    if not 0 <= idle_grace_s <= LONGEST_GRACE_S:
        _refuse(f"--idle-grace-s {idle_grace_s} is no grace; give 0 to {LONGEST_GRACE_S} seconds")
    sheets = _sheets(tariff, _moment(at, _zone(time_zone)), time_zone, idle_grace_s)
    if as_document:
        documents = [sheet_document(one) for one in sheets]
        typer.echo(json.dumps(documents[0] if len(documents) == 1 else documents, indent=2, ensure_ascii=False))
    else:
        typer.echo("\n".join(sheet_text(one, spoken, columns) for one in sheets), nl=False)


def _language(name: str) -> Language:
    found = next((known for known in WORDS if known == name), None)
    if found is None:
        _refuse(f"--language {name!r} is not one that sheets are written in; give {', '.join(WORDS)}")
    return found


def _zone(name: str) -> ZoneInfo:
    try:
        return zone_named(name)
    except ValueError:
        _refuse(f"--time-zone {name!r} is not an IANA time zone; give a name such as Europe/Amsterdam")


def _moment(at: str | None, zone: ZoneInfo) -> datetime:
    if at is None:
        return SystemClock().now()
    try:
        found = datetime.fromisoformat(at)
        return (found if found.tzinfo is not None else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        _refuse(f"--at {at!r} is not a time; give one such as 2026-03-06T17:30 or 2026-03-06T16:30Z")


def _sheets(path: Path, at: datetime, time_zone: str, idle_grace_s: int) -> list[PriceSheet]:
    found = [tariff for tariff in _read(path) if tariff.valid_at(at)]
    if not found:
        _refuse(f"{path} has no tariff that may be offered at {at.isoformat()}")
    try:
        return [price_sheet(tariff, at, time_zone, idle_grace_s=idle_grace_s) for tariff in found]
    except CannotPrice as error:
        _refuse(f"{path}: {error}")


def _read(path: Path) -> list[Tariff]:
    try:
        found = read_noting(path.read_bytes())
    except OSError as error:
        _refuse(f"{path} cannot be read: {error.strerror or error}")
    except UnreadableTariffs as unreadable:
        _refuse(f"{path}: {unreadable}")
    for note in (note for _, notes in found for note in notes):
        typer.echo(f"tapwatt: {path}: {note.path}: {note.said}", err=True)
    return [tariff for tariff, _ in found]


def _refuse(why: str) -> NoReturn:
    typer.echo(f"tapwatt: {why}", err=True)
    raise typer.Exit(UNREADABLE)
