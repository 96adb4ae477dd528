"""The exporter as a process beside a real Kafka, what it tells, and facts put on the log for it."""

from __future__ import annotations

import asyncio
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiokafka import AIOKafkaProducer
from prometheus_client.parser import text_string_to_metric_families

from tapwatt.facts.codec import begin, encode
from tapwatt.facts.fact import Fact
from tapwatt.facts.topics import Topics
from tapwatt.worker.records import Outgoing
from tapwatt_cli.dev.local.processes import Child, free_ports

Told = dict[tuple[str, ...], float]
"""Values by the metric's name and its labels as name=value."""


class Exporter:
    """A running exporter."""

    def __init__(self, child: Child, port: int) -> None:
        self.child = child
        self.url = f"http://127.0.0.1:{port}"

    async def text(self, path: str = "/metrics", **headers: str) -> tuple[int, str]:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(10)) as http,
            http.get(self.url + path, headers=headers) as answer,
        ):
            return answer.status, await answer.text()

    async def told(self) -> Told:
        _, text = await self.text()
        return {
            (sample.name, *(f"{name}={value}" for name, value in sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    async def until(self, holds: Callable[[Told], Any], within_s: float = 20) -> Told:
        """Wait until what it tells is so; returns that."""
        told: Told = {}
        try:
            async with asyncio.timeout(within_s):
                while True:
                    told = await self.told()
                    if holds(told):
                        return told
                    assert self.child.alive, self.child.last_words(20)
                    await asyncio.sleep(0.1)
        except TimeoutError:
            ours = {name: value for name, value in told.items() if name[0].startswith("tapwatt") and value}
            raise AssertionError(f"not so within {within_s} s: {ours}; {self.child.last_words(5)}") from None

    async def ready(self, within_s: float = 30, path: str = "/readyz") -> None:
        async with asyncio.timeout(within_s):
            while True:
                try:
                    if (await self.text(path))[0] == 200:
                        return
                except aiohttp.ClientError:
                    assert self.child.alive, self.child.last_words(20)
                await asyncio.sleep(0.1)


@asynccontextmanager
async def exporting(
    bootstrap: str, prefix: str, folder: Path, *, ready: bool = True, **settings: str
) -> AsyncIterator[Exporter]:
    """An exporter that has caught up; or one that has just been started and answers."""
    [port] = free_ports(1)
    env = {"TAPWATT_KAFKA_BOOTSTRAP": bootstrap, "TAPWATT_TOPIC_PREFIX": prefix, "TAPWATT_EXPORTER_PORT": str(port)}
    child = Child("exporter", [sys.executable, "-m", "tapwatt_watch"], folder / "exporter.log", {**env, **settings})
    await child.start()
    try:
        exporter = Exporter(child, port)
        await exporter.ready(path="/readyz" if ready else "/livez")
        yield exporter
    finally:
        await child.stop()


async def say(bootstrap: str, topics: Topics, facts: Sequence[Fact]) -> None:
    """Put facts on the log, each in its topic, as their authors do."""
    now = datetime.now(UTC)
    events = [(fact, begin(fact, str(uuid.uuid4()), "/tapwatt/test", now)) for fact in facts]
    await put(bootstrap, [Outgoing(topics.of(type(fact)), *encode(event)) for fact, event in events])


async def put(bootstrap: str, records: Sequence[Outgoing]) -> None:
    """Put records on the log as they are."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, linger_ms=5)
    await producer.start()
    try:
        sent = [
            await producer.send(
                one.topic, one.value, one.key, headers=[(name, raw or b"") for name, raw in one.headers]
            )
            for one in records
        ]
        await asyncio.gather(*sent)
    finally:
        await producer.stop()
