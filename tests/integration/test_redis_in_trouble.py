"""Whatever becomes of Redis for a while, the worker goes on by itself: its handlers, and the watch over its memory."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError
from tests.conftest import MakeTopics
from tests.integration.worker_process import produce, program, until
from tests.stores.choice import Store

from tapwatt.facts.events import SessionRequested
from tapwatt.facts.topics import Topics
from tapwatt_cli.dev.local.redis_server import EmbeddedRedis

Do = Callable[[Redis], Awaitable[object]]


async def read_only(redis: Redis) -> None:
    await redis.execute_command("REPLICAOF", "127.0.0.1", "1")


async def master_again(redis: Redis) -> None:
    await redis.execute_command("REPLICAOF", "NO", "ONE")
    await redis.config_set("replica-serve-stale-data", "yes")


async def master_down(redis: Redis) -> None:
    await redis.config_set("replica-serve-stale-data", "no")
    await read_only(redis)


async def other_password(redis: Redis) -> None:
    await redis.config_set("requirepass", "other")
    await redis.execute_command("AUTH", "other")
    await redis.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


async def no_password(redis: Redis) -> None:
    await redis.config_set("requirepass", "")


def setting(name: str, value: str) -> Do:
    return lambda redis: redis.config_set(name, value)


async def busy(redis: Redis) -> None:
    await redis.config_set("lua-time-limit", 50)
    with suppress(RedisError, OSError):
        await redis.eval("while true do end", 0)


async def kill_script(redis: Redis) -> None:
    await redis.execute_command("SCRIPT", "KILL")


TROUBLES: dict[str, tuple[Do, Do]] = {
    "read-only": (read_only, master_again),
    "its master is down": (master_down, master_again),
    "another password": (other_password, no_password),
    "full": (setting("maxmemory", "1"), setting("maxmemory", "0")),
    "too few replicas": (setting("min-replicas-to-write", "1"), setting("min-replicas-to-write", "0")),
    "busy": (busy, kill_script),
}


@pytest.fixture
async def own_redis(tmp_path: Path) -> AsyncIterator[EmbeddedRedis]:
    async with EmbeddedRedis(tmp_path / "redis") as redis:
        yield redis


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_s33_a_redis_in_trouble_for_five_seconds_is_waited_for_and_its_memory_still_watched_over(
    trouble: str, kafka: Store, own_redis: EmbeddedRedis, make_topics: MakeTopics, tmp_path: Path
) -> None:
    begin, end = TROUBLES[trouble]
    prefix = await make_topics(kafka.at)
    topic, seen = Topics(prefix).of(SessionRequested), tmp_path / "seen"
    worker = program("remembering_worker.py", tmp_path / "log", kafka.at, prefix, own_redis.url, seen)
    await worker.start()
    await produce(kafka.at, topic, range(1))
    await until(seen, 1, child=worker)
    # when Redis is in trouble, and there is something to remember meanwhile
    async with Redis.from_url(own_redis.url, single_connection_client=True, socket_timeout=2, retry=None) as redis:
        await begin(redis)
        await produce(kafka.at, topic, range(1, 4))
        await asyncio.sleep(5)
    password = "other" if begin is other_password else None
    async with Redis.from_url(own_redis.url, password=password, single_connection_client=True) as redis:
        await end(redis)
        # then that is remembered afterwards
        await until(seen, 4, child=worker)
        # and the watch over the memory is still there: what is lost is rebuilt
        await redis.flushall()
        lost = time.monotonic()
        await produce(kafka.at, topic, range(4, 5))
        await until(seen, 5, child=worker)
        assert time.monotonic() - lost < 15
    await worker.stop()
