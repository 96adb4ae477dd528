"""kill -9 at the windows of real processes: on one ring, one service after another is made to die, and comes back."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from aiokafka import AIOKafkaProducer
from redis.asyncio import Redis
from tests.crash.reach import ON_KAFKA_ALONE, REACHED, SERVICES

from simulator.fleet.drivers import Scene, Waiting
from simulator.fleet.fleet import Fleet
from simulator.fleet.tariffs import ALL, published
from simulator.fleet.world import World
from tapwatt.clock import SystemClock
from tapwatt.errors import TapwattError
from tapwatt.facts.events import RefundRequested
from tapwatt.facts.reasons import EndReason
from tapwatt.money import Money
from tapwatt_cli.dev.ring import Ring
from tapwatt_cli.dev.ring_process import RingProcess
from tapwatt_cli.dev.ring_settings import SERVICES as MODULES
from tapwatt_cli.dev.ring_settings import RingSettings, demo_environment
from tapwatt_cli.ops.audit import audit
from tapwatt_cli.ops.ledger_page import read_ledger
from tapwatt_cli.ops.topic_log import read_topics

DIES_WITHIN_S = 30.0
PATIENCE_S = 30.0
SETTLES_WITHIN_S = 20.0

POISONED = {
    "authoriser": "session-requested",
    "token-matcher": "stop-requested",
    "tariff": "charging-ended",
    "capturer": "session-priced",
}
"""On which topic each service meets something that nobody can read."""

LONG_TO_REACH = {
    *(f"{side}-{name}" for side in ("before", "after") for name in ("retry", "quarantine", "parking", "release")),
    *(f"{side}-{name}" for side in ("before", "after") for name in ("view-renew", "view-abandon")),
}
"""Half a minute of tries, a provider that lies, a log that is away: those are tried on the ring in memory alone."""

NOT_BY_THESE = {
    ("authoriser", "before-reverse"),
    ("authoriser", "after-reverse"),
    ("authoriser", "before-cancel"),
    ("authoriser", "after-cancel"),
    ("token-matcher", "before-cancel"),
    ("token-matcher", "after-cancel"),
    ("authoriser", "round-due"),
    ("tariff", "round-due"),
}
"""What takes drivers who walk away, or sessions that nobody ends: likewise."""


@dataclass(frozen=True, slots=True)
class RealCell:
    """A window of a service."""

    service: str
    window: str

    def __str__(self) -> str:
        return f"{self.service}:{self.window}"


@dataclass(frozen=True, slots=True)
class RealOutcome:
    """Whether it died there, what is wrong, and how many seconds it took until all was well again."""

    cell: RealCell
    died: bool
    wrong: tuple[str, ...]
    seconds: float

    @property
    def good(self) -> bool:
        """Whether it died where it should, and nothing came of it."""
        return self.died and not self.wrong


def real_cells() -> list[RealCell]:
    """Every window that these drivers bring each service to, and those that only a real Kafka has."""
    return [
        RealCell(service, window)
        for service in SERVICES
        for window in sorted(REACHED[service] | ON_KAFKA_ALONE)
        if window not in LONG_TO_REACH and (service, window) not in NOT_BY_THESE
    ]


class RealRing:
    """A ring that is up, its drivers, and the service that is made to die in it."""

    def __init__(self, ring: Ring, fleet: Fleet, world: World, redis: Redis) -> None:
        self.ring = ring
        self.fleet = fleet
        self.world = world
        self.redis = redis
        self._number = 7000
        self._letters = 0

    async def try_at(self, cell: RealCell) -> RealOutcome:
        """Make it die there while drivers charge, bring it back, and audit the whole ring."""
        begun = time.monotonic()
        part = self._part(cell.service)
        await part.kill()
        await self._prepare(cell)
        armed = self._armed(cell)
        await armed.start()
        try:
            async with self._drivers(cell):
                died = await self._dies(armed, cell)
                await armed.kill()
                await part.start()
                await part.ready()
        finally:
            await armed.kill()
        wrong = await self._audited("dead-letter" in cell.window)
        return RealOutcome(cell, died, tuple(wrong), time.monotonic() - begun)

    async def _audited(self, poisoned: bool) -> list[str]:
        """What is wrong once it has had its time: in the ledger, in the facts, among the dead letters."""
        until = time.monotonic() + SETTLES_WITHIN_S
        while True:
            log = await read_topics(self.ring.bootstrap, self.ring.topics)
            report = audit(log.events, read_ledger(await self.world.ledger()))
            wrong = [str(one) for one in report.differences]
            letters = len(log.dead_letters) - self._letters
            if poisoned and not letters:
                wrong.append("what nobody can read is not among the dead letters")
            if letters and not poisoned:
                wrong.append(f"dead letters: {log.dead_letters[self._letters :]}")
            if not wrong or time.monotonic() > until:
                self._letters = len(log.dead_letters)
                return wrong
            await asyncio.sleep(0.5)

    def _part(self, service: str) -> RingProcess:
        return self.ring._parts[service]

    def _armed(self, cell: RealCell) -> RingProcess:
        """The same process as the ring's own, told where to die."""
        part = self._part(cell.service)
        times = 2 if "revocation" in cell.window else 1  # the first time a group is joined there is nothing to lose
        env = {**part._child._env, "TAPWATT_CRASH_AT": f"{cell}:{times}"}
        log = self.ring.logs / f"{cell.service}-armed.log"
        return RingProcess(cell.service, MODULES[cell.service], log, env=env, ready_url=part.ready_url)

    async def _prepare(self, cell: RealCell) -> None:
        marker = f"tapwatt:{{{cell.service}}}"
        if "view-resume" in cell.window or "view-distrust" in cell.window:  # as if Redis had come back
            generation = (await self.redis.hget(marker, "generation")).decode()
            await self.redis.hset(marker, "server", "0" * 40)
            if "view-distrust" in cell.window:
                await self.redis.hset(f"{marker}:{generation}:checkpoint", "cluster", "another")
        elif "view" in cell.window or cell.window == "in-rebuild":  # it is built anew at the start
            await self.redis.delete(marker)

    async def _dies(self, armed: RingProcess, cell: RealCell) -> bool:
        other: RingProcess | None = None
        if "revocation" in cell.window:
            await armed.ready()
            other = self._another(cell.service)
            await other.start()
        try:
            async with asyncio.timeout(DIES_WITHIN_S):
                return await armed._child.wait() == -signal.SIGKILL
        except TimeoutError:
            return False
        finally:
            if other is not None:
                await other.stop()

    def _another(self, service: str) -> RingProcess:
        """A second worker of this service, which takes half of its partitions."""
        part = self._part(service)
        env = {**part._child._env, "TAPWATT_WORKER_INSTANCE_ID": f"{service}-2"}
        env |= {"TAPWATT_WORKER_PORT": "0", "TAPWATT_WORKER_WEBHOOK_PORT": "0"}
        log = self.ring.logs / f"{service}-2.log"
        return RingProcess(service, MODULES[service], log, env=env, ready_url=part.ready_url)

    @asynccontextmanager
    async def _drivers(self, cell: RealCell) -> AsyncIterator[None]:
        """Drivers who charge meanwhile; whatever they are told, they end what they began."""
        poison = asyncio.create_task(self._poison(cell.service)) if "dead-letter" in cell.window else None
        flowing = [asyncio.create_task(story(self._scene(cell))) for story in (charges, never_starts)]
        try:
            yield
            await asyncio.gather(*flowing)
        finally:
            for task in (*flowing, *([poison] if poison else [])):
                task.cancel()
            await asyncio.gather(*flowing, return_exceptions=True)

    def _scene(self, cell: RealCell) -> Scene:
        self._number += 1
        waiting = Waiting(patience_s=PATIENCE_S, shortest_charge_s=0.2)
        name = f"crash-{self._number}"
        return Scene(self.fleet, self.world, name, self._number, Random(self._number), waiting)

    async def _poison(self, service: str) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self.ring.bootstrap)
        await producer.start()
        try:
            await producer.send_and_wait(f"tapwatt.{POISONED[service]}.v1", b"\xff no fact", key=b"poison")
        finally:
            await producer.stop()


