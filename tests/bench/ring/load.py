"""Drivers in an open loop: so many sessions a second whether anybody answers or not, in a process of their own.

    python -m tests.bench.ring.load --bootstrap 127.0.0.1:9092 --prefix "" --rate 10 --seconds 20

Each session is started, tapped, charged, stopped with the same card, ended and captured. What is measured is the time
from the moment that a fleet's record is handed to its producer until the answer is read: with the fleet's own client on
both ends, as a fleet would see it. One JSON document on standard output.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import random
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from simulator.fleet.meter import read_meter
from simulator.fleet.tariffs import CITY
from tapwatt.facts.codec import begin, encode
from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    Captured,
    CaptureFailed,
    ChargingEnded,
    SessionRequested,
    StopRequested,
    TokenMatched,
    TokenNotMatched,
)
from tapwatt.facts.fact import Fact
from tapwatt.facts.fields import Place
from tapwatt.facts.ids import fact_id
from tapwatt.facts.reasons import EndReason
from tapwatt.facts.topics import Topics
from tapwatt.money import Money

OPERATOR = "bench"
PLUGGED_S = 1.0
"""From the hold to the stop."""

GOOD = (Authorised, TokenMatched, Captured)
BAD = (AuthorisationDeclined, TokenNotMatched, CaptureFailed)
ANSWERS = frozenset(kind.name for kind in GOOD)


def _why(value: bytes) -> str:
    said = json.loads(value)
    return f"{said['reason']} {said.get('detail', '')}".rstrip()


@dataclass
class Seen:
    """What was measured: milliseconds of each leg, in the order of its sending."""

    legs: dict[str, list[float]] = field(default_factory=lambda: {"start": [], "stop": [], "capture": []})
    begun: int = 0
    ended: int = 0
    refused: dict[str, int] = field(default_factory=dict)


class Load:
    """One run of it."""

    def __init__(self, bootstrap: str, topics: Topics, run: str) -> None:
        self._topics, self._run = topics, run
        self._producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=2)
        self._consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=None, enable_auto_commit=False)
        self._waiting: dict[bytes, asyncio.Future[str]] = {}
        self._kinds = {topics.of(kind): kind.name for kind in (*GOOD, *BAD)}
        self.seen = Seen()
        self.measuring = False

    async def go(self, rate: float, warm_s: float, seconds: float, patience_s: float) -> float:
        """Warm up, measure, and wait for the last; how long the measuring took (seconds)."""
        await self._producer.start()
        await self._consumer.start()
        await self._tune_in()
        listening = asyncio.create_task(self._listen())
        tasks: set[asyncio.Task[None]] = set()
        await self._flow(rate, warm_s, tasks, "w")
        self.measuring = True
        print("measuring", flush=True)
        begun = time.monotonic()
        await self._flow(rate, seconds, tasks, "m")
        print("sent", flush=True)
        if tasks:
            await asyncio.wait(tasks, timeout=patience_s)
        took = time.monotonic() - begun
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await self._producer.stop()
        await self._consumer.stop()
        return took

    async def _flow(self, rate: float, seconds: float, tasks: set[asyncio.Task[None]], name: str) -> None:
        begun = time.monotonic()
        for number in range(round(rate * seconds)):
            pause = begun + number / rate - time.monotonic()
            if pause > 0:
                await asyncio.sleep(pause)
            task = asyncio.create_task(self._session(f"{self._run}{name}{number}"))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    async def _tune_in(self) -> None:
        partitions = []
        for topic in self._kinds:
            partitions += [TopicPartition(topic, one) for one in await self._producer.partitions_for(topic)]
        self._consumer.assign(partitions)
        await self._consumer.seek_to_end(*partitions)
        for partition in partitions:
            await self._consumer.position(partition)

    async def _listen(self) -> None:
        while True:
            for partition, records in (await self._consumer.getmany(timeout_ms=100)).items():
                kind = self._kinds[partition.topic]
                for record in records:
                    waiting = self._waiting.pop(record.key, None)
                    if waiting is not None and not waiting.done():
                        waiting.set_result(kind if kind in ANSWERS else f"{kind}: {_why(record.value)}")

    async def _session(self, name: str) -> None:
        measured = self.measuring
        self.seen.begun += measured
        place = Place(operator_id=OPERATOR, site_id="site-1", terminal_id=name, evse_id=f"NL*TAP*E{name}")
        now = datetime.now(UTC)
        asked = SessionRequested(
            session_id=name,
            place=place,
            hold=Money.of("50.00", "EUR"),
            tariff=CITY,
            time_zone="Europe/Amsterdam",
            requested_at=now,
        )
        if await self._leg("start", asked, measured) != "Authorised":
            return
        await asyncio.sleep(PLUGGED_S)
        stop = StopRequested(
            stop_id=f"stop-{name}",
            operator_id=OPERATOR,
            site_id="site-1",
            terminal_id=name,
            requested_at=datetime.now(UTC),
        )
        if await self._leg("stop", stop, measured) != "TokenMatched":
            return
        reading = read_meter(now, 12_000, 45, random.Random(name))
        ended: ChargingEnded = reading.ended(OPERATOR, name, EndReason.TOKEN_MATCHED)
        if await self._leg("capture", ended, measured) == "Captured":
            self.seen.ended += measured

    async def _leg(self, leg: str, fact: Fact, measured: bool) -> str:
        event = begin(fact, fact_id(f"bench/{fact.identity or fact.key}", fact.name), "/fleet/bench", datetime.now(UTC))
        key, value, headers = encode(event)
        heard: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting[key or b""] = heard  # a session has its terminal to itself, and both have one name
        begun = time.perf_counter()
        await self._producer.send(self._topics.of(type(fact)), key=key, value=value, headers=headers)
        answer = await heard
        if measured:
            if answer in ANSWERS:
                self.seen.legs[leg].append((time.perf_counter() - begun) * 1000)
            else:
                self.seen.refused[answer] = self.seen.refused.get(answer, 0) + 1
        return answer


def main() -> None:
    """Run it."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--bootstrap", required=True)
    given.add_argument("--prefix", default="")
    given.add_argument("--rate", type=float, required=True, help="sessions a second")
    given.add_argument("--warm", type=float, default=5.0, help="seconds that are not measured")
    given.add_argument("--seconds", type=float, default=20.0)
    given.add_argument("--patience", type=float, default=30.0, help="how long the last ones are waited for")
    given.add_argument("--run", default="r", help="what the names of its sessions begin with")
    asked = given.parse_args()
    gc.freeze()

    async def run() -> tuple[Seen, float]:
        load = Load(asked.bootstrap, Topics(asked.prefix), asked.run)
        took = await load.go(asked.rate, asked.warm, asked.seconds, asked.patience)
        return load.seen, took

    seen, took = asyncio.run(run())
    document: dict[str, Any] = {
        "rate": asked.rate,
        "begun": seen.begun,
        "ended": seen.ended,
        "refused": seen.refused,
        "seconds": round(took, 3),
        "legs_ms": seen.legs,
    }
    json.dump(document, sys.stdout)


if __name__ == "__main__":
    main()
