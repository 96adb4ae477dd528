"""What is due when: one suite for the deadlines in the process and those in Redis."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tapwatt.clock import SystemClock
from tapwatt.errors import Unavailable
from tapwatt.state.deadlines import RedisDeadlines
from tapwatt.state.rebuild import rebuild
from tapwatt.state.redis_client import RedisClient
from tapwatt.state.view import Generation, RedisView
from tapwatt.testing.deadlines import InMemoryDeadlines, deadlines_view
from tapwatt.testing.view import InMemoryView

pytestmark = pytest.mark.redis
CLOCK = SystemClock()
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


async def nothing():
    return
    yield


async def ignore(record, build: Generation) -> None: ...


@pytest.fixture
def view(redis: RedisClient | None) -> InMemoryView | RedisView:
    return deadlines_view(CLOCK) if redis is None else RedisView(redis, "authoriser", 1)


@pytest.fixture
def unbuilt(view):
    return InMemoryDeadlines(view) if isinstance(view, InMemoryView) else RedisDeadlines(view)


@pytest.fixture
async def deadlines(unbuilt, view):
    await rebuild(nothing, ignore, view, clock=CLOCK)
    return unbuilt


async def test_deadlines_that_are_not_whole_say_so_instead_of_nothing_due(unbuilt):
    for ask in (
        lambda: unbuilt.set("expiring", "op/s1", NOON),
        lambda: unbuilt.clear("expiring", "op/s1"),
        lambda: unbuilt.take("expiring", NOON, at_most=10, again_s=60),
    ):
        with pytest.raises(Unavailable, match="being rebuilt"):
            await ask()


async def test_what_is_due_is_taken_the_earliest_first_and_nothing_else(deadlines):
    for name, due in (("op/late", 10), ("op/early", -5), ("op/now", 0)):
        await deadlines.set("expiring", name, at(due))
    await deadlines.set("stale", "op/other", at(-60))
    assert await deadlines.take("expiring", NOON, at_most=10, again_s=60) == ["op/early", "op/now"]
    assert await deadlines.take("nothing", NOON, at_most=10, again_s=60) == []


async def test_what_somebody_took_is_due_again_later_unless_it_is_cleared(deadlines):
    for name in ("op/s1", "op/s2"):
        await deadlines.set("expiring", name, NOON)
    assert await deadlines.take("expiring", NOON, at_most=10, again_s=60) == ["op/s1", "op/s2"]
    # another worker finds nothing to do meanwhile
    assert await deadlines.take("expiring", at(59), at_most=10, again_s=60) == []
    # when one is done and whoever had the other has died
    await deadlines.clear("expiring", "op/s1")
    assert await deadlines.take("expiring", at(60), at_most=10, again_s=60) == ["op/s2"]


async def test_no_more_are_taken_at_once_than_asked_for(deadlines):
    for number in range(5):
        await deadlines.set("expiring", f"op/s{number}", at(number - 10))
    assert await deadlines.take("expiring", NOON, at_most=3, again_s=60) == ["op/s0", "op/s1", "op/s2"]
    assert await deadlines.take("expiring", NOON, at_most=3, again_s=60) == ["op/s3", "op/s4"]


async def test_the_time_that_was_said_first_stands_until_it_is_cleared(deadlines):
    await deadlines.set("expiring", "op/s1", NOON)
    await deadlines.set("expiring", "op/s1", at(3600))
    assert await deadlines.take("expiring", NOON, at_most=1, again_s=60) == ["op/s1"]
    await deadlines.clear("expiring", "op/s1")
    await deadlines.set("expiring", "op/s1", at(3600))
    assert await deadlines.take("expiring", at(120), at_most=1, again_s=60) == []


async def test_a_rebuild_writes_what_is_due_and_it_is_read_once_the_view_is_whole(unbuilt, view):
    async def read():
        yield "op/s1"

    async def apply(name: str, build: Generation) -> None:
        await unbuilt.into(build).set("expiring", name, NOON)

    await rebuild(read, apply, view, clock=CLOCK)
    assert await unbuilt.take("expiring", NOON, at_most=10, again_s=60) == ["op/s1"]
