"""What is broken in a drill, whom it has to wake, and how it is mended: by the steps of that alert's runbook."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
from aiokafka import AIOKafkaProducer
from pydantic import SecretStr
from redis.asyncio import Redis
from tests.drill.traffic import Traffic

from capturer.__main__ import EPOCH
from simulator.fleet.drivers import Session
from simulator.fleet.fleet import Fleet
from simulator.fleet.tariffs import ALL
from simulator.fleet.world import World
from simulator.provider.faults import Fault as ProviderFault
from tapwatt.facts.codec import begin
from tapwatt.facts.events import ChargingEnded, SessionRequested, SettlementDecided
from tapwatt.facts.reasons import EndReason
from tapwatt.money import Money
from tapwatt.state.redis_client import RedisClient, RedisSettings
from tapwatt.state.view import RedisView
from tapwatt_cli.dev.ring import Ring

POISON = 5_000


@dataclass(frozen=True, slots=True)
class Stage:
    """What a fault can reach."""

    ring: Ring
    world: World
    fleet: Fleet
    traffic: Traffic
    redis: Redis

    def freeze(self, part: str) -> None:
        """A process stands still, as on a machine that swaps."""
        os.kill(self.pid(part), signal.SIGSTOP)

    def thaw(self, part: str) -> None:
        """And goes on."""
        os.kill(self.pid(part), signal.SIGCONT)

    def pid(self, part: str) -> int:
        """The process of a part of the ring: a service, the simulator, Kafka or Redis."""
        found = next(one.pid for one in self.ring.parts if one.name == part)
        assert found is not None
        return found

    async def command(self, *words: str) -> None:
        """Tell Redis something that has no method of its own."""
        await self.redis.execute_command(*words)  # type: ignore[no-untyped-call]  # as redis-py has it

    async def admin(self, method: str, path: str) -> None:
        """The provider's back door."""
        async with aiohttp.ClientSession() as http, http.request(method, self.ring.provider_url + path) as answer:
            answer.raise_for_status()


@dataclass(frozen=True, slots=True)
class Broken:
    """A fault: `within` is entered to break something and left to mend it; `pages` is the alert that has to come.

    `also` may page beside it, and why is in the runbooks' table.
    """

    name: str
    pages: str
    within: Callable[[Stage], Any]
    also: frozenset[str] = frozenset()
    not_before_s: float = 0.0
    """How old the ring has to be: a view that is built at its start is no view that was lost."""


def _provider(name: str, pages: str, **fault: object) -> Broken:
    @asynccontextmanager
    async def within(stage: Stage) -> AsyncIterator[None]:
        await stage.world.fault(ProviderFault.model_validate(fault))
        try:
            yield
        finally:
            await stage.admin("DELETE", "/admin/faults")

    return Broken(name, pages, within)


def _redis(name: str, breaks: Mapping[str, str], mends: Mapping[str, str]) -> Broken:
    @asynccontextmanager
    async def within(stage: Stage) -> AsyncIterator[None]:
        for setting, value in breaks.items():
            await stage.redis.config_set(setting, value)
        await stage.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        try:
            yield
        finally:
            for setting, value in mends.items():
                await stage.redis.config_set(setting, value)

    return Broken(name, "TapwattRedisDown", within)


def _frozen(name: str, part: str, pages: str, also: frozenset[str] = frozenset()) -> Broken:
    @asynccontextmanager
    async def within(stage: Stage) -> AsyncIterator[None]:
        stage.freeze(part)
        try:
            yield
        finally:
            stage.thaw(part)

    return Broken(name, pages, within, also)


@asynccontextmanager
async def provider_down(stage: Stage) -> AsyncIterator[None]:
    """The provider's process is gone, and started again."""
    await stage.ring.kill("simulator")
    try:
        yield
    finally:
        await stage.ring.start("simulator")


@asynccontextmanager
async def redis_flushed(stage: Stage) -> AsyncIterator[None]:
    """Somebody empties Redis. It is rebuilt by itself."""
    await stage.redis.flushall()
    yield


@asynccontextmanager
async def redis_read_only(stage: Stage) -> AsyncIterator[None]:
    """A failover has left us with a replica."""
    await stage.command("REPLICAOF", "127.0.0.1", "1")
    try:
        yield
    finally:
        await stage.command("REPLICAOF", "NO", "ONE")


@asynccontextmanager
async def view_rebuilt(stage: Stage) -> AsyncIterator[None]:
    """A view is lost, and the worker that builds it anew takes long."""
    url = stage.ring.redis_url
    client = RedisClient(RedisSettings(url=SecretStr(url)))
    view = RedisView(client, "capturer", EPOCH)
    await stage.redis.delete(view.marker)
    generation = None
    while generation is None:
        generation = await view.begin()
        await asyncio.sleep(0.01)

    async def builds() -> None:
        while True:
            await view.renew(generation)
            await asyncio.sleep(2)

    building = asyncio.create_task(builds())
    try:
        yield
    finally:
        building.cancel()
        await asyncio.gather(building, return_exceptions=True)
        await view.abandon(generation)
        await client.close()


