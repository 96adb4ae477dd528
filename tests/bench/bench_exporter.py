"""How long the exporter takes to know 100,000 open sessions, how much memory it has then, and how long a scrape takes.

    python tests/bench/bench_exporter.py [--open 100000] [--settled 100000] [--json]

A real Kafka and a real process, which is pinned to one core. Beside the sessions that are open stand some that were
settled, of which no more than the name is kept.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import aiohttp
from tests.integration.exporter_process import put
from tests.stores import choice
from tests.unit.watch import said

from tapwatt.facts.codec import begin, encode
from tapwatt.facts.fact import Fact
from tapwatt.facts.topics import Topics
from tapwatt.worker.records import Outgoing
from tapwatt_cli.dev.local.processes import Child, free_ports
from tapwatt_cli.ops.declared_topics import with_topics

AT_ONCE = 5_000


async def say(bootstrap: str, topics: Topics, facts: list[Fact]) -> None:
    """Put them on the log, a few thousand at once."""
    for first in range(0, len(facts), AT_ONCE):
        some = facts[first : first + AT_ONCE]
        events = [(fact, begin(fact, str(uuid.uuid4()), "/tapwatt/bench", said.NOON)) for fact in some]
        await put(bootstrap, [Outgoing(topics.of(type(fact)), *encode(event)) for fact, event in events])


async def measured(bootstrap: str, prefix: str, folder: Path) -> dict[str, float]:
    """Start the exporter, wait until it knows everything, and scrape it."""
    [port] = free_ports(1)
    env = {"TAPWATT_KAFKA_BOOTSTRAP": bootstrap, "TAPWATT_TOPIC_PREFIX": prefix, "TAPWATT_EXPORTER_PORT": str(port)}
    child = Child("exporter", [sys.executable, "-m", "tapwatt_watch"], folder / "exporter.log", env)
    began = time.monotonic()
    await child.start()
    assert child.pid is not None
    os.sched_setaffinity(child.pid, {0})
    found: dict[str, float] = {}
    try:
        async with aiohttp.ClientSession() as http:
            async with asyncio.timeout(900):
                while not await _ready(http, port):
                    await asyncio.sleep(0.1)
            found["seconds until it knows everything"] = round(time.monotonic() - began, 1)
            scrapes = []
            for _ in range(5):
                at = time.monotonic()
                text = await (await http.get(f"http://127.0.0.1:{port}/metrics")).text()
                scrapes.append(time.monotonic() - at)
            found["seconds a scrape"] = round(statistics.median(scrapes), 2)
            told = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
            found["MiB resident"] = round(float(told["process_resident_memory_bytes"]) / 2**20)
            found["CPU seconds"] = round(float(told["process_cpu_seconds_total"]), 1)
            states = [value for name, value in told.items() if name.startswith("tapwatt_sessions_unsettled{")]
            found["open sessions"] = sum(map(float, states))
            found["series"] = len(told)
    finally:
        await child.stop()
    return found


async def _ready(http: aiohttp.ClientSession, port: int) -> bool:
    try:
        async with http.get(f"http://127.0.0.1:{port}/readyz") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


def sessions(still_open: int, settled: int) -> list[Fact]:
    """Sessions at 500 sites of five operators: half of the open ones charge, the others ended or are priced."""
    facts: list[Fact] = []
    for number in range(still_open + settled):
        operator, name = f"operator-{number % 5}", f"session-{number:08}"
        facts.append(said.authorised(name, operator, f"site-{number % 500}"))
        if number >= still_open:
            facts += [said.ended(name, operator), said.priced(name, operator), said.captured(name, operator)]
        elif number % 2:
            facts.append(said.ended(name, operator))
        if number < still_open and number % 4 == 3:
            facts.append(said.priced(name, operator))
    return facts


async def bench(arguments: argparse.Namespace, kafka: choice.Store, folder: Path) -> dict[str, float]:
    """The whole of it."""
    prefix = f"b{uuid.uuid4().hex[:8]}."
    await with_topics(kafka.at, prefix=prefix)
    await say(kafka.at, Topics(prefix), sessions(arguments.open, arguments.settled))
    return await measured(kafka.at, prefix, folder)


def main() -> None:
    """Measure, and print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--open", type=int, default=100_000, help="open sessions")
    parser.add_argument("--settled", type=int, default=100_000, help="settled sessions beside them")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, choice.kafka(choice.chosen()) as kafka:
        found = asyncio.run(bench(arguments, kafka, Path(folder)))
    if arguments.json:
        print(json.dumps(found, indent=2))
        return
    for what, value in found.items():
        print(f"{what:<36}{value:>12,}")


if __name__ == "__main__":
    main()
