"""The declared topics on a real broker: made once, ready when told so, and what differs is told in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from tapwatt_cli.dev.local.kafka import EmbeddedKafka
from tapwatt_cli.ops.declared_topics import Declared, TopicsError, apply, for_one_broker, read_topics

pytestmark = pytest.mark.kafka

DECLARED = Path(__file__).parents[2] / "deploy" / "topics.toml"


async def test_topics_are_made_once_and_told_where_they_differ(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    declared = {name: for_one_broker(topic) for name, topic in read_topics(DECLARED).items()}
    async with EmbeddedKafka(tmp_path / "kafka") as kafka:
        # given nothing; when it only looks, nothing is made
        looked = await apply(kafka.bootstrap, declared, only_check=True)
        assert (looked.made, len(looked.differs)) == ([], len(declared))
        # when the topics of the ring are made
        first = await apply(kafka.bootstrap, declared)
        # then every partition takes an event at once: no try again for want of a leader
        await _one_event_each(kafka.bootstrap, declared)
        assert not [record for record in caplog.records if "NotLeader" in record.getMessage()]
        assert (sorted(first.made), first.there, first.differs) == (sorted(declared), [], [])
        # and a second time changes nothing
        again = await apply(kafka.bootstrap, declared)
        assert (again.made, again.there, again.differs) == ([], sorted(declared), [])
        # and another declaration is told, not obeyed
        name = "tapwatt.authorised.v1"
        other = {name: Declared(partitions=24, replication=1, config={"retention.ms": "5"})}
        assert (await apply(kafka.bootstrap, other)).differs == [
            f"topic {name} has 12 partitions and 24 are declared, but keys would move; it is left as it is",
            f"topic {name} has retention.ms = 7776000000 and 5 is declared; it is left as it is",
        ]
        # and what the broker refuses is one sentence
        with pytest.raises(TopicsError, match=r"Kafka refused topic two-copies\.v1: .*replication"):
            await apply(kafka.bootstrap, {"two-copies.v1": Declared(partitions=1, replication=2)})


async def _one_event_each(bootstrap: str, declared: dict[str, Declared]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        partitions = [TopicPartition(name, n) for name, topic in declared.items() for n in range(topic.partitions)]
        for one in partitions:
            await producer.send(one.topic, b"x", partition=one.partition)
        await producer.flush()
    finally:
        await producer.stop()
