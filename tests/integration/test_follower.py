"""Topics are followed on a real Kafka: nothing twice, added partitions too, a topic made anew from its start."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from tests.conftest import MakeTopics
from tests.integration.test_partitions_grow import grow
from tests.integration.worker_process import produce
from tests.stores.choice import Store

from tapwatt.clock import SystemClock
from tapwatt.facts.events import SessionRequested
from tapwatt.facts.topics import Topics
from tapwatt.worker.records import Incoming
from tapwatt_watch.kafka import follower as follower_module
from tapwatt_watch.kafka.follower import Begin, Follower, from_the_beginning, since


class Reader:
    """What was heard of one topic, and how often it was begun anew."""

    def __init__(self, bootstrap: str, topic: str, begin: Begin = from_the_beginning) -> None:
        self.keys: list[str] = []
        self.anew = 0
        self.follower = Follower(bootstrap, [topic], begin, self._hear, clock=SystemClock(), anew=self._anew)

    def _hear(self, record: Incoming) -> None:
        self.keys.append((record.key or b"").decode())

    def _anew(self) -> None:
        self.anew += 1
        self.keys.clear()

    def known(self) -> bool:
        return self.follower.freshness.known(SystemClock().monotonic())

    async def until(self, so: Callable[[], Any]) -> None:
        async with asyncio.timeout(30):
            while not so():
                await asyncio.sleep(0.05)


@asynccontextmanager
async def following(reader: Reader) -> AsyncIterator[Reader]:
    task = asyncio.ensure_future(reader.follower.follow())
    try:
        yield reader
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_it_reads_on_without_a_record_twice_over_partitions_that_are_added(
    kafka: Store, make_topics: MakeTopics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower_module, "LOOK_AGAIN_S", 1.0)
    topic = Topics(await make_topics(kafka.at)).of(SessionRequested)
    await produce(kafka.at, topic, range(5))
    async with following(Reader(kafka.at, topic)) as reader:
        await reader.until(reader.known)
        assert sorted(reader.keys) == ["0", "1", "2", "3", "4"]
        await grow(kafka.at, topic, 2)
        await produce(kafka.at, topic, range(5, 8), partition=1)
        await produce(kafka.at, topic, range(8, 10), partition=0)
        await reader.until(lambda: len(reader.keys) >= 10)
        await reader.until(reader.known)
    assert sorted(map(int, reader.keys)) == list(range(10))
    assert reader.anew == 0


async def test_it_begins_at_a_moment_and_with_what_comes_where_nothing_came_since(
    kafka: Store, make_topics: MakeTopics
) -> None:
    topic = Topics(await make_topics(kafka.at)).of(SessionRequested)
    await produce(kafka.at, topic, range(3))
    await asyncio.sleep(1.1)
    then = datetime.now(UTC) - timedelta(seconds=0.5)
    async with following(Reader(kafka.at, topic, since(lambda: {topic: then}))) as reader:
        await reader.until(reader.known)
        await produce(kafka.at, topic, range(3, 5))
        await reader.until(lambda: reader.keys == ["3", "4"])
    async with following(Reader(kafka.at, topic, since(lambda: {topic: then}))) as reader:
        await reader.until(reader.known)
        assert reader.keys == ["3", "4"]


async def test_a_topic_that_is_made_anew_is_read_anew(kafka: Store, topic_prefix: str) -> None:
    topic = f"{topic_prefix}anew"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.at)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, 1, 1)])
        await produce(kafka.at, topic, range(5))
        async with following(Reader(kafka.at, topic)) as reader:
            await reader.until(lambda: len(reader.keys) == 5)
            await admin.delete_topics([topic])
            async with asyncio.timeout(20):
                while (await admin.create_topics([NewTopic(topic, 1, 1)])).topic_errors[0][1]:
                    await asyncio.sleep(0.2)
            await produce(kafka.at, topic, range(7, 9))
            await reader.until(lambda: reader.keys == ["7", "8"])
            assert reader.anew == 1
            await reader.until(reader.known)
    finally:
        await admin.close()
