"""Which real Kafka and Redis a run uses, and how they are started and stopped."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.stores import containers

from tapwatt_cli.dev.local.kafka import EmbeddedKafka
from tapwatt_cli.dev.local.redis_server import EmbeddedRedis

Kind = Literal["container", "embedded"]


@dataclass(frozen=True, slots=True)
class Store:
    """A running Kafka (bootstrap) or Redis (URL), and which kind it is."""

    at: str
    kind: Kind


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


@contextmanager
def redis(kind: Kind) -> Iterator[Store]:
    """A Redis for as long as the block runs."""
    if kind == "container":
        container = containers.Redis()
        container.start()
        try:
            yield Store(container.url, kind)
        finally:
            container.stop()
        return
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        embedded = EmbeddedRedis(Path(folder) / "redis")
        try:
            runner.run(embedded.start())
            yield Store(embedded.url, kind)
        finally:
            runner.run(embedded.stop())
