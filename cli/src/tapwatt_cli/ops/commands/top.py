"""`tapwatt top`: how the ring stands, live on one screen, read from its workers or from a Prometheus."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import aiohttp
import typer
from rich.console import Console
from rich.live import Live

from tapwatt.errors import TapwattError
from tapwatt_cli.console import PAGE_WIDTH
from tapwatt_cli.exit_codes import Unusable
from tapwatt_cli.ops.metric_sources import Prometheus, Source, Workers
from tapwatt_cli.ops.top import Standing, standing
from tapwatt_cli.ops.top_page import screen
from tapwatt_cli.running import hold, run


def top(
    at: Annotated[
        list[str] | None,
        typer.Option(
            "--at", envvar="TAPWATT_TOP_AT", help="host:port of a worker or of the exporter; once for each of them."
        ),
    ] = None,
    ring: Annotated[
        Path | None, typer.Option(help="A file with the line that `tapwatt up --json` prints: it has all addresses.")
    ] = None,
    prometheus: Annotated[
        str | None,
        typer.Option(envvar="TAPWATT_TOP_PROMETHEUS", help="A Prometheus that watches them: http://127.0.0.1:9090."),
    ] = None,
    every_s: Annotated[float, typer.Option("--every", min=0.5, help="How often to look (seconds).")] = 2.0,
    once: Annotated[bool, typer.Option("--once", help="Look once, say it, and end.")] = False,
    as_document: Annotated[bool, typer.Option("--json", help="One JSON document on standard output, and end.")] = False,
) -> None:
    """Show how the ring stands: money, drivers, each step, the provider, the stores, and what waits for a person.

    It only looks. Addresses are given by --at, by the setting TAPWATT_TOP_AT (separated by spaces) or by what
    `tapwatt up --json` printed; with --prometheus it asks that one alone, and its alerts are told in their sentences.

    **What is what.** Rates are of the time since the look before (of a minute from a Prometheus); times are those of
    the slowest twentieth, without a driver's own at a terminal where somebody waits for us. `?` is what nobody tells:
    holds, money, lag and what waits for a person are known to the exporter alone.

    Ctrl-C ends it, with exit code 0. Where standard output is no terminal it looks once. Exit code 4: nobody answers.
    """
    where = addresses(at or [], ring)
    if not where and prometheus is None:
        raise Unusable(
            "say where to look: --at host:port of each worker and of the exporter, --ring with what "
            "`tapwatt up --json` printed, or --prometheus with its address"
        )
    out = Console()
    if as_document or once or not out.is_terminal:
        found = run(_once(where, prometheus))
        shown = Console(width=PAGE_WIDTH) if not out.is_terminal else out
        if as_document:
            print(json.dumps(asdict(found)))
        else:
            shown.print(screen(found, datetime.now(UTC), shown.width), highlight=False)
        return
    hold(_live(out, where, prometheus, every_s))


def addresses(given: list[str], ring: Path | None) -> list[str]:
    """All addresses that were given. Unusable if the file is not what `tapwatt up --json` prints."""
    if ring is None:
        return given
    try:
        told = json.loads(ring.read_text(encoding="utf-8"))
        found = [*told["services"].values(), *([told["exporter"]] if "exporter" in told else [])]
    except OSError as error:
        raise Unusable(
            f"{ring} cannot be read ({error.strerror}): write there what `tapwatt up --json` prints"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Unusable(f"{ring} is not the line that `tapwatt up --json` prints") from None
    return [*given, *map(str, found)]


def _source(http: aiohttp.ClientSession, where: list[str], prometheus: str | None) -> Source:
    return Prometheus(http, prometheus) if prometheus is not None else Workers(http, where)


async def _seen(source: Source) -> Standing:
    return standing(await source.change(), await source.alerts())


async def _once(where: list[str], prometheus: str | None) -> Standing:
    async with aiohttp.ClientSession() as http:
        source = _source(http, where, prometheus)
        if prometheus is None:
            await source.change()
            await asyncio.sleep(1)  # rates need two looks
        return await _seen(source)


async def _live(out: Console, where: list[str], prometheus: str | None, every_s: float) -> None:
    async with aiohttp.ClientSession() as http:
        source = _source(http, where, prometheus)
        first = await _seen(source)
        with Live(screen(first, datetime.now(UTC), out.width), console=out, screen=True, auto_refresh=False) as live:
            while True:
                await asyncio.sleep(every_s)
                try:
                    found = await _seen(source)
                except TapwattError as error:
                    live.update(f"tapwatt: {error}", refresh=True)
                else:
                    live.update(screen(found, datetime.now(UTC), out.width), refresh=True)
