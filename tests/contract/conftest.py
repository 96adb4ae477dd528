"""One suite, several times: what the contract tests run on, the fake and each real thing, Redis and Valkey."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.contract.provider_stage import Stage
from tests.contract.provider_worlds import MemoryWorld, World, simulated_world, simulator
from tests.stores import choice

from tapwatt.state.redis_client import RedisClient, RedisSettings
from tapwatt.testing.fake_provider import Habits


@pytest.fixture(params=["in process", *choice.redis_places()])
def store(request: pytest.FixtureRequest, start_redis: choice.StartRedis) -> choice.Store | None:
    """Each real Redis of the run; None stands for what is kept in the process."""
    return None if request.param == "in process" else start_redis(request.param)


@pytest.fixture
async def redis(store: choice.Store | None) -> AsyncIterator[RedisClient | None]:
    """A client of that Redis with a key prefix of its own; None for what is kept in the process."""
    if store is None:
        yield None
        return
    client = RedisClient(RedisSettings(url=store.at, key_prefix=f"test-{uuid.uuid4().hex[:8]}"))
    yield client
    await client.close()


@pytest.fixture(params=choice.redis_places())
async def own_redis(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[choice.OwnRedis]:
    """A real Redis of this test's own, which it may kill."""
    server = choice.redis_server(request.param, tmp_path / "redis")
    try:
        await server.start()
        choice.SAID[request.param] = await choice.says(server.url)
        yield server
    finally:
        await server.stop()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a simulated provider with everything at its default."""
    with simulator(tmp_path_factory.mktemp("provider") / "ledger.sqlite") as address:
        yield address


@pytest.fixture(params=["memory", "ccv"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """The provider in memory, and CCV's wire against the simulator."""
    if request.param == "memory":
        yield MemoryWorld(Habits(pending_s=60.0))
        return
    async with simulated_world(request.getfixturevalue("url")) as simulated:
        yield simulated


@pytest.fixture
def stage(world: World) -> Stage:
    """A driver there, who is the first at their terminal."""
    return Stage(world)
