"""The demo: a ring, a day of drivers, a table of what happened, and the audit against the provider's ledger."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from simulator.fleet.drivers import Waiting
from simulator.fleet.fleet import Fleet
from simulator.fleet.world import World
from simulator.stories.day import Played, play_day
from simulator.stories.deck import Part, deal
from tapwatt.clock import SystemClock
from tapwatt_cli.dev.day_summary import Summary, summarise
from tapwatt_cli.dev.ring import Ring
from tapwatt_cli.ops.audit import Difference, Report, Trouble, audit, with_unreadable
from tapwatt_cli.ops.ledger_page import read_ledger
from tapwatt_cli.ops.topic_log import read_topics

AT_ONCE = 20
"""Stories played at the same time: enough to keep four services busy, not so many that two cores only wait."""

SETTLES_WITHIN_S = 20.0
"""How long the audit looks again before it calls something lost: what nobody waits for may still be on its way."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What kind of day it is to be. `kill` names a service that crashes in the middle and is started again."""

    sessions: int = 60
    seed: int = 1
    run: str = "demo"
    kill: str | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """What the day came to."""

    played: tuple[Played, ...]
    summary: Summary
    report: Report
    dead_letters: tuple[str, ...]
    seconds: float

    @property
    def good(self) -> bool:
        """Whether everything went as told and the audit found nothing."""
        return self.report.clean and not any(one.trouble for one in self.played)


class Watcher:
    """Hears how the day goes; shows it, or does nothing."""

    def begins(self, parts: int) -> None:
        """The drivers arrive."""

    def played(self, one: Played) -> None:
        """A story has ended."""

    def says(self, what: str) -> None:
        """Something else worth a line."""


async def run_day(ring: Ring, orders: Orders, watcher: Watcher) -> Day:
    """Let the drivers live a day on this ring, then audit it. A part of the ring that ends by itself ends the day."""
    begun = time.monotonic()
    parts = deal(orders.sessions, orders.seed, orders.run)
    watcher.begins(len(parts))
    async with Fleet(ring.bootstrap, ring.topics, SystemClock()) as fleet, World(ring.provider_url) as world:
        played = await unless_broken(ring, _drivers(ring, fleet, world, parts, orders, watcher))
        watcher.says("comparing with the provider's ledger")
        report, summary, dead_letters = await settled_audit(ring, world)
    report = with_stories(report, played)
    return Day(tuple(played), summary, report, dead_letters, time.monotonic() - begun)


async def unless_broken(ring: Ring, work: Coroutine[Any, Any, list[Played]]) -> list[Played]:
    """Do this work, unless a part of the ring ends by itself meanwhile."""
    working, broken = asyncio.create_task(work), asyncio.create_task(ring.broken())
    try:
        await asyncio.wait((working, broken), return_when=asyncio.FIRST_COMPLETED)
        if broken.done():
            broken.result()
        return await working
    finally:
        for task in (working, broken):
            task.cancel()
        await asyncio.gather(working, broken, return_exceptions=True)


async def _drivers(
    ring: Ring, fleet: Fleet, world: World, parts: list[Part], orders: Orders, watcher: Watcher
) -> list[Played]:
    ended = 0
    middle = asyncio.Event()

    def one_more(one: Played) -> None:
        nonlocal ended
        ended += 1
        watcher.played(one)
        if ended >= len(parts) // 3:
            middle.set()

    async with asyncio.TaskGroup() as together:
        day = together.create_task(play_day(fleet, world, parts, at_once=AT_ONCE, waiting=Waiting(), played=one_more))
        if orders.kill:
            together.create_task(_crash(ring, orders.kill, middle, watcher.says))
    return day.result()


async def _crash(ring: Ring, service: str, middle: asyncio.Event, says: Callable[[str], None]) -> None:
    await middle.wait()
    says(f"killing {service} with -9")
    await ring.kill(service)
    await asyncio.sleep(1.0)
    await ring.start(service)
    says(f"{service} is back")


async def settled_audit(
    ring: Ring, world: World, within_s: float = SETTLES_WITHIN_S
) -> tuple[Report, Summary, tuple[str, ...]]:
    """Audit until nothing differs, or until it has been looked at for long enough."""
    until = time.monotonic() + within_s
    while True:
        log = await read_topics(ring.bootstrap, ring.topics)
        report = audit(log.events, read_ledger(await world.ledger()))
        report = with_unreadable(report, log.unreadable)
        if report.clean or time.monotonic() > until:
            return report, summarise(log.events), tuple(log.dead_letters)
        await asyncio.sleep(1.0)


def with_stories(report: Report, played: list[Played]) -> Report:
    """A story that went otherwise is wrong, even where the money agrees."""
    known = {one.session_id for one in report.differences}
    otherwise = tuple(
        Difference(one.part.name, Trouble.WRONG, one.part.story.tells, one.trouble)
        for one in played
        if one.trouble and not known.intersection(one.session_ids)
    )
    return Report(report.sessions, report.differences + otherwise)
