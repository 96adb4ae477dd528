"""How many events the tariff service handles on one core: a real process, a real Kafka and Redis, whole sessions.

    python tests/bench/bench_tariff.py [--sessions 3000] [--rounds 3] [--json]

A session is two events in (Authorised, ChargingEnded), two remembered in Redis, one priced, one event out, delivery
awaited. `plain` is a street charger's session: one element, four periods. `day` is a day of 96 quarter hours under ten
elements. The service is pinned to one core. Shown are events in per CPU-second of its process, and per second of the
clock while the broker, Redis and this program share the other cores; medians and ranges.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import statistics
import sys
import tempfile
import time
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import aiohttp
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from tests.stores import choice

from tapwatt.facts.codec import begin, encode
from tapwatt.facts.events import Authorised, ChargingEnded, SessionPriced
from tapwatt.facts.fact import Fact
from tapwatt.facts.topics import Topics
from tapwatt_cli.dev.local.processes import Child, free_ports
from tapwatt_cli.ops.declared_topics import apply, for_one_broker, read_topics

ROOT = Path(__file__).parents[2]
AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
PARTITIONS = 4
PATIENCE_S = 180.0


def tariff(elements: int) -> dict[str, Any]:
    """Hours of the day one after another, each with its own price, and a fallback."""
    hours = 24 // elements
    priced: list[dict[str, Any]] = [
        {
            "price_components": [
                {"type": "ENERGY", "price": f"0.{40 + n}", "vat": 21, "step_size": 1},
                {"type": "PARKING_TIME", "price": "3", "vat": 21, "step_size": 60},
            ],
            "restrictions": {"start_time": f"{n * hours:02d}:00", "end_time": f"{(n + 1) * hours % 24:02d}:00"},
        }
        for n in range(elements - 1)
    ]
    last = [
        {"type": "ENERGY", "price": "0.39", "vat": 21, "step_size": 1},
        {"type": "FLAT", "price": "0.50", "vat": 21},
    ]
    return {"id": "bench", "currency": "EUR", "elements": [*priced, {"price_components": last}]}


def periods(count: int, minutes: int) -> list[dict[str, Any]]:
    """So many periods, one after another; the last eighth is parked."""
    length = timedelta(minutes=minutes)
    parked = count - count // 8
    return [
        {
            "starts_at": AT + n * length,
            "ends_at": AT + (n + 1) * length,
            "energy_wh": Decimal("2750.5") if n < parked else Decimal(0),
            "activity": "charging" if n < parked else "parked",
        }
        for n in range(count)
    ]


LOADS = {"plain": (tariff(1), periods(4, 15)), "day": (tariff(10), periods(96, 15))}


def session(number: int, load: str) -> list[tuple[type, tuple[bytes, bytes, list[tuple[str, bytes]]]]]:
    """The two events of a session, as they stand on the log."""
    shown, went_on = LOADS[load]
    name = f"s{number}"
    place = {"operator_id": "o", "site_id": "s", "terminal_id": "t", "evse_id": "e"}
    hold = {"reference": f"h{number}", "amount": {"minor": 5000, "currency": "EUR"}, "authorised_at": AT}
    card = {"fingerprints": [{"kind": "card", "key_version": 1, "digest": "ab" * 32}]}
    said: list[tuple[type[Fact], Any]] = [
        (
            Authorised,
            {
                "session_id": name,
                "place": place,
                "hold": {**hold, "expires_at": AT + timedelta(days=2)},
                "card": card,
                "tariff": shown,
                "time_zone": "Europe/Amsterdam",
            },
        ),
        (
            ChargingEnded,
            {
                "session_id": name,
                "reason": "token_matched",
                "started_at": went_on[0]["starts_at"],
                "ended_at": went_on[-1]["ends_at"],
                "energy_wh": sum(p["energy_wh"] for p in went_on),
                "periods": went_on,
            },
        ),
    ]
    return [
        (fact, encode(begin(fact.model_validate(value), f"{name}-{fact.name}", "/bench", AT))) for fact, value in said
    ]


async def cpu_s(http: aiohttp.ClientSession, port: int) -> float:
    """CPU seconds that the service has used so far."""
    text = await (await http.get(f"http://127.0.0.1:{port}/metrics")).text()
    told = dict(line.split(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
    return float(told["process_cpu_seconds_total"])


async def measure(kafka: str, redis: str, load: str, sessions: int) -> dict[str, float]:
    """One service, started on empty topics, and what it needed for so many sessions."""
    prefix, port = f"b{uuid.uuid4().hex[:8]}.", free_ports(1)[0]
    topics = Topics(prefix)
    declared = {
        prefix + name: for_one_broker(one).model_copy(update={"partitions": PARTITIONS})
        for name, one in read_topics(ROOT / "deploy" / "topics.toml").items()
    }
    await apply(kafka, declared)
    env = {
        "TAPWATT_KAFKA_BOOTSTRAP": kafka,
        "TAPWATT_REDIS_URL": redis,
        "TAPWATT_REDIS_KEY_PREFIX": prefix.strip("."),
        "TAPWATT_TOPIC_PREFIX": prefix,
        "TAPWATT_WORKER_HOST": "127.0.0.1",
        "TAPWATT_WORKER_PORT": str(port),
    }
    events = [one for number in range(sessions) for one in session(number, load)]
    with tempfile.TemporaryDirectory() as folder:
        core = str(max(os.sched_getaffinity(0)))
        command = ("taskset", "-c", core, sys.executable, "-m", "tariff")
        service = Child("tariff", command, Path(folder) / "log", os.environ | env)
        await service.start()
        try:
            async with aiohttp.ClientSession() as http, asyncio.timeout(PATIENCE_S):
                while not await ready(http, port):
                    assert service.alive, service.last_words(20)
                    await asyncio.sleep(0.2)
                before, began = await cpu_s(http, port), time.perf_counter()
                await produce(kafka, topics, events)
                await heard(kafka, topics.of(SessionPriced), sessions)
                took, used = time.perf_counter() - began, await cpu_s(http, port) - before
        finally:
            await service.stop()
    return {"per_cpu_s": len(events) / used, "per_s": len(events) / took}


async def ready(http: aiohttp.ClientSession, port: int) -> bool:
    try:
        return (await http.get(f"http://127.0.0.1:{port}/readyz")).status == 200
    except aiohttp.ClientError:
        return False


async def produce(kafka: str, topics: Topics, events: list[Any]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka, linger_ms=5, max_batch_size=256 * 1024)
    await producer.start()
    sent = [
        await producer.send(topics.of(fact), value, key=key, headers=headers) for fact, (key, value, headers) in events
    ]
    await asyncio.gather(*sent)
    await producer.stop()


async def heard(kafka: str, topic: str, count: int) -> None:
    """Wait until so many events stand on the topic."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, group_id=None)
    await consumer.start()
    partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    while sum((await consumer.end_offsets(partitions)).values()) < count:
        await asyncio.sleep(0.05)
    await consumer.stop()


def main() -> int:
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it tells each try to reach a Kafka that is starting
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sessions", type=int, default=3000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--json", action="store_true")
    asked = options.parse_args()
    found: dict[str, list[dict[str, float]]] = {load: [] for load in LOADS}
    with choice.kafka(choice.chosen()) as kafka, choice.redis(choice.redis_places()[0]) as redis:
        for number in range(asked.rounds):
            for load in LOADS:
                found[load].append(asyncio.run(measure(kafka.at, redis.at, load, asked.sessions)))
                print(f"round {number + 1}: {load}: {found[load][-1]['per_cpu_s']:,.0f} events/CPU-s", file=sys.stderr)
    if asked.json:
        print(json.dumps({"sessions": asked.sessions, "rounds": found}))
        return 0
    print(f"{'':8}{'events per CPU-second':>24}{'range':>20}{'events per second':>20}{'range':>20}")
    for load, rounds in found.items():
        columns = ""
        for what, width in (("per_cpu_s", 24), ("per_s", 20)):
            rates = [one[what] for one in rounds]
            columns += f"{statistics.median(rates):{width},.0f}" + f"{min(rates):,.0f} to {max(rates):,.0f}".rjust(20)
        print(f"{load:8}{columns}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
