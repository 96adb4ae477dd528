"""The batching producer on a real Kafka: many at once arrive in order; what never fits is told, and no broker."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaProducer
from tests.conftest import MakeTopics
from tests.stores.choice import Store

from tapwatt.errors import BrokenInvariant, Unavailable
from tapwatt.worker.kafka.log_reader import read_log
from tapwatt.worker.kafka.producer import LARGEST_VALUE, BatchingProducer
from tapwatt.worker.records import Outgoing
from tapwatt_cli.dev.local.kafka import EmbeddedKafka


def unexpected(error: BaseException) -> None:
    raise AssertionError(f"the producer cannot go on: {error!r}")


async def started(bootstrap: str) -> AIOKafkaProducer:
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, max_request_size=2 * LARGEST_VALUE
    )
    await producer.start()
    return producer


@pytest.fixture
async def producer(kafka: Store) -> AsyncIterator[AIOKafkaProducer]:
    producer = await started(kafka.at)
    yield producer
    await producer.stop()


async def test_thousands_of_deliveries_at_once_all_arrive_in_the_order_of_their_key(
    kafka: Store, make_topics: MakeTopics, producer: AIOKafkaProducer
) -> None:
    prefix = await make_topics(kafka.at, partitions=3, extra=("sent",))
    producer_of = BatchingProducer(producer, 20, unexpected, asyncio.create_task)
    # given 6,000 deliveries of 50 keys, each awaited by somebody
    sent = [
        producer_of.produce([Outgoing(f"{prefix}sent", b"%d" % (n % 50), b"%d" % n, [("n", b"%d" % n)])])
        for n in range(6000)
    ]
    await asyncio.gather(*sent)
    # then all of them stand on the log, each key's in order
    by_key: dict[bytes, list[int]] = {}
    async for record in read_log(kafka.at, [f"{prefix}sent"]):
        assert record.key is not None
        assert record.value is not None
        assert dict(record.headers)["n"] == record.value
        by_key.setdefault(record.key, []).append(int(record.value))
    assert sorted(number for numbers in by_key.values() for number in numbers) == list(range(6000))
    assert all(numbers == sorted(numbers) for numbers in by_key.values())


async def test_one_delivery_to_several_topics_is_done_when_all_of_it_stands_there(
    kafka: Store, make_topics: MakeTopics, producer: AIOKafkaProducer
) -> None:
    prefix = await make_topics(kafka.at, partitions=3, extra=("a", "b"))
    topics = [f"{prefix}a", f"{prefix}b"]
    await BatchingProducer(producer, 20, unexpected, asyncio.create_task).produce(
        [Outgoing(topic, b"k", b"v", ()) for topic in topics]
    )
    assert [record.topic async for record in read_log(kafka.at, topics)] in (topics, topics[::-1])


async def test_what_is_larger_than_any_topic_takes_is_never_sent(
    kafka: Store, make_topics: MakeTopics, producer: AIOKafkaProducer
) -> None:
    prefix = await make_topics(kafka.at, extra=("small",))
    producer_of = BatchingProducer(producer, 20, unexpected, asyncio.create_task)
    with pytest.raises(BrokenInvariant, match="are more than"):
        await producer_of.produce([Outgoing(f"{prefix}small", b"k", b"x" * (LARGEST_VALUE + 1), ())])
    await producer_of.produce([Outgoing(f"{prefix}small", b"k", b"a", ())])
    assert [record.value async for record in read_log(kafka.at, [f"{prefix}small"])] == [b"a"]


async def test_what_kafka_refuses_for_good_ends_the_worker_since_its_producer_cannot_go_on(
    kafka: Store, make_topics: MakeTopics, producer: AIOKafkaProducer
) -> None:
    # given a topic that takes at most 1280 KiB
    prefix = await make_topics(kafka.at, extra=("small",))
    topic = f"{prefix}small"
    refused: list[BaseException] = []
    producer_of = BatchingProducer(producer, 20, refused.append, asyncio.create_task)
    await producer_of.produce([Outgoing(topic, b"k", b"before", ())])
    # when a record is larger than that
    with pytest.raises(Unavailable, match="MessageSizeTooLarge"):
        await producer_of.produce([Outgoing(topic, b"k", b"x" * 1_400_000, ())])
    # then the worker hears of it, and is right to end: what this producer sends there now is refused, too
    assert len(refused) == 1
    with pytest.raises(Unavailable, match="OutOfOrderSequence"):
        await producer_of.produce([Outgoing(topic, b"k", b"a", ())])
    # and a new producer goes on
    again = await started(kafka.at)
    await BatchingProducer(again, 20, unexpected, asyncio.create_task).produce([Outgoing(topic, b"k", b"a", ())])
    await again.stop()
    assert [record.value async for record in read_log(kafka.at, [topic])] == [b"before", b"a"]


async def test_s33_a_broker_that_is_away_makes_the_outcome_unknown_and_later_the_same_arrives(
    own_kafka: EmbeddedKafka, make_topics: MakeTopics
) -> None:
    prefix = await make_topics(own_kafka.bootstrap, extra=("sent",))
    await asyncio.sleep(2)
    producer = await started(own_kafka.bootstrap)
    producer_of = BatchingProducer(producer, 1.5, unexpected, asyncio.create_task)
    record = Outgoing(f"{prefix}sent", b"k", b"v", ())
    await producer_of.produce([record])
    await own_kafka.kill()
    with pytest.raises(Unavailable, match="did not confirm"):
        await producer_of.produce([record])
    await own_kafka.restart()
    async with asyncio.timeout(60):
        while True:
            try:
                await producer_of.produce([record])
                break
            except Unavailable:
                await asyncio.sleep(0.5)
    await producer.stop()
    # then it stands there once for each time it was confirmed, and perhaps for the time nobody knows of
    values = [r.value async for r in read_log(own_kafka.bootstrap, [f"{prefix}sent"])]
    assert set(values) == {b"v"}
    assert 2 <= len(values) <= 4
