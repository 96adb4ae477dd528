"""The embedded Redis is a real one: it evicts nothing, keeps its writes through a kill, and says which it is."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from redis.asyncio import Redis

from tapwatt_cli.dev.local.errors import LocalError
from tapwatt_cli.dev.local.processes import free_ports
from tapwatt_cli.dev.local.redis_server import EmbeddedRedis, find_redis

pytestmark = pytest.mark.redis


async def test_what_it_wrote_survives_a_kill_on_the_same_port(tmp_path: Path) -> None:
    async with EmbeddedRedis(tmp_path / "redis") as server:
        # given a write, and a second for its append-only file
        before = server.url
        async with Redis.from_url(server.url) as client:
            await client.set("session", "open")
            await asyncio.sleep(1.2)
        # when
        await server.kill()
        await server.restart()
        # then
        assert server.url == before
        async with Redis.from_url(server.url) as client:
            assert await client.get("session") == b"open"


async def test_it_refuses_writes_rather_than_forget_sessions(tmp_path: Path) -> None:
    async with EmbeddedRedis(tmp_path / "redis") as server, Redis.from_url(server.url) as client:
        settings = await client.config_get("*")
        expected = {"maxmemory-policy": "noeviction", "appendonly": "yes", "appendfsync": "everysec"}
        assert expected.items() <= settings.items()


async def test_it_says_which_one_runs(tmp_path: Path) -> None:
    async with EmbeddedRedis(tmp_path / "redis") as server, Redis.from_url(server.url) as client:
        told = await client.info("server")
        assert server.server == find_redis()
        running = f"Valkey {told['valkey_version']}" if "valkey_version" in told else f"Redis {told['redis_version']}"
        assert str(server.server) == running


async def test_a_busy_port_is_one_sentence(tmp_path: Path) -> None:
    port = free_ports(1)[0]
    async with EmbeddedRedis(tmp_path / "redis", port=port) as server:
        assert server.url == f"redis://127.0.0.1:{port}/0"
        with pytest.raises(LocalError, match=f"port {port} is busy .* or choose another with TAPWATT_REDIS_PORT"):
            await EmbeddedRedis(tmp_path / "other", port=port).start()
