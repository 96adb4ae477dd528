"""Lag is asked of a real Kafka from outside: in records and seconds, by what stands there and what was committed."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from tests.conftest import MakeTopics
from tests.integration.test_partitions_grow import grow
from tests.integration.transactions import requests, transaction
from tests.integration.worker_process import produce
from tests.stores.choice import Store

from tapwatt.clock import SystemClock
from tapwatt.errors import Unavailable
from tapwatt.facts.events import Captured, SessionRequested
from tapwatt.facts.topics import Topics
from tapwatt.worker.records import Partition
from tapwatt_cli.dev.local.kafka import EmbeddedKafka
from tapwatt_watch.kafka import groups as groups_module
from tapwatt_watch.kafka.groups import Groups
from tapwatt_watch.lag import PartitionLag


async def commit(bootstrap: str, group: str, topic: str, offset: int) -> None:
    """A member of the group has come so far, and left."""
    log = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False)
    await log.start()
    await log.commit({TopicPartition(topic, 0): offset})
    await log.stop()


@asynccontextmanager
async def asked(bootstrap: str, prefix: str) -> AsyncIterator[Groups]:
    async with Groups(bootstrap, Topics(prefix), SystemClock()).opened() as groups:
        yield groups


async def lag(groups: Groups, group: str, topic: str, partition: int = 0) -> PartitionLag:
    told = await groups.ask()
    [one] = [one for one in told.lags if (one.group, one.partition) == (group, Partition(topic, partition))]
    return one


async def test_a_group_that_stands_still_is_behind_by_records_and_by_the_age_of_the_oldest(
    kafka: Store, make_topics: MakeTopics
) -> None:
    prefix = await make_topics(kafka.at)
    group, topic = f"{prefix}authoriser", Topics(prefix).of(SessionRequested)
    async with asked(kafka.at, prefix) as groups:
        # given nothing: nobody is behind, and nobody is there
        told = await groups.ask()
        assert {(one.records, one.seconds) for one in told.lags} == {(0, 0)}
        assert set(told.members.values()) == {0}
        # when events stand there of which nothing was ever committed
        began = time.time()
        await produce(kafka.at, topic, range(5))
        # then all of them count, and the age of the first
        await asyncio.sleep(2)
        one = await lag(groups, group, topic)
        assert one.records == 5
        assert one.seconds is not None
        assert 2 <= one.seconds <= time.time() - began
        # and once some are committed, the others, and the age of the first of those
        await asyncio.sleep(1)
        await produce(kafka.at, topic, range(5, 7))
        produced = time.time()
        await commit(kafka.at, group, topic, 5)
        one = await lag(groups, group, topic)
        assert one.records == 2
        assert one.seconds is not None
        assert one.seconds <= time.time() - produced + 1
        # while another group that reads nothing of it is not asked about it
        assert not [one for one in (await groups.ask()).lags if one.group == f"{prefix}tariff" and one.records]
        # and nobody is behind who has committed everything
        await commit(kafka.at, group, topic, 7)
        assert await lag(groups, group, topic) == PartitionLag(group, Partition(topic, 0), 0, 0)


async def test_members_are_told_and_two_groups_at_two_places_of_a_topic_each_have_their_own_age(
    kafka: Store, make_topics: MakeTopics
) -> None:
    prefix = await make_topics(kafka.at)
    topics = Topics(prefix)
    topic = topics.of(Captured)
    await produce(kafka.at, topic, range(3))
    await asyncio.sleep(2)
    await produce(kafka.at, topic, range(3, 5))
    await commit(kafka.at, f"{prefix}token-matcher", topic, 3)
    member = AIOKafkaConsumer(topics.of(SessionRequested), bootstrap_servers=kafka.at, group_id=f"{prefix}authoriser")
    await member.start()
    try:
        async with asked(kafka.at, prefix) as groups:
            first = await lag(groups, f"{prefix}authoriser", topic)
            second = await lag(groups, f"{prefix}token-matcher", topic)
            assert (first.records, second.records) == (5, 2)
            assert first.seconds is not None
            assert second.seconds is not None
            assert first.seconds - second.seconds >= 1.5
            async with asyncio.timeout(20):
                while (await groups.ask()).members[f"{prefix}authoriser"] != 1:
                    await asyncio.sleep(0.2)
    finally:
        await member.stop()


async def test_the_end_of_a_transaction_is_no_lag_and_an_added_partition_is(
    kafka: Store, make_topics: MakeTopics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups_module, "LOOK_AGAIN_S", 0)
    prefix = await make_topics(kafka.at)
    group, topic = f"{prefix}authoriser", Topics(prefix).of(SessionRequested)
    await transaction(kafka.at, f"{prefix}a", requests(topic, range(2)), "aborted", partition=0)
    async with asked(kafka.at, prefix) as groups:
        async with asyncio.timeout(10):
            # the broker writes the marker a moment after it was asked to
            while (await lag(groups, group, topic)).records != 0:
                await asyncio.sleep(0.2)
        await grow(kafka.at, topic, 2)
        await produce(kafka.at, topic, range(3), partition=1)
        assert (await lag(groups, group, topic, 1)).records == 3


async def test_a_broker_that_does_not_answer_is_said_and_not_waited_for(
    own_kafka: EmbeddedKafka, make_topics: MakeTopics
) -> None:
    prefix = await make_topics(own_kafka.bootstrap)
    pid = own_kafka._child.pid
    async with asked(own_kafka.bootstrap, prefix) as groups:
        await groups.ask()
        os.kill(pid, signal.SIGSTOP)
        try:
            began = time.monotonic()
            with pytest.raises(Unavailable, match=r"does not answer within 5 s"):
                await groups.ask()
            with pytest.raises(Unavailable, match=r"does not answer within 5 s"):
                async with asked(own_kafka.bootstrap, prefix):
                    pass
            assert time.monotonic() - began < 16
        finally:
            os.kill(pid, signal.SIGCONT)
        # and it is asked again once it does
        async with asyncio.timeout(40):
            while True:
                try:
                    assert (await groups.ask()).members
                    break
                except Unavailable:
                    await asyncio.sleep(0.5)