async def charges(scene: Scene) -> None:
    """A session from card to card, of which a part is given back; one that is told no goes away."""
    session = scene.session(ALL[0])
    card = await scene.card()
    if not await _began(session.start, card):
        return
    await session.charge("10", minutes=10)
    with contextlib.suppress(TapwattError):
        await scene.tap_to_stop(card)
    await session.end(EndReason.EV_DISCONNECTED)
    with contextlib.suppress(TapwattError):
        captured = await session.captured()
        asked = RefundRequested(
            operator_id=session.place.operator_id,
            session_id=session.id,
            refund_id=f"r-{session.id}",
            amount=Money(minor=1, currency=captured.taken.currency),
        )
        await scene.fleet.say(asked)


async def never_starts(scene: Scene) -> None:
    """A session that is cancelled."""
    session = scene.session(ALL[0])
    if await _began(session.start, await scene.card()):
        await session.cancel()
        with contextlib.suppress(TapwattError):
            await session.released()


async def _began(start: Callable[..., object], card: object) -> bool:
    try:
        await start(card)  # type: ignore[misc]
    except TapwattError:
        return False
    return True


@asynccontextmanager
async def real_ring(folder: Path, says: Callable[[str], None]) -> AsyncIterator[RealRing]:
    """The ring, up."""
    settings = RingSettings(folder=folder, environment=demo_environment())
    async with (
        Ring(settings, says) as ring,
        Fleet(ring.bootstrap, ring.topics, SystemClock()) as fleet,
        World(ring.provider_url) as world,
    ):
        for tariff in ALL:
            offer = published(tariff, fleet.now())
            await fleet.say(offer, name=offer.offer)
        redis = Redis.from_url(ring.redis_url)
        try:
            yield RealRing(ring, fleet, world, redis)
        finally:
            await redis.aclose()
