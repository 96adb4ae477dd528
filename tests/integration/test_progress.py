"""How far a group has come, told by a real Kafka: behind, caught up, and with nothing on the topic."""

import asyncio
import contextlib

from aiokafka import AIOKafkaConsumer, TopicPartition
from tests.conftest import MakeTopics
from tests.integration.worker_process import produce
from tests.stores.choice import Store

from tapwatt.errors import Unavailable
from tapwatt.facts.events import Authorised, SessionRequested
from tapwatt.facts.topics import Topics
from tapwatt.worker.kafka.group_progress import GroupProgress
from tapwatt.worker.kafka.log_reader import read_log


async def test_s21_a_group_is_behind_until_it_has_committed_what_stood_there(
    kafka: Store, make_topics: MakeTopics
) -> None:
    prefix = await make_topics(kafka.at, partitions=2)
    topic = Topics(prefix).of(SessionRequested)
    progress = GroupProgress(kafka.at, f"{prefix}group", [topic])
    await progress.open()
    # given nothing on the topic: there is nothing to wait for
    assert await progress.ends() == {}
    assert await progress.reached({})
    # when events stand there and nobody has handled them
    await produce(kafka.at, topic, range(20))
    ends = await progress.ends()
    assert sum(ends.values()) == 20
    async with asyncio.timeout(20):
        while True:
            with contextlib.suppress(Unavailable):  # a broker's first group has no coordinator for a moment
                assert not await progress.reached(ends)
                break
            await asyncio.sleep(0.2)
    # and when one partition is handled, and then both
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.at, group_id=f"{prefix}group")
    await consumer.start()
    for partition, end in list(ends.items()):
        assert not await progress.reached(ends)
        consumer.assign([TopicPartition(*partition)])
        await consumer.commit({TopicPartition(*partition): end})
    assert await progress.reached(ends)
    await consumer.stop()
    await progress.close()


async def test_the_log_is_read_to_where_it_ended_and_no_further(kafka: Store, make_topics: MakeTopics) -> None:
    prefix = await make_topics(kafka.at, partitions=3)
    topics = Topics(prefix)
    await produce(kafka.at, topics.of(SessionRequested), range(50))
    read = []
    async for record in read_log(kafka.at, [topics.of(SessionRequested), topics.of(Authorised)]):
        if not read:
            # what comes after the first record was asked for is not waited for
            await produce(kafka.at, topics.of(SessionRequested), range(100, 110))
        read.append((record.key or b"").decode())
    assert sorted(read, key=int) == [str(n) for n in range(50)]
