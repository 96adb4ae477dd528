"""`tapwatt replay CDRS.json`: the shadow run before going live: your own records through the ring, to the cent."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Annotated, BinaryIO, NoReturn

import typer
from rich import box
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table

from pricing.ocpi.cdrs import RecordedSession, UnreadableCdr
from pricing.ocpi.documents import quoted
from simulator.fleet.fleet import Fleet
from simulator.fleet.world import World
from tapwatt.clock import SystemClock
from tapwatt.facts.topics import Topics
from tapwatt.time_zones import zone_named
from tapwatt_cli.console import amount, kwh, page
from tapwatt_cli.dev.recorded_file import NotReplayed, once_there_is_one, recorded_in
from tapwatt_cli.dev.replay import SHADOW_HEARS, Replayed
from tapwatt_cli.dev.replay import replay as play
from tapwatt_cli.dev.replay_summary import document, line, lines
from tapwatt_cli.dev.ring import Ring
from tapwatt_cli.dev.ring_settings import RingSettings
from tapwatt_cli.dev.run_folders import RunFolder
from tapwatt_cli.options import AsDocument
from tapwatt_cli.running import run

UNREADABLE = 2
MOST_ROWS = 200
"""Of more sessions only those are shown that differ."""


def _known_zone(name: str) -> str:
    try:
        zone_named(name)
    except ValueError:
        raise typer.BadParameter(f"{name!r} is not an IANA time zone; use a name such as Europe/Amsterdam") from None
    return name


def replay(
    cdrs: Annotated[Path, typer.Argument(metavar="CDRS.json", help="One OCPI CDR or a list, tariff inside.")],
    bootstrap: Annotated[
        str | None, typer.Option(help="Kafka of a ring that runs already; without it one is brought up.")
    ] = None,
    provider_url: Annotated[
        str | None, typer.Option(help="That ring's simulated provider, e.g. http://127.0.0.1:8090.")
    ] = None,
    topic_prefix: Annotated[str, typer.Option(envvar="TAPWATT_TOPIC_PREFIX", help="That ring's topic prefix.")] = "",
    time_zone: Annotated[
        str, typer.Option(callback=_known_zone, help="IANA zone of charging locations whose record has none.")
    ] = "UTC",
    vat: Annotated[
        float | None,
        typer.Option(
            min=0, max=100, envvar="TAPWATT_PRICE_VAT", help="VAT in percent on prices that say none, as in OCPI 2.1.1."
        ),
    ] = None,
    as_document: AsDocument = False,
) -> None:
    """Replay recorded OCPI CDRs (2.1.1 to 2.3.0) through the ring and compare what it captures with their own totals.

    A list or JSON Lines of any size; a record that cannot be replayed is named, and the others are. Exit code 0 when
    every total is the same, 1 when one differs (it is named) or could not be replayed, 2 when the file cannot be read.
    """
    if (bootstrap is None) != (provider_url is None):
        raise typer.BadParameter("--bootstrap and --provider-url belong together: both of the same running ring")
    not_replayed: list[NotReplayed] = []
    with _opened(cdrs) as file:
        recorded = _sessions(
            cdrs, _some(cdrs, file, time_zone, None if vat is None else Decimal(repr(vat))), not_replayed
        )
        with RunFolder("replay") as folder:
            replayed = run(_replay(recorded, folder.path, bootstrap, provider_url, topic_prefix))
    if as_document:
        typer.echo(json.dumps(document(replayed, not_replayed), indent=2))
    else:
        _show(page(), replayed, not_replayed)
    if not_replayed or not all(one.same for one in replayed):
        raise typer.Exit(1)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except OSError as error:
        _refuse(f"{path} cannot be read: {error.strerror or error}")
    with file:
        yield file


def _some(path: Path, file: BinaryIO, time_zone: str, vat: Decimal | None) -> Iterator[RecordedSession | NotReplayed]:
    """The records, once one of them can be replayed: nothing is started for a file that has none."""
    try:
        before, found = once_there_is_one(recorded_in(file, time_zone, vat))
    except UnreadableCdr as unreadable:
        _refuse(f"{path}: {unreadable}")
    first = next(found, None)
    if first is None:
        for one in before[:-1]:
            typer.echo(_sentence(path, one), err=True)
        _refuse(f"{path}: {before[-1].said}" if before else f"{path} has no CDR in it")
    return chain((first,), found)


def _sessions(
    path: Path, found: Iterator[RecordedSession | NotReplayed], not_replayed: list[NotReplayed]
) -> Iterator[RecordedSession]:
    """Those that can be replayed. The others are named at once, and kept for the end; so is a file that breaks off."""
    try:
        for one in found:
            if isinstance(one, RecordedSession):
                yield one
            else:
                not_replayed.append(one)
                typer.echo(_sentence(path, one), err=True)
    except UnreadableCdr as unreadable:
        not_replayed.append(NotReplayed(None, str(unreadable)))
        typer.echo(_sentence(path, not_replayed[-1]), err=True)


def _sentence(path: Path, one: NotReplayed) -> str:
    who = f"record {quoted(one.id)}: " if one.id else ""
    return f"tapwatt: {path}: {who}{one.said}"


def _refuse(why: str) -> NoReturn:
    typer.echo(f"tapwatt: {why}", err=True)
    raise typer.Exit(UNREADABLE)


async def _replay(
    recorded: Iterator[RecordedSession], folder: Path, bootstrap: str | None, provider_url: str | None, prefix: str
) -> list[Replayed]:
    screen = Console(stderr=True)

    def tell(what: str) -> None:
        screen.print(f"tapwatt: {what}", highlight=False, soft_wrap=True)

    async with AsyncExitStack() as stack:
        if bootstrap is None or provider_url is None:
            ring = await stack.enter_async_context(Ring(RingSettings(folder), tell))
            bootstrap, provider_url, topics = ring.bootstrap, ring.provider_url, ring.topics
        else:
            topics = Topics(prefix)
        fleet = Fleet(bootstrap, topics, SystemClock(), SHADOW_HEARS)
        stack.push_async_exit(fleet)  # before it is entered: Ctrl-C may come while it waits for Kafka
        await fleet.__aenter__()
        world = await stack.enter_async_context(World(provider_url))
        tell("replaying")
        columns = (SpinnerColumn(), TextColumn("{task.completed} sessions replayed, {task.fields[differ]} differ"))
        with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress:
            task, differ = progress.add_task("", total=None, differ=0), 0

            def done(one: Replayed) -> None:
                nonlocal differ
                differ += not one.same
                progress.update(task, advance=1, differ=differ)

            return await play(fleet, world, recorded, time.strftime("replay-%Y%m%d%H%M%S"), done)


def _show(out: Console, replayed: Sequence[Replayed], not_replayed: Sequence[NotReplayed]) -> None:
    shown = replayed if len(replayed) <= MOST_ROWS else [one for one in replayed if not one.same]
    if len(shown) != len(replayed):
        out.print(f"Of {len(replayed)} sessions those that differ:")
    table = Table(title="Replayed", title_justify="left", header_style="bold", box=box.SIMPLE_HEAD)
    table.add_column("session", overflow="fold")
    for name in ("energy kWh", "billed", "charged", "difference"):
        table.add_column(name, justify="right")
    table.add_column("")
    table.add_column("", overflow="fold")
    for one in shown:
        table.add_row(*_cells(one), style="" if one.same else "red")
    out.print(table)
    for said in (*lines(replayed), line(replayed, not_replayed)):
        out.print(said, highlight=False, soft_wrap=True, markup=False)


def _cells(one: Replayed) -> tuple[str, ...]:
    currency = one.billed.currency
    charged = amount(one.charged.minor, currency) or "0" if one.charged is not None else ""
    differs = amount(one.difference.minor, currency) if one.difference else ""
    note = one.trouble or ("" if one.with_vat else "without VAT")
    return (
        one.session_id,
        kwh(one.energy_wh),
        amount(one.billed.minor, currency) or "0",
        charged,
        differs,
        currency,
        note,
    )