@asynccontextmanager
async def poison_flood(stage: Stage) -> AsyncIterator[None]:
    """Five thousand records that nobody can read."""
    producer = AIOKafkaProducer(bootstrap_servers=stage.ring.bootstrap)
    await producer.start()
    topic = stage.ring.topics.of(SessionRequested)
    for number in range(POISON):
        await producer.send(topic, b"\xff no fact", key=b"poison-%d" % number)
    await producer.stop()
    yield


@asynccontextmanager
async def fleet_forges(stage: Stage) -> AsyncIterator[None]:
    """A fleet says other things under event ids that it has used before."""
    for number in range(20):
        first = _ended(f"forged-{number}", stage, energy_wh=1000)
        await stage.fleet.say_again(begin(first, f"forged-{number}", "/forger", stage.fleet.now()))
    await asyncio.sleep(2)
    for number in range(20):
        other = _ended(f"forged-{number}", stage, energy_wh=55_000)
        await stage.fleet.say_again(begin(other, f"forged-{number}", "/forger", stage.fleet.now()))
    yield


@asynccontextmanager
async def skewed_clock(stage: Stage) -> AsyncIterator[None]:
    """A fleet's clock is a day behind."""
    for number in range(10):
        scene = stage.traffic.scene("clock")
        session = scene.session(ALL[0])
        asked = SessionRequested(
            session_id=f"clock-{number}-{session.id}",
            place=session.place,
            hold=Money.of("20.00", ALL[0].currency),
            tariff=ALL[0],
            time_zone="Europe/Amsterdam",
            requested_at=stage.fleet.now() - timedelta(days=1),
        )
        await stage.fleet.say(asked)
    yield


@asynccontextmanager
async def portal_capture(stage: Stage) -> AsyncIterator[None]:
    """A person takes more than is owed at the provider's portal; then somebody settles it here."""
    scene = stage.traffic.scene("portal")
    session: Session = scene.session(ALL[0])
    authorised = await session.start(await scene.card())
    await session.charge("12.5", minutes=30)
    await stage.world.by_hand("capture", authorised.hold.reference, authorised.hold.amount)
    await session.end(EndReason.EV_DISCONNECTED)
    try:
        yield
    finally:
        decided = SettlementDecided(
            operator_id=authorised.place.operator_id,
            session_id=authorised.session_id,
            decision_id=f"drill-{authorised.session_id}",
            amount=authorised.hold.amount,
            decided_by="drill",
            reason="taken at the portal",
            decided_at=stage.fleet.now(),
        )
        await stage.fleet.say(decided)


def _ended(session_id: str, stage: Stage, energy_wh: int) -> ChargingEnded:
    now = stage.fleet.now()
    return ChargingEnded.model_validate(
        {
            "operator_id": "op-forged",
            "session_id": session_id,
            "reason": "limit",
            "started_at": now - timedelta(hours=1),
            "ended_at": now,
            "energy_wh": energy_wh,
            "periods": [{"starts_at": now - timedelta(hours=1), "ends_at": now, "energy_wh": energy_wh}],
        }
    )


DRILL: tuple[Broken, ...] = (
    Broken("provider down", "TapwattProviderDown", provider_down),
    _provider("provider slow", "TapwattProviderSlow", kind="latency", seconds=6.0),
    _provider("answers lost", "TapwattProviderAnswersLost", kind="answer_lost", verb="capture"),
    _provider("rate-limited", "TapwattProviderRateLimits", kind="too_many_requests"),
    Broken("Redis flushed", "TapwattViewLost", redis_flushed, not_before_s=330),
    _frozen("Redis down", "Redis", "TapwattRedisDown"),
    Broken("Redis read-only", "TapwattRedisDown", redis_read_only),
    _redis("Redis full", {"maxmemory": "1mb"}, {"maxmemory": "0"}),
    _redis("Redis' password wrong", {"requirepass": "another"}, {"requirepass": ""}),
    _frozen("broker frozen", "Kafka", "TapwattBrokerDown"),
    _frozen("worker frozen", "capturer", "TapwattServiceDown"),
    Broken("poison flood", "TapwattPoisonFlood", poison_flood),
    _provider("wrong key", "TapwattKeyRefused", kind="key_refused"),
    Broken("clock skewed", "TapwattFleetClockOff", skewed_clock),
    Broken("portal capture", "TapwattPortalTouched", portal_capture),
    Broken("view being rebuilt", "TapwattViewRebuilding", view_rebuilt, also=frozenset({"TapwattViewLost"})),
    Broken("fleet forges", "TapwattFleetForges", fleet_forges),
)
"""In this order: a view that is rebuilt within ten minutes after Redis was away is no flush and pages nobody."""
