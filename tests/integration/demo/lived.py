"""A day of drivers on a whole ring, lived for a test, and everything that could be seen of it: raw bytes by place."""

from __future__ import annotations

import asyncio
import json
import sys
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from redis.asyncio import Redis
from tests.integration.demo.collector import Collector

from simulator.fleet.world import World
from tapwatt.facts.events import Captured, HoldReleased
from tapwatt.facts.fact import Fact
from tapwatt.worker.kafka.log_reader import reader
from tapwatt_cli.dev.demo import Day, Orders, Watcher, run_day
from tapwatt_cli.dev.ring import Ring
from tapwatt_cli.dev.ring_settings import SERVICES, RingSettings, demo_environment
from tapwatt_cli.ops.receipt_facts import OF_A_RECEIPT
from tapwatt_cli.ops.topic_log import partitions_of, read_topics

VECTORS = Path(__file__).parents[2] / "vectors" / "cdrs"
CONTROL_TOPIC = "control.leak"
CONTROL_KEY = "control:leak"


@dataclass(frozen=True)
class Command:
    """What a command said when it was used on the ring while it ran."""

    exit_code: int
    out: str
    err: str


@dataclass
class Lived:
    """A demo's day, and what is left to see: raw bytes by place. `planted` are the places where we put secrets.

    `settled` are the facts that receipts are made of.
    """

    day: Day
    secrets: set[bytes] = field(default_factory=set)
    places: dict[str, bytes] = field(default_factory=dict)
    planted: set[str] = field(default_factory=set)
    commands: dict[str, Command] = field(default_factory=dict)
    settled: list[Fact] = field(default_factory=list)


def live(folder: Path) -> Lived:
    """Live a day in this folder. What it left there stays until the folder is removed."""
    seen = asyncio.run(_live(folder))
    for file in sorted(folder.glob("logs/*")):
        seen.places[f"log {file.name}"] = file.read_bytes()
    for file in sorted(folder.glob("redis/**/*aof*")):
        if file.is_file():
            seen.places[f"redis file {file.name}"] = file.read_bytes()
    return seen


async def _live(folder: Path) -> Lived:
    with Collector() as collector:
        environment = {**demo_environment(), **collector.environment, "TAPWATT_WORKER_LOG_LEVEL": "DEBUG"}
        seen = await _on_a_ring(RingSettings(folder, environment=environment), folder)
    seen.places["traces otlp"] = b"".join(collector.bodies)
    return seen


async def _on_a_ring(settings: RingSettings, folder: Path) -> Lived:
    async with Ring(settings) as ring:
        seen = Lived(await run_day(ring, Orders(sessions=62, seed=4), Watcher()))
        await _use(ring, folder, seen)
        async with World(ring.provider_url) as world:
            for card in await world.cards():
                seen.secrets |= {str(card[name]).encode() for name in ("token", "par", "pan") if card.get(name)}
        await _plant(ring, sorted(seen.secrets)[0], seen)
        seen.places |= await _topics(ring.bootstrap)
        seen.places |= await _redis(ring.redis_url)
        for service in SERVICES:
            with urllib.request.urlopen(ring.metrics_url(service), timeout=10) as page:
                seen.places[f"metrics {service}"] = page.read()
    return seen


async def _use(ring: Ring, folder: Path, seen: Lived) -> None:
    """Use the commands that work on a ring that runs already."""
    records = recorded()
    records[-1] = {**records[-1], "id": "CDR-DIFFERS", "total_cost": {"excl_vat": 13, "incl_vat": 15.82}}
    (folder / "cdrs.json").write_text(json.dumps(records))
    there = ("--bootstrap", ring.bootstrap)
    seen.commands["replay"] = await _tapwatt(
        "replay", str(folder / "cdrs.json"), *there, "--provider-url", ring.provider_url, "--json"
    )
    seen.commands["audit"] = await _tapwatt("audit", *there, "--ledger-url", ring.provider_url)
    await _reconcile(ring, folder, seen)
    seen.settled = [event.fact for event in (await read_topics(ring.bootstrap, ring.topics, OF_A_RECEIPT)).events]
    for kind in (Captured, HoldReleased):
        session = next(fact.key for fact in seen.settled if isinstance(fact, kind))
        seen.commands[f"receipt {kind.name}"] = await _tapwatt("receipt", session, *there, "--json")
    seen.commands["topics"] = await _tapwatt("topics", *there, "--one-broker")


