"""One record in a hundred is poison: each is dead-lettered with its reason, and no partition stands still for it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError
from tests.conftest import MakeTopics
from tests.integration.test_worker_takes_any_record import dlq, good, odd_and_bad
from tests.integration.worker_process import program
from tests.stores.choice import Store

from tapwatt.facts.events import SessionRequested
from tapwatt.facts.topics import Topics
from tapwatt.worker.kafka.header_names import append, batch_for
from tapwatt.worker.records import Outgoing

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]

A_SECOND = 150
"""So many records come."""
POISON_OF = 100
STALLS_S = 1.0
LARGEST = 1_200_000
"""Bytes: as large as a topic of ours takes, with what is round it."""


def at_the_limit(topic: str) -> Outgoing:
    """As large a record as Kafka takes; larger than any fact."""
    record = good(topic, 9)
    return record._replace(value=(record.value or b"") + b" " * (LARGEST - len(record.value or b"")))


async def flow(bootstrap: str, records: Sequence[Outgoing], since: float) -> None:
    """So many a second, one by one, to one partition."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, max_request_size=2**22)
    await producer.start()
    sent = []
    for number, record in enumerate(records):
        await asyncio.sleep(max(since + number / A_SECOND - time.monotonic(), 0))
        batch = batch_for(producer, record)
        assert append(batch, record)
        sent.append(await producer.send_batch(batch, record.topic, partition=0))
    await asyncio.gather(*sent)
    await producer.stop()


async def stall(seen: Path, many: int, since: float) -> float:
    """The longest time (seconds) in which nothing was handled, until so many were; each comes in its own time."""
    longest, last, known = 0.0, since, 0
    while known < many:
        await asyncio.sleep(0.01)
        lines = seen.read_bytes().count(b"\n") if seen.exists() else 0
        now = time.monotonic()
        if lines > known:
            longest, last, known = max(longest, now - last), now, lines
        assert now - last < 60, f"{known} of {many} handled, and nothing for a minute"
    return longest


async def test_s25_poison_in_a_hundred_keeps_no_partition_for_longer_than_a_second(
    kafka: Store, make_topics: MakeTopics, tmp_path: Path
) -> None:
    prefix = await make_topics(kafka.at)
    topic, seen = Topics(prefix).of(SessionRequested), tmp_path / "seen"
    worker = program("holding_worker.py", tmp_path / "log", kafka.at, prefix, "tariff", seen, tmp_path / "none")
    await worker.start()
    try:
        await flow(kafka.at, [good(topic, 0)], time.monotonic())
        await stall(seen, 1, time.monotonic())
        # given how long this machine itself lets a worker stand, with nothing but good records
        clean = [good(topic, number) for number in range(1, 600)]
        begun = time.monotonic()
        _, by_itself = await asyncio.gather(flow(kafka.at, clean, begun), stall(seen, 600, begun))
        # when every kind of poison comes among them, one in a hundred
        poison = [*odd_and_bad(topic), at_the_limit(topic)]
        mixed: list[Outgoing] = []
        for number, bad in enumerate(poison):
            mixed += [good(topic, 600 + number * (POISON_OF - 1) + one) for one in range(POISON_OF - 1)]
            mixed.append(bad)
        good_ones = 600 + len(poison) * (POISON_OF - 1)
        begun = time.monotonic()
        _, longest = await asyncio.gather(flow(kafka.at, mixed, begun), stall(seen, good_ones, begun))
        # then the partition stood no longer than a second for it
        assert longest - by_itself < STALLS_S, f"{longest:.2f} s, by itself {by_itself:.2f} s"
        # and each of it is a dead letter with its reason
        letters = []
        async with asyncio.timeout(60):
            while len(letters) < len(poison):
                letters = json.loads(await dlq(kafka.at, prefix, "dlq", "list", "--json"))["letters"]
        assert len(letters) == len(poison)
        assert all(letter["reason"] for letter in letters)
    finally:
        await worker.stop()
    print(f"stood for {longest:.2f} s at the longest, {by_itself:.2f} s without poison")


async def test_s25_a_fleet_that_says_ten_megabytes_is_told_so_and_nothing_comes_to_the_log(
    kafka: Store, make_topics: MakeTopics
) -> None:
    prefix = await make_topics(kafka.at)
    topic = Topics(prefix).of(SessionRequested)
    # as its client is by default, and when it is told to let it through: then the broker refuses
    for largest in (2**20, 2**24):
        producer = AIOKafkaProducer(bootstrap_servers=kafka.at, max_request_size=largest)
        await producer.start()
        with pytest.raises(MessageSizeTooLargeError):
            await producer.send_and_wait(topic, b" " * 10_000_000, partition=0)
        await producer.stop()
