"""`tapwatt tariff check FILE`: what is wrong with a tariff, in plain words, before any driver meets it."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from pricing.checking.check import check
from pricing.ocpi.documents import LARGEST_FILE, UnreadableOcpi, objects_in, read_json
from tapwatt.clock import SystemClock
from tapwatt_cli.options import AsDocument
from tapwatt_cli.prices.tariff_page import as_json, show_checked

FOUND = 1
UNREADABLE = 2

app = typer.Typer(name="tariff", no_args_is_help=True, help="Check tariffs before drivers meet them, and publish them.")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date; give it as 2026-03-29") from None


@app.command("check")
def check_(
    file: Annotated[str, typer.Argument(metavar="FILE", help='An OCPI Tariff, a list, or {"data": ...}; - is stdin.')],
    on: Annotated[
        date | None,
        typer.Option(parser=_day, metavar="DATE", help="Look at it as on this local day, e.g. 2027-01-01; today."),
    ] = None,
    as_document: AsDocument = False,
) -> None:
    """Say what is wrong with a tariff (OCPI 2.2.1, 2.3.0): what can never win, overlaps, gaps, limits, VAT, dates.

    Every moment at which two restrictions differ is looked at, not samples. An **error** means that no session could
    be billed, so a driver is refused before the hold; a **warning** is surely not what was meant; a **note** is worth
    knowing.

    Example: `tapwatt tariff check tariffs.json` says

        tariff 'DAY': 1 warning
          warning  $.elements
                   energy is free on Saturdays 00:00-08:00; is that meant?
                   > Add a last element without restrictions.

    Exit code 0 when there is nothing worse than notes, 1 with warnings or errors, 2 when the file cannot be read.
    """
    day = on or SystemClock().now().date()
    checked = [check(path, written, day) for path, written in _tariffs(file)]
    if as_document:
        typer.echo(json.dumps(as_json(checked), indent=2))
    else:
        show_checked(checked, day)
    if not all(one.good for one in checked):
        raise typer.Exit(FOUND)


def _tariffs(file: str) -> list[tuple[str, dict[str, Any]]]:
    try:
        found = read_json(_bytes(file))
        tariffs = objects_in(found)
        for path, one in tariffs:
            _expect_tariff(path, one)
    except OSError as error:
        why = f"{file} cannot be read: {error.strerror or error}; name a file with an OCPI tariff, or - for stdin"
    except UnreadableOcpi as unreadable:
        why = f"{file}: {unreadable}"
    else:
        if tariffs:
            return tariffs
        why = f"{file}: $: there is no tariff in it; give an OCPI Tariff, a list of them or an answer with data"
    typer.echo(f"tapwatt: {why}", err=True)
    raise typer.Exit(UNREADABLE)


def _bytes(file: str) -> bytes:
    # One byte more than may be read, so that a larger file is refused without reading all of it.
    if file == "-":
        return sys.stdin.buffer.read(LARGEST_FILE + 1)
    with Path(file).open("rb") as opened:
        return opened.read(LARGEST_FILE + 1)


def _expect_tariff(path: str, one: dict[str, Any]) -> None:
    if "elements" in one:
        return
    if "charging_periods" in one:
        raise UnreadableOcpi(path, "this is a CDR or a session where a tariff is needed; give the tariff's file")
    if "status_code" in one:
        raise UnreadableOcpi(path, "this is an OCPI answer without data; ask the other side again")