async def _reconcile(ring: Ring, folder: Path, seen: Lived) -> None:
    """Compare with the file that the simulated acquirer writes of this day and the one before, and with the ledger."""
    today = datetime.now(UTC).date()
    days = f"first={today - timedelta(days=1)}&last={today}"
    with urllib.request.urlopen(f"{ring.provider_url}/admin/settlement-file?{days}", timeout=10) as page:
        (folder / "settled.csv").write_bytes(page.read())
    period = ("--from", "1h", "--grace", "0min", "--bootstrap", ring.bootstrap, "--json")
    files = ("--settlement-files", str(folder / "settled.csv"), "--due-within", "1min")
    seen.commands["reconcile files"] = await _tapwatt("reconcile", *period, *files)
    seen.commands["reconcile ledger"] = await _tapwatt("reconcile", *period, "--ledger-url", ring.provider_url)


def recorded() -> list[dict[str, Any]]:
    """The recorded sessions of tests/vectors: one of OCPI 2.3.0, and one of 2.2.1 twice."""
    pages = [json.loads((VECTORS / f"ocpi-{version}.json").read_text()) for version in ("2.3.0", "2.2.1", "2.2.1")]
    return [cdr for page in pages for cdr in page.get("data", [page])]


async def _tapwatt(*arguments: str) -> Command:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tapwatt_cli", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return Command(process.returncode, out.decode(), err.decode())


async def _plant(ring: Ring, secret: bytes, seen: Lived) -> None:
    """Put a secret where the search must find it: a record's header, a Redis hash, a log."""
    admin = AIOKafkaAdminClient(bootstrap_servers=ring.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(CONTROL_TOPIC, 1, 1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=ring.bootstrap)
    await producer.start()
    await producer.send_and_wait(CONTROL_TOPIC, b"{}", headers=[("x", b"before " + secret + b" after")])
    await producer.stop()
    redis: Any = Redis.from_url(ring.redis_url)
    await redis.hset(CONTROL_KEY, "field", b"before " + secret)
    await redis.aclose()
    (ring.logs / "control.log").write_bytes(b'{"event": "' + secret + b'"}\n')
    seen.planted = {f"topic {CONTROL_TOPIC}", f"redis {CONTROL_KEY}", "log control.log"}


async def _topics(bootstrap: str) -> dict[str, bytes]:
    """Everything on every topic: keys, values and headers."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    names = set(await admin.list_topics())
    await admin.close()
    partitions = await partitions_of(bootstrap, names)
    consumer = reader(bootstrap)
    await consumer.start()
    consumer.assign(partitions)
    ends = await consumer.end_offsets(partitions)
    found: dict[str, bytearray] = {f"topic {name}": bytearray() for name in names}
    left = {one for one in partitions if await consumer.position(one) < ends[one]}
    while left:
        for where, records in (await consumer.getmany(*left, timeout_ms=500)).items():
            for record in records:
                headers = [part for name, value in record.headers for part in (name.encode(), value or b"")]
                found[f"topic {where.topic}"] += b"\n".join([record.key or b"", record.value or b"", *headers])
        left = {one for one in left if await consumer.position(one) < ends[one]}
    await consumer.stop()
    return {name: bytes(content) for name, content in found.items()}


async def _redis(url: str) -> dict[str, bytes]:
    """Every key with its value, whatever kind it is."""
    redis: Any = Redis.from_url(url)
    found: dict[str, bytes] = {}
    async for key in redis.scan_iter(count=500):
        kind = (await redis.type(key)).decode()
        match kind:
            case "string":
                parts = [await redis.get(key)]
            case "hash":
                parts = [part for pair in (await redis.hgetall(key)).items() for part in pair]
            case "set":
                parts = list(await redis.smembers(key))
            case "zset":
                parts = list(await redis.zrange(key, 0, -1))
            case "list":
                parts = list(await redis.lrange(key, 0, -1))
            case "stream":
                parts = [str(entry).encode() for entry in await redis.xrange(key)]
            case "none":  # it has gone since it was named: its time was over
                continue
            case _:
                raise AssertionError(f"Redis has a key of kind {kind}: teach this search to read it")
        found[f"redis {key.decode(errors='replace')}"] = b"\n".join([key, *(part for part in parts if part)])
    await redis.aclose()
    return found
