"""What a running ring says of what is broken: `/readyz` by name, the log once in JSON, and that it is over."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from redis.asyncio import Redis
from tests.drill.faults import DRILL, POISON, Stage
from tests.drill.traffic import Traffic

from simulator.fleet.fleet import Fleet
from simulator.fleet.world import World
from tapwatt.clock import SystemClock
from tapwatt_cli.dev.ring import Ring
from tapwatt_cli.dev.ring_settings import SERVICES, RingSettings

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.timeout(240)]

FAULTS = {one.name: one.within for one in DRILL}
ASKS_THE_PROVIDER = ("authoriser", "token-matcher", "capturer")


class Watched:
    """A ring, and what its services say of themselves."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.ring = stage.ring
        self._read: dict[str, int] = {}

    async def ready(self, service: str) -> tuple[int, str]:
        async with aiohttp.ClientSession() as http, http.get(f"{self.ring.service_url(service)}/readyz") as answer:
            return answer.status, (await answer.text()).strip()

    async def until(self, so: Callable[[int, str], bool], within_s: float, services: tuple[str, ...]) -> float:
        """Seconds until all of these services say so."""
        begun, said = time.monotonic(), {}
        while time.monotonic() - begun < within_s:
            said = {service: await self.ready(service) for service in services}
            if all(so(*one) for one in said.values()):
                return time.monotonic() - begun
            await asyncio.sleep(0.25)
        raise AssertionError(f"not said within {within_s} s: {said}")

    def logged(self, service: str) -> list[dict[str, object]]:
        """What a service has logged since this was last asked: every line is JSON, whoever wrote it."""
        whole = (self.ring.logs / f"{service}.log").read_bytes()
        new, self._read[service] = whole[self._read.get(service, 0) :], len(whole)
        lines: list[dict[str, object]] = [json.loads(line) for line in new.splitlines()]
        for line in lines:
            assert {"event", "level", "timestamp", "service"} <= set(line), line
        return lines

    def forget_the_log(self) -> None:
        for service in SERVICES:
            self.logged(service)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def watched(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Watched]:
    folder: Path = tmp_path_factory.mktemp("ring")
    async with (
        Ring(RingSettings(folder)) as ring,
        Fleet(ring.bootstrap, ring.topics, SystemClock()) as fleet,
        World(ring.provider_url) as world,
    ):
        redis = Redis.from_url(ring.redis_url)
        yield Watched(Stage(ring, world, fleet, Traffic(fleet, world), redis))
        await redis.aclose()


def is_ready(status: int, text: str) -> bool:
    return status == 200 and text == "ok"


pytestmark.append(pytest.mark.asyncio(loop_scope="module"))


@pytest.mark.parametrize(
    ("fault", "names", "event", "within_s"),
    [
        ("Redis down", "redis: for ", "Redis", 20),
        ("Redis read-only", "redis: for ", "Redis", 20),
        ("Redis' password wrong", "redis: for ", "Redis", 20),
        ("broker frozen", "kafka: for ", "Kafka", 20),
    ],
)
async def test_s47_s54_a_store_that_is_broken_is_named_and_named_once_and_is_back_by_itself(
    watched: Watched, fault: str, names: str, event: str, within_s: float
) -> None:
    every = tuple(SERVICES)
    await watched.until(is_ready, 60, every)
    watched.forget_the_log()
    async with FAULTS[fault](watched.stage):
        await watched.until(lambda status, text: status == 503 and names in text, within_s, every)
        await asyncio.sleep(10)
    await watched.until(is_ready, 60, every)
    for service in every:
        events = [line["event"] for line in watched.logged(service)]
        assert events.count(f"{event} is down") == 1, events
        assert events.count(f"{event} is back") == 1, events


async def test_s42_a_provider_that_is_gone_is_told_beside_ok_and_named_once(watched: Watched) -> None:
    await watched.until(is_ready, 60, tuple(SERVICES))
    watched.forget_the_log()
    async with FAULTS["provider down"](watched.stage):
        told = lambda status, text: status == 200 and text.startswith("ok\nprovider: for ")  # noqa: E731
        await watched.until(told, 40, ASKS_THE_PROVIDER)
        assert is_ready(*await watched.ready("tariff"))
    await watched.until(is_ready, 40, tuple(SERVICES))
    for service in ASKS_THE_PROVIDER:
        events = [line["event"] for line in watched.logged(service)]
        assert (events.count("the provider is down"), events.count("the provider is back")) == (1, 1)


async def test_s30_a_key_that_is_not_taken_any_more_is_named_and_nobody_dies_of_it(watched: Watched) -> None:
    await watched.until(is_ready, 60, tuple(SERVICES))
    watched.forget_the_log()
    before = {service: watched.ring.pid(service) for service in SERVICES}
    async with FAULTS["wrong key"](watched.stage):
        refused = lambda status, text: status == 503 and "provider key: " in text  # noqa: E731
        await watched.until(refused, 40, ASKS_THE_PROVIDER)
    await watched.until(is_ready, 40, tuple(SERVICES))
    assert {service: watched.ring.pid(service) for service in SERVICES} == before
    for service in ASKS_THE_PROVIDER:
        levels = [line["level"] for line in watched.logged(service)]
        assert levels.count("critical") == 1


async def test_s21_s47_a_wrong_password_and_then_a_flush_is_rebuilt_by_whoever_says_so(watched: Watched) -> None:
    every = tuple(SERVICES)
    await watched.until(is_ready, 60, every)
    watched.forget_the_log()
    async with FAULTS["Redis' password wrong"](watched.stage):
        await watched.until(lambda status, text: status == 503, 20, every)
    await watched.stage.redis.flushall()
    await watched.until(is_ready, 60, every)
    for service in every:
        assert "view rebuilt" in [line["event"] for line in watched.logged(service)]


async def test_s25_five_thousand_poison_records_are_a_few_lines_that_say_how_many(watched: Watched) -> None:
    await watched.until(is_ready, 60, tuple(SERVICES))
    watched.forget_the_log()
    async with FAULTS["poison flood"](watched.stage):
        lines: list[dict[str, object]] = []
        until = time.monotonic() + 90
        while time.monotonic() < until:
            lines += watched.logged("authoriser")
            if _letters(lines) >= POISON:
                break
            await asyncio.sleep(1)
    assert _letters(lines) == POISON
    assert len(lines) < 200
    assert is_ready(*await watched.ready("authoriser"))


def _letters(lines: list[dict[str, object]]) -> int:
    written = sum(line["event"] == "dead-lettered" for line in lines)
    left_out = sum(int(str(line["lines"])) for line in lines if line.get("of") == "dead-lettered")
    return written + left_out
