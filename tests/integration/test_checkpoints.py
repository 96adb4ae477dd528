"""Redis comes back: what may have been lost is read from Kafka, no more than that, and nothing of it is left out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from tests.conftest import MakeTopics
from tests.integration.test_worker_takes_any_record import good, odd_and_bad, put
from tests.integration.worker_process import produce, program, until
from tests.stores.choice import Store, redis_places

from tapwatt.clock import SystemClock
from tapwatt.facts.codec import Event
from tapwatt.facts.events import Authorised, SessionRequested
from tapwatt.facts.topics import Topics
from tapwatt.log import quiet
from tapwatt.metrics.of_a_worker import OF_A_WORKER
from tapwatt.metrics.registry import Metrics
from tapwatt.state.view import Generation
from tapwatt.wiring.process import Runtime
from tapwatt.wiring.sessions import RememberedSessions
from tapwatt.worker.kafka.checkpoints import AT, CLUSTER, AnotherLog, Checkpoints
from tapwatt.worker.kafka.log_reader import read_log
from tapwatt_cli.dev.local.redis_server import EmbeddedRedis

pytestmark = pytest.mark.kafka
HANDLING = timedelta(minutes=30)


async def noted_by(checkpoints: Checkpoints) -> dict[str, str]:
    """What is noted first."""
    noted: asyncio.Queue[Mapping[str, str]] = asyncio.Queue()
    noting = asyncio.create_task(checkpoints.keep_noting(noted.put, every_s=0.2))
    async with asyncio.timeout(20):
        found = dict(await noted.get())
    noting.cancel()
    await asyncio.gather(noting, return_exceptions=True)
    return found


async def committed(bootstrap: str, group: str, offsets: dict[TopicPartition, int]) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False)
    await consumer.start()
    consumer.assign(list(offsets))
    await consumer.commit(offsets)
    await consumer.stop()


async def say(bootstrap: str, topic: str, minutes_ago: list[float]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    for ago in minutes_ago:
        at = int((datetime.now(UTC) - timedelta(minutes=ago)).timestamp() * 1000)
        await producer.send_and_wait(topic, f"{ago}".encode(), partition=0, timestamp_ms=at)
    await producer.stop()


async def test_s21_only_what_may_have_been_lost_is_read_again_and_all_of_it(
    kafka: Store, make_topics: MakeTopics
) -> None:
    prefix = await make_topics(kafka.at, partitions=2)
    topics = Topics(prefix)
    heard, said = topics.of(SessionRequested), topics.of(Authorised)
    (retry, *_) = sorted(topics.retries("authoriser"))
    # given a group that has handled 7 of 10 that it heard, and 1 of 3 that waited for their next try
    await say(kafka.at, heard, [1.0] * 10)
    await say(kafka.at, retry, [1.0] * 3)
    await committed(kafka.at, f"{prefix}authoriser", {TopicPartition(heard, 0): 7, TopicPartition(retry, 0): 1})
    # and that has said something in the morning, something within the time of one handling, and something just now
    await say(kafka.at, said, [300, 200, 100, 35, 20, 0])
    checkpoints = Checkpoints(kafka.at, f"{prefix}authoriser", [retry, heard], [said], HANDLING, SystemClock(), quiet())
    # when that is noted, and Redis comes back
    noted = await noted_by(checkpoints)
    offsets = await checkpoints.offsets(noted)
    read = [record async for record in read_log(kafka.at, [retry, heard, said], since=offsets)]
    # then what was not done is read, and what was said so lately that it may have been remembered since
    assert [record.topic for record in read] == [retry] * 2 + [heard] * 3 + [said] * 3
    assert [record.offset for record in read] == [1, 2, 7, 8, 9, 3, 4, 5]
    # and a partition of which nothing was ever committed is read from its beginning
    await produce(kafka.at, heard, range(20))
    assert any(record.partition == 1 for record in [one async for one in read_log(kafka.at, [heard], since=offsets)])


async def test_s21_what_does_not_fit_the_log_is_not_gone_on_with(kafka: Store, make_topics: MakeTopics) -> None:
    prefix = await make_topics(kafka.at, partitions=2)
    heard = Topics(prefix).of(SessionRequested)
    await say(kafka.at, heard, [1.0] * 3)
    checkpoints = Checkpoints(kafka.at, f"{prefix}authoriser", [heard], [], HANDLING, SystemClock(), quiet())
    noted = await noted_by(checkpoints)
    assert noted.keys() == {CLUSTER, AT}
    with pytest.raises(AnotherLog, match="another cluster, and this is"):
        await checkpoints.offsets({**noted, CLUSTER: "another cluster"})
    with pytest.raises(AnotherLog, match="was read to 4 and ends at 3: it was made anew"):
        await checkpoints.offsets({**noted, f"{heard}/0": "4"})


async def test_s21_what_waited_for_its_next_try_is_written_into_the_view_again(
    kafka: Store, make_topics: MakeTopics, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a request that waited in a retry topic, was handled from there, and is not known to be done
    prefix = await make_topics(kafka.at)
    topics = Topics(prefix)
    await put(kafka.at, [good(topics.retry("tariff", "minute"), 7), *odd_and_bad(topics.retry("tariff", "minute"))])
    monkeypatch.setenv("TAPWATT_KAFKA_BOOTSTRAP", kafka.at)
    monkeypatch.setenv("TAPWATT_TOPIC_PREFIX", prefix)
    tasks: Any = SimpleNamespace(start=None)  # nothing is asked of Redis here
    runtime = Runtime(SystemClock(), quiet(), Metrics(CollectorRegistry(), OF_A_WORKER), tasks)
    view = RememberedSessions(runtime, "tariff", 1, {SessionRequested: "request"}, 45)
    written: list[str] = []

    async def write(event: Event, generation: Generation) -> None:
        written.append(event.fact.key)

    view._apply_event = write
    # when Redis comes back
    async for record in view._read_since(await noted_by(view._checkpoints)):
        await view._apply(record, Generation("back"))
    # then it is in the view, and what is no fact there is not
    assert written == ["7"]


@pytest.mark.redis
@pytest.mark.timeout(180)
async def test_s21_a_service_whose_redis_comes_back_goes_on_where_it_was(
    kafka: Store, make_topics: MakeTopics, tmp_path: Path
) -> None:
    prefix = await make_topics(kafka.at)
    topic, seen, log = Topics(prefix).of(SessionRequested), tmp_path / "seen", tmp_path / "log"
    own = EmbeddedRedis(tmp_path / "redis", choice=redis_places()[-1])
    await own.start()
    redis = Redis.from_url(own.url)
    worker = program("remembering_worker.py", log, kafka.at, prefix, own.url, seen)
    try:
        # given a service that has handled twenty sessions, and noted that
        await worker.start()
        await produce(kafka.at, topic, range(20))
        await until(seen, 20, child=worker)
        await _noted(redis, 20)
        await asyncio.sleep(1.2)  # it is on the disk of Redis
        # when Redis is killed and comes back
        await own.kill()
        await own.restart()
        await redis.connection_pool.disconnect()
        await produce(kafka.at, topic, range(20, 23))
        await until(seen, 23, child=worker)
        # then the service has gone on, and nothing was handled twice
        assert sorted(map(int, seen.read_text().split())) == list(range(23))
        told = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
        assert any("read on from where it was noted" in line["event"] for line in told)
        built = [line["records"] for line in told if line["event"] == "view rebuilt"]
        # and of twenty-odd records only those of which it was not known that they were done were read again
        assert len(built) == 2
        assert built[1] <= 3
        assert len([key async for key in redis.scan_iter("*:session:o/*")]) == 23
    finally:
        await worker.stop()
        await redis.aclose()
        await own.stop()


async def _noted(redis: Redis, records: int) -> None:
    async with asyncio.timeout(60):
        while True:
            found = [await redis.hgetall(key) async for key in redis.scan_iter("*:checkpoint")]
            if found and sum(int(at) for name, at in found[0].items() if b"/" in name) >= records:
                return
            await asyncio.sleep(0.2)
