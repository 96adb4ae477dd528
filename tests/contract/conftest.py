"""One suite, twice: what the contract tests run on, the fake and the real thing."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tapwatt.state.redis_client import RedisClient, RedisSettings
from tapwatt_cli.dev.local.redis_server import EmbeddedRedis


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[RedisClient]:
    """A client of the run's real Redis with a key prefix of its own."""
    client = RedisClient(RedisSettings(url=redis_url, key_prefix=f"test-{uuid.uuid4().hex[:8]}"))
    yield client
    await client.close()


@pytest.fixture
async def own_redis(tmp_path: Path) -> AsyncIterator[EmbeddedRedis]:
    """A real Redis of this test's own, which it may kill."""
    async with EmbeddedRedis(tmp_path / "redis") as redis:
        yield redis
