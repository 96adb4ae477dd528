"""The local Kafka and Redis as the command uses them, and what of them is on this machine."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from tapwatt_cli.dev.local.errors import LocalError
from tapwatt_cli.dev.local.jars import cache_folder, kafka_version, locked
from tapwatt_cli.dev.local.java import find_java, major_version
from tapwatt_cli.dev.local.kafka import EmbeddedKafka
from tapwatt_cli.dev.local.redis_server import EmbeddedRedis, find_redis


def _port(name: str) -> int:
    """A port that somebody has set, or 0 for any."""
    given = os.environ.get(name, "0")
    if not given.isdigit() or int(given) > 65535:
        raise LocalError(f"{name} is {given!r}; it must be a port number, or 0 for any free one")
    return int(given)


@asynccontextmanager
async def kafka_here(folder: Path, tell: Callable[[str], None]) -> AsyncIterator[EmbeddedKafka]:
    """A Kafka of our own while the context lasts."""
    async with EmbeddedKafka(folder / "kafka", _port("TAPWATT_KAFKA_PORT"), tell=tell) as kafka:
        yield kafka


@asynccontextmanager
async def redis_here(folder: Path, tell: Callable[[str], None]) -> AsyncIterator[EmbeddedRedis]:
    """A Redis of our own while the context lasts. `tell` hears which it is."""
    async with EmbeddedRedis(folder / "redis", _port("TAPWATT_REDIS_PORT")) as redis:
        tell(f"the Redis of this run is {redis.server}")
        yield redis


def java_here() -> str:
    """Which Java would run Kafka."""
    java = find_java()
    return f"{major_version(java)} ({java})"


def redis_server_here() -> str:
    """Which Redis would run."""
    server = find_redis()
    return f"{server} ({server.binary})"


def jars_here() -> str:
    """Which Kafka would run, and whether its jars are here already."""
    folder = cache_folder() / f"kafka-{kafka_version()}"
    missing = [jar for jar in locked() if not (folder / jar.file).exists()]
    there = f"in {folder}" if not missing else f"{len(missing)} jars (some 45 MB) are fetched at the first demo"
    return f"{kafka_version()}, {there}"
