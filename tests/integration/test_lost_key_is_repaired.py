"""A key that Redis loses is noticed and repaired from the log within a minute, while the service works."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from redis.asyncio import Redis
from tests.conftest import MakeTopics
from tests.integration.worker_process import produce, program, until
from tests.stores.choice import Store

from tapwatt.facts.events import SessionRequested
from tapwatt.facts.topics import Topics

pytestmark = pytest.mark.redis


async def test_s21_a_session_that_redis_has_lost_is_known_again_within_a_minute_though_nobody_asks(
    kafka: Store, redis_url: str, make_topics: MakeTopics, tmp_path: Path
) -> None:
    # given a service that remembers twenty sessions
    prefix = await make_topics(kafka.at)
    topic, seen = Topics(prefix).of(SessionRequested), tmp_path / "seen"
    worker = program("remembering_worker.py", tmp_path / "log", kafka.at, prefix, redis_url, seen)
    await worker.start()
    await produce(kafka.at, topic, range(20))
    await until(seen, 20, child=worker)
    redis = Redis.from_url(redis_url)

    async def kept(session_id: str) -> list[bytes]:
        return [key async for key in redis.scan_iter(f"{prefix.strip('.')}:*:session:o/{session_id}")]

    # when one of them is lost
    (key,) = await kept("7")
    held = await redis.hgetall(key)
    assert await redis.delete(key) == 1
    # then it is known again, as it was, from the log
    async with asyncio.timeout(60):
        while not await kept("7"):
            await asyncio.sleep(0.1)
    assert await redis.hgetall((await kept("7"))[0]) == held
    async with asyncio.timeout(10):  # the line comes after what it tells of
        while (said := (tmp_path / "log").read_text()).count("view rebuilt") < 2:
            await asyncio.sleep(0.1)
    assert "Redis has lost a key of what tariff knows (a session)" in said
    assert said.index("has lost a key") < said.rindex("view rebuilt")
    # and the service goes on
    await produce(kafka.at, topic, range(20, 22))
    await until(seen, 22, child=worker)
    assert seen.read_text().split().count("7") == 1
    await worker.stop()
    await redis.aclose()
