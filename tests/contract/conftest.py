"""One suite, twice: what the contract tests run on, the fake and the real thing."""

from __future__ import annotations

import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.contract.redis_child import RedisChild

from tapwatt.redis_client import RedisClient, RedisSettings


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A real Redis for all tests of a run; each test keeps to a key prefix of its own."""
    child = RedisChild()
    child.start()
    yield child.url
    child.remove()


@pytest.fixture
def killable_redis() -> Iterator[RedisChild]:
    """A real Redis for one test, which may kill it."""
    child = RedisChild()
    child.start()
    yield child
    child.remove()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[RedisClient]:
    """A client with a key prefix of its own."""
    client = RedisClient(RedisSettings(url=redis_url, key_prefix=f"test-{uuid.uuid4().hex[:8]}"))
    yield client
    await client.close()
