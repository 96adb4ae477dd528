"""A program of tests/integration/programs as a process, and events for it."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from tapwatt.facts.codec import begin, encode
from tapwatt.facts.events import SessionRequested
from tapwatt_cli.dev.local.processes import Child

PROGRAMS = Path(__file__).parent / "programs"

_REQUEST = """{"session_id":"%s","place":{"operator_id":"o","site_id":"s","terminal_id":"t","evse_id":"e"},
"hold":{"minor":5000,"currency":"EUR"},"tariff":{"id":"a","currency":"EUR","elements":[{"price_components":
[{"type":"ENERGY","price":0.5}]}]},"time_zone":"Europe/Amsterdam","requested_at":"2026-01-01T00:00:00Z"}"""


def program(name: str, log: Path, *arguments: object, env: dict[str, str] | None = None) -> Child:
    """The program, not started yet."""
    return Child(name, [sys.executable, str(PROGRAMS / name), *map(str, arguments)], log, env)


def request(number: int) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    """Key, value and headers of a SessionRequested whose session id is the number."""
    fact = SessionRequested.model_validate_json(_REQUEST % number)
    return encode(begin(fact, f"event-{number}", "/fleet/test", datetime(2026, 1, 1, tzinfo=UTC)))


async def produce(bootstrap: str, topic: str, numbers: range, partition: int | None = None) -> None:
    """Put requests on the log."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, linger_ms=5)
    await producer.start()
    try:
        sent = []
        for number in numbers:
            key, value, headers = request(number)
            sent.append(await producer.send(topic, value, key, headers=headers, partition=partition))
        await asyncio.gather(*sent)
    finally:
        await producer.stop()


async def committed(bootstrap: str, group: str, topic: str, partition: int = 0) -> int | None:
    """Where the group would begin to read."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=group)
    await consumer.start()
    try:
        offset: int | None = await consumer.committed(TopicPartition(topic, partition))
        return offset
    finally:
        await consumer.stop()


async def until(seen: Path, count: int, timeout_s: float = 60, child: Child | None = None) -> list[str]:
    """Wait until so many different events are written in the file; returns every line."""
    loop = asyncio.get_running_loop()
    end = loop.time() + timeout_s
    while True:
        lines = seen.read_text().split() if seen.exists() else []
        if len(set(lines)) >= count:
            return lines
        assert child is None or child.alive, child.last_words(20)
        assert loop.time() < end, f"{len(set(lines))} of {count} events after {timeout_s} s"
        await asyncio.sleep(0.05)


async def until_in_flight(port: int, count: int) -> int:
    """Wait until the worker says that so many are in flight; returns its resident memory in bytes."""
    async with asyncio.timeout(60):
        while True:
            await asyncio.sleep(0.2)
            try:
                told = await gauges(port)
            except aiohttp.ClientError:
                continue
            if told.get("tapwatt_records_in_flight", 0) >= count:
                return int(told["process_resident_memory_bytes"])


async def gauges(port: int) -> dict[str, float]:
    """What the worker's metrics without labels say."""
    async with aiohttp.ClientSession() as http:
        text = await (await http.get(f"http://127.0.0.1:{port}/metrics")).text()
    told = (line.split(" ") for line in text.splitlines() if not line.startswith("#") and "{" not in line)
    return {one[0]: float(one[1]) for one in told if len(one) == 2}
