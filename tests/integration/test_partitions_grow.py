"""Partitions that are added to a topic at work are heard of within a minute, by everybody who reads or writes it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from tests.conftest import MakeTopics
from tests.integration.worker_process import gauges, produce, program, until
from tests.stores.choice import Store

from tapwatt.facts.events import Authorised, SessionRequested
from tapwatt.facts.topics import Topics
from tapwatt.worker.kafka import producer as producer_module
from tapwatt.worker.kafka import quarantine_reader
from tapwatt.worker.kafka.group_progress import GroupProgress
from tapwatt.worker.kafka.header_names import METADATA_MS
from tapwatt.worker.kafka.log_reader import read_log, reader
from tapwatt.worker.kafka.partitions import partitions_of
from tapwatt.worker.kafka.producer import BatchingProducer
from tapwatt.worker.quarantined_sessions import Quarantine, Quarantined
from tapwatt.worker.records import Outgoing, Partition
from tapwatt_cli.dev.local.processes import free_ports

A_MINUTE_S = 60


async def grow(bootstrap: str, topic: str, partitions: int) -> None:
    """Give the topic so many partitions, and return when each can be written to."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_partitions({topic: NewPartitions(partitions)})
    log = reader(bootstrap)
    await log.start()
    async with asyncio.timeout(20):
        while len(every := await partitions_of(admin, [topic])) < partitions:
            await asyncio.sleep(0.1)
        await log.end_offsets(every)
    await log.stop()
    await admin.close()


@pytest.mark.parametrize("instance_id", ["", "one"])
async def test_s46_a_worker_hears_and_counts_what_stands_on_added_partitions(
    instance_id: str, kafka: Store, make_topics: MakeTopics, tmp_path: Path
) -> None:
    # given a worker that is full: it handles one event at once, and that waits
    prefix = await make_topics(kafka.at)
    topic, seen, hold, port = (
        Topics(prefix).of(SessionRequested),
        tmp_path / "seen",
        tmp_path / "hold",
        free_ports(1)[0],
    )
    hold.touch()
    env = {"TAPWATT_WORKER_PORT": str(port), "TAPWATT_WORKER_IN_FLIGHT": "1", "TAPWATT_WORKER_MAX_POLL_RECORDS": "1"}
    env |= {"HOLD_ALL": "1"} | ({"TAPWATT_WORKER_INSTANCE_ID": instance_id} if instance_id else {})
    worker = program("holding_worker.py", tmp_path / "log", kafka.at, prefix, "tariff", seen, hold, env=env)
    await produce(kafka.at, topic, range(1))
    await worker.start()
    # when an operator raises the count of its partitions, and events stand there before the worker knows of them
    await asyncio.sleep(5)
    await grow(kafka.at, topic, 3)
    for partition in (1, 2):
        await produce(kafka.at, topic, range(partition * 10, partition * 10 + 5), partition)
    # then lag counts them within a minute
    async with asyncio.timeout(A_MINUTE_S):
        while (await gauges(port)).get("tapwatt_records_not_fetched", 0) < 10:
            await asyncio.sleep(0.5)
    # and they are all handled
    hold.unlink()
    assert len(set(await until(seen, 11, child=worker))) == 11
    await worker.stop()


async def test_s46_whoever_asks_how_far_a_group_has_come_and_whoever_rebuilds_counts_added_partitions_at_once(
    kafka: Store, make_topics: MakeTopics
) -> None:
    prefix = await make_topics(kafka.at)
    topic = Topics(prefix).of(SessionRequested)
    progress = GroupProgress(kafka.at, f"{prefix}tariff", [topic])
    await progress.open()
    assert await progress.ends() == {}
    await grow(kafka.at, topic, 3)
    await produce(kafka.at, topic, range(7), partition=2)
    async with asyncio.timeout(5):
        assert await progress.ends() == {Partition(topic, 2): 7}
        assert len([record async for record in read_log(kafka.at, [topic])]) == 7
    await progress.close()


async def test_s46_a_quarantine_on_an_added_partition_is_known(
    kafka: Store, make_topics: MakeTopics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine_reader, "LOOK_AGAIN_S", 1.0)
    prefix = await make_topics(kafka.at)
    quarantine = Quarantine(Topics(prefix).quarantine("tariff"))
    following = asyncio.create_task(quarantine_reader.follow(kafka.at, quarantine))
    await quarantine.known()
    # when a quarantine is said on a partition that was not there when it began
    await grow(kafka.at, quarantine.topic, 3)
    producer = AIOKafkaProducer(bootstrap_servers=kafka.at)
    await producer.start()
    with Quarantine(quarantine.topic).deciding(b"1", Quarantined("why", "where", "then")) as says:
        await producer.send_and_wait(says.topic, says.value, says.key, 2)
    await producer.stop()
    # then it is known
    async with asyncio.timeout(20):
        while quarantine.of(b"1") is None:
            assert not following.done()
            await asyncio.sleep(0.1)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


async def test_s46_a_running_producer_puts_a_key_where_every_other_producer_puts_it_once_its_topic_has_grown(
    kafka: Store, make_topics: MakeTopics, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a producer as a worker has it, but asking more often, so that this test is not a minute long
    assert METADATA_MS / 1000 + producer_module.KNOWN_FOR_S < A_MINUTE_S
    monkeypatch.setattr(producer_module, "KNOWN_FOR_S", 0.2)
    prefix = await make_topics(kafka.at)
    topic = Topics(prefix).of(Authorised)
    settings = {"bootstrap_servers": kafka.at, "acks": "all", "enable_idempotence": True}
    running = AIOKafkaProducer(**settings, metadata_max_age_ms=1000)
    await running.start()
    sends = BatchingProducer(running, 10, lambda error: None, asyncio.create_task)
    keys = [b"%d" % number for number in range(40)]

    async def placed(value: bytes) -> dict[bytes, int]:
        return {one.key: one.partition async for one in read_log(kafka.at, [topic]) if one.value == value}

    await sends.produce([Outgoing(topic, key, b"before", ()) for key in keys])
    assert set((await placed(b"before")).values()) == {0}
    # when its topic is given more partitions
    await grow(kafka.at, topic, 4)
    await asyncio.sleep(3)
    await sends.produce([Outgoing(topic, key, b"after", ()) for key in keys])
    # then a key is where one that has just started puts it
    fresh = AIOKafkaProducer(**settings)
    await fresh.start()
    for key in keys:
        await fresh.send_and_wait(topic, b"fresh", key)
    assert await placed(b"after") == await placed(b"fresh")
    assert set((await placed(b"after")).values()) == {0, 1, 2, 3}
    await fresh.stop()
    await running.stop()
