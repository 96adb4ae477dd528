"""What a service remembers: one suite for the session store in the process and the one in Redis."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from tests.contract.lost_views import lose

from tapwatt.clock import SystemClock
from tapwatt.errors import Unavailable
from tapwatt.state.rebuild import rebuild
from tapwatt.state.redis_client import RedisClient
from tapwatt.state.session_store import RedisSessionStore
from tapwatt.state.view import Generation, RedisView
from tapwatt.testing.session_store import InMemorySessionStore, sessions_view
from tapwatt.testing.view import InMemoryView

pytestmark = pytest.mark.redis
CLOCK = SystemClock()


async def nothing():
    return
    yield


async def ignore(record, build: Generation) -> None: ...


@pytest.fixture
def view(redis: RedisClient | None) -> InMemoryView | RedisView:
    return sessions_view(CLOCK) if redis is None else RedisView(redis, "capturer", 1)


@pytest.fixture
def sessions(view):
    return InMemorySessionStore(view, CLOCK) if isinstance(view, InMemoryView) else RedisSessionStore(view)


async def test_a_store_that_is_not_whole_says_so_instead_of_nothing_known(sessions, view):
    # given a view that was never built
    # then neither reading nor writing pretends to know
    with pytest.raises(Unavailable, match="being rebuilt"):
        await sessions.recall("s-1")
    with pytest.raises(Unavailable, match="being rebuilt"):
        await sessions.remember("s-1", "settled", b"yes", ttl_s=60)
    # and once it is whole, nothing known is a certainty
    assert await rebuild(nothing, ignore, view, clock=CLOCK) == 0
    assert await sessions.recall("s-1") == {}


async def test_the_first_value_of_a_field_stays(sessions, view):
    await rebuild(nothing, ignore, view, clock=CLOCK)
    # when a field is remembered twice, differently
    assert await sessions.remember("s-1", "settled", b"\x00first", ttl_s=60) == {"settled": b"\x00first"}
    assert await sessions.remember("s-1", "settled", b"second", ttl_s=60) == {"settled": b"\x00first"}
    # then the first stands, beside other fields
    expected = {"settled": b"\x00first", "hold": b"h"}
    assert await sessions.remember("s-1", "hold", b"h", ttl_s=60) == expected
    assert await sessions.recall("s-1") == expected
    assert await sessions.recall("s-2") == {}


async def test_of_a_field_with_moments_the_latest_stands_whatever_the_order(sessions, view):
    await rebuild(nothing, ignore, view, clock=CLOCK)
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for minute, stands in ((5, 5), (3, 5), (9, 9), (9, 9), (7, 9)):
        at = noon + timedelta(minutes=minute)
        known = await sessions.remember("s-1", "read", b"%d" % minute, ttl_s=60, of=at)
        assert known["read"] == b"%d" % stands
    # of one moment the first stands, and a moment before 1970 is a moment too
    assert (await sessions.remember("s-1", "read", b"x", ttl_s=60, of=noon + timedelta(minutes=9)))["read"] == b"9"
    before = datetime(1969, 1, 1, tzinfo=UTC)
    assert (await sessions.remember("s-2", "read", b"x", ttl_s=60, of=before))["read"] == b"x"
    assert await sessions.recall("s-1") == {"read": b"9", "read@": b"1772366940000"}


async def test_what_is_remembered_is_forgotten_in_time_and_never_sooner(sessions, view):
    await rebuild(nothing, ignore, view, clock=CLOCK)
    await sessions.remember("short", "a", b"1", ttl_s=0.05)
    await sessions.remember("long", "a", b"1", ttl_s=60)
    await sessions.remember("long", "b", b"2", ttl_s=0.05)  # a shorter life does not cut a longer one
    await asyncio.sleep(0.1)
    assert await sessions.recall("short") == {}
    assert await sessions.recall("long") == {"a": b"1", "b": b"2"}


async def test_of_many_at_once_one_value_wins_and_all_are_told(sessions, view):
    await rebuild(nothing, ignore, view, clock=CLOCK)
    told = await asyncio.gather(*(sessions.remember("s-1", "who", b"%d" % i, ttl_s=60) for i in range(50)))
    assert len({answer["who"] for answer in told}) == 1


async def test_a_rebuild_is_seen_only_when_it_is_whole_and_live_writes_wait_for_it(sessions, view):
    await rebuild(nothing, ignore, view, clock=CLOCK)
    await sessions.remember("old", "a", b"gone with the log", ttl_s=60)

    async def log():
        yield "logged"
        # a live write in the middle of the rebuild, of a record after the ends that the rebuild reads to
        for asked in (sessions.remember("live", "a", b"now", ttl_s=60), sessions.recall("logged")):
            with pytest.raises(Unavailable, match="being rebuilt"):
                await asked

    async def apply(record: str, generation: Generation) -> None:
        await sessions.into(generation).remember(record, "a", b"read", ttl_s=60)

    await lose(view)
    assert await rebuild(log, apply, view, clock=CLOCK) == 1
    assert await sessions.recall("logged") == {"a": b"read"}
    assert await sessions.remember("live", "a", b"now", ttl_s=60) == {"a": b"now"}
    assert await sessions.recall("old") == {}


async def test_what_a_rebuild_has_read_stands_when_it_is_said_again(sessions, view):
    async def log():
        yield "s-1"

    async def apply(record: str, generation: Generation) -> None:
        await sessions.into(generation).remember(record, "a", b"of the log", ttl_s=60)

    await rebuild(log, apply, view, clock=CLOCK, key_of=lambda record: record)
    assert await sessions.remember("s-1", "a", b"said again", ttl_s=60) == {"a": b"of the log"}


async def test_a_rebuild_that_fails_half_way_is_invisible_and_the_next_begins_at_once(sessions, view):
    async def breaks():
        yield "half"
        raise OSError("the log went away")

    async def apply(record: str, build: Generation) -> None:
        await sessions.into(build).remember(record, "a", b"1", ttl_s=60)

    with pytest.raises(OSError, match="the log went away"):
        await rebuild(breaks, apply, view, clock=CLOCK)
    with pytest.raises(Unavailable, match="being rebuilt"):
        await sessions.recall("half")
    assert await rebuild(nothing, ignore, view, clock=CLOCK) == 0
    assert await sessions.recall("half") == {}


async def test_of_several_workers_one_rebuilds_and_the_others_wait(view):
    read = 0

    async def log():
        nonlocal read
        read += 1
        yield "one"
        await asyncio.sleep(0.2)

    done = await asyncio.gather(*(rebuild(log, ignore, view, clock=CLOCK) for _ in range(4)))
    assert read == 1
    assert sorted(done, key=str) == [1, None, None, None]


async def test_a_worker_that_comes_late_does_not_rebuild_what_is_whole(view):
    await rebuild(nothing, ignore, view, clock=CLOCK)
    # when it looked before the other was done, and begins after
    assert await view.begin() is None
    await lose(view)
    assert await view.begin() is not None


async def test_a_rebuilder_that_was_taken_over_can_write_nothing_more(sessions, view):
    # given a build that was given up while its rebuilder still runs
    late = await view.begin()
    assert late is not None
    assert await view.begin() is None
    await view.abandon(late)
    assert await rebuild(nothing, ignore, view, clock=CLOCK) == 0
    # then whatever the late one does is refused
    for attempt in (
        lambda: sessions.into(late).remember("s-1", "a", b"late", ttl_s=60),
        lambda: view.renew(late),
        lambda: view.mark_whole(late),
    ):
        with pytest.raises(Unavailable, match="taken over"):
            await attempt()
    assert await sessions.recall("s-1") == {}
