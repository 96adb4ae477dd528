"""A Redis that came back, as it was or older than it was: the view goes on from where it was noted to be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from redis.asyncio import Redis
from tests.stores import choice

from tapwatt.clock import SystemClock
from tapwatt.errors import Unavailable
from tapwatt.state.deadlines import RedisDeadlines
from tapwatt.state.rebuild import CannotResume, rebuild
from tapwatt.state.redis_client import RedisClient, RedisSettings
from tapwatt.state.session_store import RedisSessionStore
from tapwatt.state.view import Checkpoint, Generation, RedisView, Superseded

pytestmark = [pytest.mark.redis, pytest.mark.timeout(100)]
CLOCK = SystemClock()
DAY_S = 86400.0


@dataclass
class Log:
    """One partition, read from anywhere; how many records were read of it the last time."""

    sessions: list[str] = field(default_factory=list)
    read: int = 0
    fits: bool = True

    async def whole(self) -> AsyncIterator[str]:
        async for session in self._from(0):
            yield session

    async def since(self, noted: Checkpoint) -> AsyncIterator[str]:
        if not self.fits:
            raise CannotResume
        async for session in self._from(int(noted["t/0"])):
            yield session

    async def _from(self, offset: int) -> AsyncIterator[str]:
        self.read = 0
        for session in self.sessions[offset:]:
            self.read += 1
            yield session


@dataclass
class Service:
    """What a service does with its view: remembers each record before it commits it, and notes now and then how far."""

    client: RedisClient
    log: Log
    epoch: int = 1

    def __post_init__(self) -> None:
        self.view = RedisView(self.client, "capturer", self.epoch, lease_s=0.5)
        self.sessions = RedisSessionStore(self.view)
        self.due = RedisDeadlines(self.view)

    async def handle(self, session: str, into: Generation | None = None) -> None:
        sessions, due = (self.sessions.into(into), self.due.into(into)) if into else (self.sessions, self.due)
        await sessions.remember(session, "said", session.encode(), ttl_s=DAY_S)
        await due.set("look", session, CLOCK.now())

    async def made_whole(self) -> int | None:
        return await rebuild(self.log.whole, self.handle, self.view, clock=CLOCK, since=self.log.since)

    async def knows(self) -> list[str]:
        return [one for one in self.log.sessions if await self.sessions.recall(one) == {"said": one.encode()}]


@asynccontextmanager
async def service_on(url: str, log: Log, epoch: int = 1) -> AsyncIterator[Service]:
    client = RedisClient(RedisSettings(url=url, connect_timeout_s=0.3, timeout_s=2))
    try:
        yield Service(client, log, epoch)
    finally:
        await client.close()


@pytest.fixture
async def service(own_redis: choice.OwnRedis) -> AsyncIterator[Service]:
    log = Log([f"op/s-{number}" for number in range(20)])
    async with service_on(own_redis.url, log) as service:
        yield service


@pytest.fixture
async def raw(own_redis: choice.OwnRedis) -> AsyncIterator[Redis]:
    redis = Redis.from_url(own_redis.url)
    yield redis
    await redis.aclose()


async def restarted(redis: choice.OwnRedis) -> None:
    await asyncio.sleep(1.2)  # what it was told a second ago is on its disk (appendfsync everysec)
    await redis.kill()
    await redis.restart()


async def test_after_a_restart_only_what_came_since_is_read(own_redis, service):
    # given a view that is whole, and noted to be at 15 of 20
    assert await service.made_whole() == 20
    await service.view.checkpoint({"t/0": "15"})
    service.log.sessions += ["op/new-1", "op/new-2"]
    # when Redis is killed and comes back
    await restarted(own_redis)
    # then nothing is believed until what may have been lost was read, which is seven records and not all
    with pytest.raises(Unavailable, match="being rebuilt"):
        await service.sessions.recall("op/s-1")
    assert await service.made_whole() == 7
    assert await service.knows() == service.log.sessions
    assert await service.made_whole() is None


async def test_as_much_is_noted_as_a_ring_of_thousands_of_partitions_has(own_redis, service):
    await service.made_whole()
    await service.view.checkpoint({f"t/{number}": f"{number}" for number in range(20_000)} | {"t/0": "15"})
    await restarted(own_redis)
    assert await service.made_whole() == 5


async def test_a_flush_leaves_nothing_to_go_on_with(service, raw):
    await service.made_whole()
    await service.view.checkpoint({"t/0": "20"})
    await raw.flushall()
    assert await service.made_whole() == 20
    assert await service.knows() == service.log.sessions


async def test_without_anything_noted_the_view_is_built_anew(own_redis, service):
    await service.made_whole()
    await restarted(own_redis)
    assert await service.made_whole() == 20


async def test_what_was_noted_of_another_log_is_not_gone_on_with(own_redis, service, raw):
    # given a view of which more was noted than there is: its topics were made anew, or this is another cluster
    await service.made_whole()
    await service.view.checkpoint({"t/0": "20"})
    await restarted(own_redis)
    service.log.fits = False
    # then it is built anew, and the old one removed
    assert await service.made_whole() == 20
    assert await service.knows() == service.log.sessions
    assert len({key.split(b":")[2] for key in await raw.keys("*:*:*:*")}) == 1


async def test_newer_code_does_not_go_on_with_what_older_code_kept(own_redis, service):
    await service.made_whole()
    await service.view.checkpoint({"t/0": "20"})
    await restarted(own_redis)
    newer = Service(service.client, service.log, epoch=2)
    assert await newer.view.resume() is None
    assert await newer.made_whole() == 20
    assert await newer.knows() == service.log.sessions


async def test_a_lost_key_is_noticed_while_it_is_gone_on_with_and_then_it_is_built_anew(own_redis, service, raw):
    await service.made_whole()
    await service.view.checkpoint({"t/0": "15"})
    await restarted(own_redis)
    # given that the key of a session that is read again has gone
    (key,) = await raw.keys("*:session:op/s-17")
    await raw.delete(key)
    with pytest.raises(Unavailable, match="lost a key"):
        await service.made_whole()
    assert await service.made_whole() == 20
    assert await service.knows() == service.log.sessions


async def test_whoever_goes_on_and_dies_is_followed_by_the_next_and_nothing_is_removed(own_redis, service, raw):
    await service.made_whole()
    await service.view.checkpoint({"t/0": "15"})
    await restarted(own_redis)
    # given one that went on and died, and that another waits for
    leased = await service.view.resume()
    assert leased is not None
    assert leased[1] == {"t/0": "15"}
    assert await service.view.resume() is None
    assert await service.view.begin() is None
    # when its lease has run out
    assert await service.made_whole() == 5
    assert await service.knows() == service.log.sessions
    assert await raw.smembers(f"{service.view.marker}:superseded") == set()
    # then it can do no more
    with pytest.raises(Superseded):
        await service.view.mark_whole(Generation("another"))


async def test_whoever_gives_up_lets_the_next_go_on_at_once(own_redis, service):
    await service.made_whole()
    await service.view.checkpoint({"t/0": "15"})
    await restarted(own_redis)

    async def breaks(noted: Checkpoint) -> AsyncIterator[str]:
        yield "op/s-15"
        raise Unavailable("Kafka went away")

    with pytest.raises(Unavailable, match="Kafka went away"):
        await rebuild(service.log.whole, service.handle, service.view, clock=CLOCK, since=breaks)
    assert await service.made_whole() == 5
    assert await service.knows() == service.log.sessions


async def test_a_restart_while_it_is_gone_on_with_begins_that_again(own_redis, service):
    await service.made_whole()
    await service.view.checkpoint({"t/0": "15"})
    await restarted(own_redis)
    begun = 0

    async def interrupted(noted: Checkpoint) -> AsyncIterator[str]:
        nonlocal begun
        begun += 1
        async for session in service.log.since(noted):
            yield session
        if begun == 1:
            await own_redis.kill()
            await own_redis.restart()

    applied = await rebuild(service.log.whole, service.handle, service.view, clock=CLOCK, since=interrupted)
    assert (applied, begun) == (5, 2)
    assert await service.knows() == service.log.sessions


async def test_nothing_is_noted_of_a_view_that_is_not_whole_for_this_server(own_redis, service):
    await service.made_whole()
    await service.view.checkpoint({"t/0": "15"})
    await restarted(own_redis)
    # when somebody notes what was committed before the restart, of which some may be lost
    with pytest.raises(Unavailable):
        await service.view.checkpoint({"t/0": "20"})
    # then it does not count
    assert await service.made_whole() == 5
