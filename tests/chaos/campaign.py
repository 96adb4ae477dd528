"""One campaign: sessions flow, faults strike one after another by a seed, all of it heals, and then it is judged."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from redis.asyncio import Redis
from tests.chaos.faults import SESSION_TIMEOUT_S, WEATHER, Field, Kind, deal
from tests.chaos.letters import origins
from tests.chaos.poison import Poisoner
from tests.chaos.summary import Healing, Struck, healing
from tests.chaos.traffic import Lived, PersistentFleet, Traffic
from tests.chaos.verdict import Verdict, judge
from tests.chaos.workers import Workers

from simulator.fleet.fleet import Fleet
from simulator.fleet.world import World
from tapwatt.clock import SystemClock
from tapwatt_cli.dev.demo import settled_audit
from tapwatt_cli.dev.ring import Ring
from tapwatt_cli.dev.ring_settings import RingSettings, demo_environment
from tapwatt_cli.ops.audit import Report

SETTLES_WITHIN_S = 180.0
"""After the last session: what waits in a retry topic comes again after a minute."""

POISON_OF_A_HUNDRED = 1.0
Says = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Orders:
    """What kind of campaign it is to be."""

    sessions: int
    kills: int
    minutes: float
    a_second: float
    seed: int
    weather: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. `unaccounted` is poison that stands in no dead letter; `seconds` of sessions alone."""

    orders: Orders
    lived: tuple[Lived, ...]
    healed: tuple[Healing, ...]
    kills: int
    ended_by_themselves: dict[str, int]
    poison: int
    unaccounted: tuple[str, ...]
    verdict: Verdict
    report: Report
    seconds: float

    @property
    def denied(self) -> list[str]:
        """Sessions whose card was told that there is none."""
        return [one.order for one in self.lived if one.denied_a_stop]

    @property
    def good(self) -> bool:
        """Whether nothing was lost, taken twice, taken above the hold or wrong, and every poison is accounted for."""
        return self.verdict.clean and self.report.clean and not self.unaccounted and not self.denied


async def campaign(folder: Path, orders: Orders, says: Says, progress: Callable[[int, int], None]) -> Outcome:
    """Live it on a ring of its own in this folder."""
    environment = {**demo_environment(), "TAPWATT_WORKER_SESSION_TIMEOUT_S": str(SESSION_TIMEOUT_S)}
    async with Ring(RingSettings(folder, environment=environment), says) as ring:
        redis = Redis.from_url(ring.redis_url)
        async with (
            World(ring.provider_url) as world,
            PersistentFleet(ring.bootstrap, ring.topics, SystemClock()) as fleet,
            Poisoner(ring.bootstrap, ring.topics, orders.seed) as poisoner,
        ):
            try:
                workers = Workers(ring)
                field = Field(ring, world, redis, workers, asyncio.Lock(), asyncio.Lock())
                return await _lived(field, fleet, poisoner, orders, says, progress)
            finally:
                await redis.aclose()


async def _lived(
    field: Field,
    fleet: Fleet,
    poisoner: Poisoner,
    orders: Orders,
    says: Says,
    progress: Callable[[int, int], None],
) -> Outcome:
    struck: list[Struck] = []
    begun = time.monotonic()
    traffic = Traffic(fleet, field.world, orders.seed, lambda: progress(traffic.ended, orders.sessions))
    for fault in WEATHER if orders.weather else ():
        await field.world.fault(fault)
    keeping = asyncio.create_task(field.workers.kept_up())
    poisoning = asyncio.create_task(_poison(poisoner, orders))
    try:
        async with asyncio.TaskGroup() as together:
            together.create_task(traffic.flow(orders.sessions, orders.a_second, begun + orders.minutes * 60))
            together.create_task(_strike(field, deal(orders.kills, orders.seed), orders, struck, says))
        seconds = time.monotonic() - begun
        poisoning.cancel()
        says("all sessions have ended; comparing with the provider's ledger")
        report, _, _letters = await settled_audit(field.ring, field.world, SETTLES_WITHIN_S)
        ledger = await field.world.ledger()
    finally:
        for task in (keeping, poisoning):
            task.cancel()
        await asyncio.gather(keeping, poisoning, return_exceptions=True)
    return Outcome(
        orders,
        tuple(traffic.lived),
        tuple(healing(struck, traffic.lived)),
        sum(one.kill for one in struck),
        dict(field.workers.ended_by_itself),
        len(poisoner.stood_at),
        await _unaccounted(field, poisoner),
        judge(traffic.lived, ledger),
        report,
        seconds,
    )


async def _strike(field: Field, dealt: list[Kind], orders: Orders, struck: list[Struck], says: Says) -> None:
    """One after another over the time that sessions come in; each goes on by itself while the next one strikes."""
    chance = Random(f"strikes/{orders.seed}")
    lasts_s = min(orders.sessions / orders.a_second, orders.minutes * 60)
    begun = time.monotonic()
    told: Counter[str] = Counter()
    async with asyncio.TaskGroup() as together:
        for number, kind in enumerate(dealt):
            at = begun + lasts_s * (number + chance.random()) / (len(dealt) + 1)
            await asyncio.sleep(max(0.0, at - time.monotonic()))
            if time.monotonic() - begun > orders.minutes * 60:
                break
            told[kind.name] += 1
            together.create_task(_one(field, kind, Random(f"{orders.seed}/{number}"), struck))
            if (number + 1) % 10 == 0:
                says(f"{number + 1} of {len(dealt)} faults have struck")


async def _one(field: Field, kind: Kind, chance: Random, struck: list[Struck]) -> None:
    struck.append(Struck(kind.name, time.monotonic(), kind.kills))
    await kind.strike(field, chance)


async def _poison(poisoner: Poisoner, orders: Orders) -> None:
    """One in a hundred of what a fleet says: a session says about three things."""
    while True:
        await asyncio.sleep(100 / (POISON_OF_A_HUNDRED * 3 * orders.a_second))
        await poisoner.one()


async def _unaccounted(field: Field, poisoner: Poisoner) -> tuple[str, ...]:
    """Poison of which no dead letter names where it stood."""
    there = await origins(field.ring.bootstrap, field.ring.topics)
    return tuple(one for one in poisoner.stood_at if one not in there)
