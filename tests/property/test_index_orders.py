"""However the facts of some sessions arrive, late, twice or in any order, the index ends in the same place."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tapwatt.clock import SystemClock
from tapwatt.facts.cards import Card, Fingerprint, FingerprintKind
from tapwatt.state.rebuild import rebuild
from tapwatt.state.redis_client import RedisClient, RedisSettings
from tapwatt.state.view import Generation, RedisView
from token_matcher.index import Index, Opened, RedisIndex
from token_matcher.testing import InMemoryIndex, index_view

CLOCK = SystemClock()
NOW = datetime.now(UTC)
CARDS = [
    Card(fingerprints=(Fingerprint(kind=FingerprintKind.CARD, key_version=1, digest=digit * 64),)) for digit in "ab"
]
STOPS = ["stop-0", "stop-1"]
Step = tuple[str, int]

facts = st.lists(st.tuples(st.sampled_from(["open", "close", "claim"]), st.integers(0, 4)), max_size=12)


def session(number: int) -> Opened:
    times = (NOW + timedelta(seconds=number), NOW + timedelta(hours=6))
    return Opened(f"s-{number}", "op", "depot", "T1", f"E{number}", CARDS[number % 2], *times)


async def do(index: Index, step: Step) -> object:
    verb, number = step
    match verb:
        case "open":
            return await index.open(session(number))
        case "close":
            return await index.close(f"op/s-{number}", NOW)
        case _:
            return await index.claim(f"op/s-{number}", f"stop-{number}")


async def state(index: Index) -> list[tuple[str, str | None]]:
    found = [s for card in CARDS for s in await index.candidates("op", "depot", card)]
    return sorted((s.session_id, s.claimed_by) for s in found)


def model(steps: list[Step]) -> list[tuple[str, str | None]]:
    def numbers(verb: str) -> set[int]:
        return {number for said, number in steps if said == verb}

    standing = numbers("open") - numbers("close")
    return sorted((f"s-{n}", f"stop-{n}" if n in numbers("claim") else None) for n in standing)


async def nothing():
    return
    yield


async def ignore(record, build: Generation) -> None: ...


async def live(index, view, arrivals: list[Step], again: list[Step]) -> list[tuple[str, str | None]]:
    """A claim finds nothing before its session is open; the stop is said again, as everything may be."""
    await rebuild(nothing, ignore, view, clock=CLOCK)
    for step in [*arrivals, *again]:
        await do(index, step)
    return await state(index)


async def from_the_log(index, view, log: list[Step]) -> list[tuple[str, str | None]]:
    """A rebuild is said nothing again: one pass in any order is enough."""

    async def read():
        for step in log:
            yield step

    async def apply(step: Step, build: Generation) -> None:
        await do(index.into(build), step)

    await rebuild(read, apply, view, clock=CLOCK, key_of=lambda step: step)
    return await state(index)


def in_process() -> tuple[InMemoryIndex, object]:
    view = index_view(CLOCK)
    return InMemoryIndex(view, CLOCK), view


async def in_redis(url: str, run: Callable[..., object], *orders: list[Step]) -> object:
    client = RedisClient(RedisSettings(url=url, key_prefix=f"orders-{uuid.uuid4().hex[:8]}"))
    try:
        view = RedisView(client, "token-matcher", 1)
        return await run(RedisIndex(view), view, *orders)
    finally:
        await client.close()


@given(data=st.data(), steps=facts)
def test_any_order_and_repetition_of_facts_ends_in_the_same_state(data, steps):
    arrivals = data.draw(st.permutations(steps + data.draw(st.lists(st.sampled_from(steps)) if steps else st.just([]))))
    again = data.draw(st.permutations(steps))
    assert asyncio.run(live(*in_process(), arrivals, again)) == model(steps)


@given(data=st.data(), steps=facts)
def test_a_rebuild_from_a_log_in_any_order_ends_in_the_same_state(data, steps):
    log = data.draw(st.permutations(steps + steps))
    assert asyncio.run(from_the_log(*in_process(), log)) == model(steps)


@pytest.mark.redis
@settings(max_examples=25, deadline=None)
@given(data=st.data(), steps=facts)
def test_any_order_and_repetition_of_facts_ends_in_the_same_state_in_redis(redis_url, data, steps):
    arrivals, again = data.draw(st.permutations(steps + steps)), data.draw(st.permutations(steps))
    assert asyncio.run(in_redis(redis_url, live, arrivals, again)) == model(steps)


@pytest.mark.redis
@settings(max_examples=25, deadline=None)
@given(data=st.data(), steps=facts)
def test_a_rebuild_from_a_log_in_any_order_ends_in_the_same_state_in_redis(redis_url, data, steps):
    log = data.draw(st.permutations(steps + steps))
    assert asyncio.run(in_redis(redis_url, from_the_log, log)) == model(steps)
