"""`make drill`: everything that an SRE may be woken by, broken on purpose on a ring of its own, and mended."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from redis.asyncio import Redis
from tests.drill.drill import Outcome, drill, table
from tests.drill.faults import DRILL, Broken, Stage
from tests.drill.traffic import Traffic
from tests.drill.watching import Watching

from simulator.fleet.fleet import Fleet
from simulator.fleet.world import World
from tapwatt.clock import SystemClock
from tapwatt.errors import TapwattError
from tapwatt_cli.dev.ring import Ring
from tapwatt_cli.dev.ring_settings import EXPORTER, SERVICES, RingSettings, demo_environment
from tapwatt_cli.dev.run_folders import RunFolder
from tapwatt_cli.running import run

AS_IN_PRODUCTION = {"TAPWATT_PROVIDER_ANSWER_S": "10", "TAPWATT_PROVIDER_LONGEST_LIFE_S": "60"}
"""What a demo has shorter than a provider that is slow, and not down, takes."""


def main(
    only: Annotated[list[str] | None, typer.Option(metavar="FAULT", help="Only these faults; see --list.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="Say what is broken, and by what it has to page.")] = False,
    as_document: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
    keep: Annotated[bool, typer.Option(help="Keep the folder with logs and Prometheus' data.")] = False,
) -> None:
    """Break one thing after another on a ring with a real Prometheus and Alertmanager, and see who is woken.

    Each fault has to wake somebody by the right page within two minutes, by no other page, and be over once
    it is mended. All of them take about an hour. Exit code 1 where one did not go so.
    """
    if list_:
        typer.echo("\n".join(f"{one.name:<24} {one.pages}" for one in DRILL))
        return
    chosen = [one for one in DRILL if not only or one.name in only]
    unknown = set(only or ()) - {one.name for one in DRILL}
    if unknown:
        raise typer.BadParameter(f"no such fault: {', '.join(sorted(unknown))}; --list names them all")
    with RunFolder("drill", keep=keep) as files:
        outcomes = run(_drill(files.path, chosen))
    document = [asdict(one) | {"allowed": sorted(one.allowed), "good": one.good} for one in outcomes]
    typer.echo(json.dumps(document, indent=2) if as_document else table(outcomes))
    if not all(one.good for one in outcomes):
        raise typer.Exit(1)


async def _drill(folder: Path, chosen: list[Broken]) -> list[Outcome]:
    def says(what: str) -> None:
        typer.echo(what, err=True)

    settings = RingSettings(folder=folder, environment={**demo_environment(), **AS_IN_PRODUCTION})
    async with Ring(settings, says) as ring:
        targets = {name: ring.service_url(name) for name in (*SERVICES, EXPORTER)}
        async with (
            Watching(folder / "watching", targets) as watching,
            Fleet(ring.bootstrap, ring.topics, SystemClock()) as fleet,
            World(ring.provider_url) as world,
        ):
            says(f"Prometheus: {watching.prometheus.url}  Alertmanager: {watching.alertmanager}")
            traffic = Traffic(fleet, world)
            flowing = asyncio.create_task(traffic.flow())
            redis = Redis.from_url(ring.redis_url)
            try:
                await asyncio.sleep(60)  # what has happened in the last minute is asked about
                return await drill(Stage(ring, world, fleet, traffic, redis), watching, chosen, says)
            finally:
                says(f"{traffic.well} of {traffic.begun} sessions went as told meanwhile")
                flowing.cancel()
                await asyncio.gather(flowing, return_exceptions=True)
                await redis.aclose()


if __name__ == "__main__":
    try:
        typer.run(main)
    except TapwattError as error:
        typer.echo(f"drill: {error}", err=True)
        sys.exit(2)
