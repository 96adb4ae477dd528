"""Redis killed, restarted, flushed, or half rebuilt: a service says 'not yet', never 'no session', and recovers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from redis.asyncio import Redis
from tests.stores.choice import OwnRedis

from tapwatt.clock import SystemClock
from tapwatt.errors import Unavailable
from tapwatt.facts.cards import Card, Fingerprint, FingerprintKind
from tapwatt.state.rebuild import rebuild, stay_whole
from tapwatt.state.redis_client import RedisClient, RedisSettings
from tapwatt.state.view import Generation, RedisView, Superseded
from token_matcher.index import Opened, RedisIndex

pytestmark = pytest.mark.redis
CLOCK = SystemClock()
CARD = Card(fingerprints=(Fingerprint(kind=FingerprintKind.CARD, key_version=1, digest="a" * 64),))
TIMES = (datetime.now(UTC), datetime.now(UTC) + timedelta(hours=6))
SESSION = Opened("s-1", "op", "depot", "T1", "E1", CARD, *TIMES)


async def log() -> AsyncIterator[Opened]:
    yield SESSION


def into(index: RedisIndex):
    async def apply(record: Opened, build: Generation) -> None:
        await index.into(build).open(record)

    return apply


def client_of(redis: OwnRedis, **also) -> RedisClient:
    return RedisClient(RedisSettings(url=redis.url, tries=1, connect_timeout_s=0.3, timeout_s=0.5, **also))


@pytest.fixture
async def client(own_redis: OwnRedis) -> AsyncIterator[RedisClient]:
    client = client_of(own_redis)
    yield client
    await client.close()


@pytest.fixture
def view(client: RedisClient) -> RedisView:
    return RedisView(client, "token-matcher", 1)


@pytest.fixture
def index(view: RedisView) -> RedisIndex:
    return RedisIndex(view)


@pytest.fixture
async def raw(own_redis: OwnRedis) -> AsyncIterator[Redis]:
    redis = Redis.from_url(own_redis.url)
    yield redis
    await redis.aclose()


async def looked_for(index: RedisIndex) -> str:
    try:
        found = await index.candidates("op", "depot", CARD)
    except Unavailable as error:
        return str(error)
    return "found" if found else "no session"


async def test_a_killed_redis_that_comes_back_is_believed_only_after_a_rebuild(own_redis, index, view):
    await rebuild(log, into(index), view, clock=CLOCK)
    assert await looked_for(index) == "found"
    # when it is killed
    await own_redis.kill()
    assert "cannot be used now" in await looked_for(index)
    # then it is not believed though its file still holds everything: the last second of it may be missing
    await own_redis.restart()
    assert "being rebuilt" in await looked_for(index)
    assert await rebuild(log, into(index), view, clock=CLOCK) == 1
    assert await looked_for(index) == "found"


async def test_a_flushed_redis_is_rebuilt_and_never_says_no_session_meanwhile(own_redis, index, view, raw):
    answers: set[str] = set()

    async def drivers() -> None:
        while True:
            answers.add(await looked_for(index))
            await asyncio.sleep(0)

    watch = stay_whole(
        log, into(index), view, clock=CLOCK, log=structlog.wrap_logger(structlog.ReturnLogger()), every_s=0.02
    )
    running = [asyncio.create_task(watch), *(asyncio.create_task(drivers()) for _ in range(4))]
    await asyncio.sleep(0.3)
    for trouble in (raw.flushall, own_redis.kill, own_redis.restart, raw.flushall):
        await raw.connection_pool.disconnect()
        await trouble()
        await asyncio.sleep(0.3)
    # then it recovers by itself, and nobody was ever told that there is no session
    async with asyncio.timeout(20):
        while await looked_for(index) != "found":
            await asyncio.sleep(0.05)
    for task in running:
        task.cancel()
    ended = await asyncio.gather(*running, return_exceptions=True)
    assert all(isinstance(end, asyncio.CancelledError) for end in ended)
    assert "found" in answers
    assert any("being rebuilt" in answer for answer in answers)
    assert any("cannot be used now" in answer for answer in answers)
    assert "no session" not in answers


async def test_a_redis_that_restarts_during_a_rebuild_does_not_count_what_was_written_before(own_redis, index, view):
    async def interrupted() -> AsyncIterator[Opened]:
        yield SESSION
        await own_redis.kill()
        await own_redis.restart()

    begun = 0

    async def reads() -> AsyncIterator[Opened]:
        nonlocal begun
        begun += 1
        async for record in interrupted() if begun == 1 else log():
            yield record

    assert await rebuild(reads, into(index), view, clock=CLOCK) == 1
    assert begun == 2
    assert await looked_for(index) == "found"


async def test_a_rebuilder_that_died_is_invisible_and_the_next_one_removes_what_it_left(client, raw, index):
    # given a rebuilder that died half-way, with a lease that runs out
    dead = RedisView(client, "token-matcher", 1, lease_s=0.3, new_name=lambda: "dead")
    build = await dead.begin()
    await RedisIndex(dead).into(build).open(SESSION)
    left = await raw.keys("*:dead:*")
    assert left
    assert "being rebuilt" in await looked_for(index)
    # when the next one waits its lease out and rebuilds
    assert await rebuild(log, into(index), RedisView(client, "token-matcher", 1), clock=CLOCK) == 1
    # then nothing of the dead one is left, and it can do no more
    assert await raw.keys("*:dead:*") == []
    assert await raw.smembers("tapwatt:{token-matcher}:superseded") == set()
    with pytest.raises(Superseded, match="taken over"):
        await RedisIndex(dead).into(build).open(SESSION)
    with pytest.raises(Superseded, match="taken over"):
        await dead.mark_whole(build)
    assert await looked_for(index) == "found"


async def test_newer_code_takes_the_view_over_and_older_code_does_not_take_it_back(client, index, view):
    await rebuild(log, into(index), view, clock=CLOCK)
    newer = RedisView(client, "token-matcher", 2)
    # when a worker of newer code has begun, the older ones wait at once: their layout must not get into its build
    build = await newer.begin()
    assert "being rebuilt" in await looked_for(index)
    with pytest.raises(Unavailable, match="newer code"):
        await view.begin()
    await RedisIndex(newer).into(build).open(SESSION)
    await newer.mark_whole(build)
    assert await looked_for(RedisIndex(newer)) == "found"
    assert "being rebuilt" in await looked_for(index)


async def test_every_key_of_a_generation_ends_by_itself_and_shares_its_hash_tag(client, index, view, raw):
    await rebuild(log, into(index), view, clock=CLOCK)
    await index.claim("s-1", "stop-1")
    await index.answer("stop-1", b"matched")
    await index.close("s-2", TIMES[0])
    await RedisView(client, "token-matcher", 2).begin()
    keys = [key.decode() for key in await raw.keys("*")]
    assert len(keys) >= 6
    assert all("{token-matcher}" in key for key in keys)
    for key in keys:
        lasting = key in (view.marker, f"{view.marker}:superseded") or key.endswith(":register")
        assert lasting or await raw.pttl(key) > 0, key


async def test_two_services_and_two_rings_on_one_redis_know_nothing_of_each_other(own_redis, client, index, view):
    await rebuild(log, into(index), view, clock=CLOCK)
    other_ring = client_of(own_redis, key_prefix="other")
    for stranger in (RedisView(other_ring, "token-matcher", 1), RedisView(client, "authoriser", 1)):
        assert not await stranger.whole()
    await other_ring.close()


async def test_a_redis_that_forgot_our_scripts_is_told_them_again(index, view, raw):
    await rebuild(log, into(index), view, clock=CLOCK)
    await raw.script_flush()
    assert await looked_for(index) == "found"


async def test_a_failing_log_leaves_no_build_behind(index, view, raw):
    async def breaks() -> AsyncIterator[Opened]:
        yield SESSION
        raise Unavailable("Kafka went away")

    with pytest.raises(Unavailable, match="Kafka went away"):
        await rebuild(breaks, into(index), view, clock=CLOCK)
    assert await raw.hget(view.marker, "building") is None
    assert "being rebuilt" in await looked_for(index)
