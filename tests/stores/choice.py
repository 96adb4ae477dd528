"""Which real Kafka and Redis a run uses, and how they are started and stopped."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import SecretStr
from tests.stores import containers

from tapwatt.state.redis_client import RedisClient, RedisSettings
from tapwatt_cli.dev.local.errors import LocalError
from tapwatt_cli.dev.local.kafka import EmbeddedKafka
from tapwatt_cli.dev.local.redis_server import EmbeddedRedis, find_redis

Kind = Literal["container", "embedded"]
Place = Literal["container", "machine", "wheel"]
"""Where a Redis is from: an image, the machine's own server, or the Valkey that comes with the environment."""
OwnRedis = EmbeddedRedis | containers.Redis
StartRedis = Callable[[Place], "Store"]
SAID: dict[Place, str] = {}
"""What each Redis that ran said it is."""


@dataclass(frozen=True, slots=True)
class Store:
    """A running Kafka (bootstrap) or Redis (URL), which kind it is, and what it says it is, e.g. Valkey 9.1.2."""

    at: str
    kind: Kind
    says: str = ""


def chosen() -> Kind:
    """The kind of stores that this run uses."""
    return choose()[0]


def choose() -> tuple[Kind, str]:
    """The kind and why. TAPWATT_TEST_STORES: container, embedded, or auto (containers where they are to be had)."""
    wanted = os.environ.get("TAPWATT_TEST_STORES", "auto")
    if wanted not in ("container", "embedded", "auto"):
        raise ValueError(f"TAPWATT_TEST_STORES is {wanted!r}; it may be container, embedded or auto")
    if wanted == "container":
        return "container", "asked for"
    if wanted == "embedded":
        return "embedded", "asked for"
    if not containers.engine_answers():
        return "embedded", "no container engine answers"
    missing = containers.missing_images()
    return ("embedded", missing) if missing else ("container", "a container engine answers")


@contextmanager
def kafka(kind: Kind) -> Iterator[Store]:
    """A Kafka for as long as the block runs."""
    if kind == "container":
        container = containers.Kafka()
        container.start()
        try:
            yield Store(container.bootstrap, kind)
        finally:
            container.stop()
        return
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        embedded = EmbeddedKafka(Path(folder) / "kafka")
        try:
            runner.run(embedded.start())
            yield Store(embedded.bootstrap, kind)
        finally:
            runner.run(embedded.stop())


@cache
def redis_places() -> tuple[Place, ...]:
    """Every Redis that what speaks to one is tested on; the first is the one that everything else runs on.

    The environment's Valkey is always among them, beside the image's Redis or the machine's own.
    """
    if chosen() == "container":
        return "container", "wheel"
    try:
        find_redis("machine")
    except LocalError:
        return ("wheel",)
    return "machine", "wheel"


def redis_server(place: Place, folder: Path) -> OwnRedis:
    """A Redis from there, not started yet."""
    return containers.Redis() if place == "container" else EmbeddedRedis(folder, choice=place)


@contextmanager
def redis(place: Place) -> Iterator[Store]:
    """A Redis from there for as long as the block runs."""
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        server = redis_server(place, Path(folder) / "redis")
        try:
            runner.run(server.start())
            SAID[place] = runner.run(says(server.url))
            yield Store(server.url, "container" if place == "container" else "embedded", SAID[place])
        finally:
            runner.run(server.stop())


async def says(url: str) -> str:
    """What answers there, e.g. Valkey 9.1.2."""
    client = RedisClient(RedisSettings(url=SecretStr(url)))
    try:
        return await client.check()
    finally:
        await client.close()
