"""`tapwatt replay CDRS.json`: the shadow run before going live: your own records through the ring, to the cent."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from pricing.ocpi.cdrs import RecordedSession, UnreadableCdr, read_cdrs
from simulator.fleet.fleet import Fleet
from simulator.fleet.world import World
from tapwatt.clock import SystemClock
from tapwatt.facts.topics import Topics
from tapwatt.time_zones import zone_named
from tapwatt_cli.console import amount, kwh, page
from tapwatt_cli.dev.replay import SHADOW_HEARS, Replayed
from tapwatt_cli.dev.replay import replay as play
from tapwatt_cli.dev.ring import Ring
from tapwatt_cli.dev.ring_settings import RingSettings
from tapwatt_cli.dev.run_folders import RunFolder
from tapwatt_cli.running import run

UNREADABLE = 2
MOST_NAMES = 20


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
    as_document: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Replay recorded OCPI CDRs (2.2.1, 2.3.0) through the ring and compare what it captures with their own totals.

    Exit code 0 when every total is the same, 1 when one differs (it is named), 2 when the file cannot be read.
    """
    if (bootstrap is None) != (provider_url is None):
        raise typer.BadParameter("--bootstrap and --provider-url belong together: both of the same running ring")
    recorded = _read(cdrs, time_zone)
    with RunFolder("replay") as folder:
        replayed = run(_replay(recorded, folder.path, bootstrap, provider_url, topic_prefix))
    if as_document:
        typer.echo(json.dumps(document(replayed), indent=2))
    else:
        _show(page(), replayed)
    if not all(one.same for one in replayed):
        raise typer.Exit(1)


def _read(path: Path, time_zone: str) -> list[RecordedSession]:
    try:
        recorded = read_cdrs(path.read_bytes(), time_zone)
    except OSError as error:
        why = f"{path} cannot be read: {error.strerror or error}"
    except UnreadableCdr as unreadable:
        why = f"{path}: {unreadable}"
    else:
        if recorded:
            return recorded
        why = f"{path} has no CDR in it"
    typer.echo(f"tapwatt: {why}", err=True)
    raise typer.Exit(UNREADABLE)


async def _replay(
    recorded: Sequence[RecordedSession], folder: Path, bootstrap: str | None, provider_url: str | None, prefix: str
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
        fleet = await stack.enter_async_context(Fleet(bootstrap, topics, SystemClock(), SHADOW_HEARS))
        world = await stack.enter_async_context(World(provider_url))
        tell(f"replaying {len(recorded)} sessions")
        return await play(fleet, world, recorded, time.strftime("replay-%Y%m%d%H%M%S"))


def _show(out: Console, replayed: Sequence[Replayed]) -> None:
    table = Table(title="Replayed", title_justify="left", header_style="bold", box=box.SIMPLE_HEAD)
    table.add_column("session", overflow="fold")
    for name in ("energy kWh", "billed", "charged", "difference"):
        table.add_column(name, justify="right")
    table.add_column("")
    table.add_column("", overflow="fold")
    for one in replayed:
        table.add_row(*_cells(one), style="" if one.same else "red")
    out.print(table)
    out.print(line(replayed), highlight=False, soft_wrap=True)


def line(replayed: Sequence[Replayed]) -> str:
    """The last line: how many, how many differ, and which."""
    differ = [one.session_id for one in replayed if not one.same]
    names = f": {', '.join(differ[:MOST_NAMES])}{', ...' if len(differ) > MOST_NAMES else ''}" if differ else ""
    return f"replay: {len(replayed)} sessions, {len(differ)} differ{names}"


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


def document(replayed: Sequence[Replayed]) -> dict[str, Any]:
    """The replay for scripts; money in minor units, energy in Wh."""
    return {
        "line": line(replayed),
        "sessions": len(replayed),
        "differ": [one.session_id for one in replayed if not one.same],
        "replayed": [
            {
                "session_id": one.session_id,
                "energy_wh": str(one.energy_wh),
                "currency": one.billed.currency,
                "billed": one.billed.minor,
                "charged": one.charged.minor if one.charged is not None else None,
                "with_vat": one.with_vat,
                "same": one.same,
                "trouble": one.trouble or None,
            }
            for one in replayed
        ],
    }
