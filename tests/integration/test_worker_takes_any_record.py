"""Whatever stands on the log, the worker goes on: in what it hears, retries, and rebuilds its memory from."""

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from tests.conftest import MakeTopics
from tests.integration.worker_process import program, request, until
from tests.stores.choice import Store

from tapwatt.facts.codec import LARGEST_EVENT
from tapwatt.facts.events import SessionRequested
from tapwatt.facts.topics import Topics
from tapwatt.worker.kafka.header_names import append, batch_for
from tapwatt.worker.moved_records import Delay, Kind, delayed
from tapwatt.worker.records import Outgoing, Read

ODD_NAME = b"\xff\xfe".decode("utf-8", "surrogateescape")


def good(topic: str, number: int, *headers: tuple[str, bytes | None]) -> Outgoing:
    key, value, own = request(number)
    return Outgoing(topic, key, value, [*(one for one in own if one[0] not in dict(headers)), *headers])


def odd_but_good(topic: str) -> list[Outgoing]:
    """Records 1 to 4: a fact each, whatever is round it."""
    return [
        good(topic, 1, ("traceparent", None)),
        good(topic, 2, (ODD_NAME, b"\xff"), (ODD_NAME, None)),
        good(topic, 3, ("", b""), ("x" * 10_000, b"x" * 10_000)),
        good(topic, 4, ("ce_id", b"line\nline\x1b[2J")),
    ]


def odd_and_bad(topic: str) -> list[Outgoing]:
    """Records that are no facts."""
    key, value, headers = request(9)
    many = [(f"h{n}", b"x" * 10) for n in range(10_000)]
    deep = b"[" * 100_000
    return [
        good(topic, 9, ("ce_specversion", None)),
        good(topic, 9, ("ce_time", b"0001-01-01T00:00:00+14:00")),
        good(topic, 9, ("ce_time", b"9999-12-31T23:59:59-14:00")),
        good(topic, 9, ("ce_id", None), (ODD_NAME, b"x")),
        Outgoing(topic, None, value, headers),
        Outgoing(topic, b"\xff\xfe", value, headers),
        Outgoing(topic, key, None, headers),
        Outgoing(topic, None, None, ()),
        Outgoing(topic, key, deep, headers),
        Outgoing(topic, key, value.replace(b'"e"}', b'"\\ud800"}'), headers),
        Outgoing(topic, key, value.replace(b"5000", b"NaN"), headers),
        Outgoing(topic, key, value + b" " * LARGEST_EVENT, headers),
        Outgoing(topic, key, value, [*headers, *many]),
        Outgoing(topic, key, value, [*headers, ("x", b"x" * 400_000)]),
    ]


async def put(bootstrap: str, records: list[Outgoing], partition: int = 0) -> None:
    """On the log, each in a batch of its own, its header names as the bytes they are."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, max_request_size=2**22)
    await producer.start()
    for record in records:
        batch = batch_for(producer, record)
        assert append(batch, record)
        await (await producer.send_batch(batch, record.topic, partition=partition))
    await producer.stop()


async def dlq(bootstrap: str, prefix: str, *arguments: str) -> str:
    command = [sys.executable, "-m", "tapwatt_cli", *arguments, "--bootstrap", bootstrap, "--topic-prefix", prefix]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0
    return out.decode()


async def test_s25_whatever_a_record_is_made_of_it_is_handled_or_dead_lettered_and_the_partition_goes_on(
    kafka: Store, make_topics: MakeTopics, tmp_path: Path
) -> None:
    # given every odd record we could think of, and good ones round them
    prefix = await make_topics(kafka.at)
    topic, seen = Topics(prefix).of(SessionRequested), tmp_path / "seen"
    await put(kafka.at, [good(topic, 0), *odd_but_good(topic), *odd_and_bad(topic), good(topic, 5)])
    worker = program("holding_worker.py", tmp_path / "log", kafka.at, prefix, "tariff", seen, tmp_path / "none")
    await worker.start()
    # then the good ones are handled
    assert set(await until(seen, 6, child=worker)) == {"0", "1", "2", "3", "4", "5"}
    # and the others stand among the dead letters, each with its bytes
    async with asyncio.timeout(60):
        while True:
            letters = json.loads(await dlq(kafka.at, prefix, "dlq", "list", "--json"))["letters"]
            if len(letters) == len(odd_and_bad(topic)):
                break
            assert worker.alive, worker.last_words(20)
            await asyncio.sleep(0.2)
    await worker.stop()
    # and each can be shown, and replayed where a replay could help
    for letter in letters:
        assert letter["reason"] in await dlq(kafka.at, prefix, "dlq", "show", letter["number"], "--json")
        await dlq(kafka.at, prefix, "dlq", "show", letter["number"])


async def test_s25_an_odd_record_in_a_retry_topic_is_handled_or_parked(
    kafka: Store, make_topics: MakeTopics, tmp_path: Path
) -> None:
    prefix = await make_topics(kafka.at)
    topic, seen = Topics(prefix).of(SessionRequested), tmp_path / "seen"
    retry = Topics(prefix).retry("tariff", "minute")

    # given what came through our own hands, with an odd header, and what anybody may have put there
    def ours(one: Outgoing, due: datetime) -> Outgoing:
        return delayed(
            Read(topic, 0, 0, one.key, one.value, one.headers),
            retry,
            Delay(f"{topic}/0/0", 1, due),
            Kind.UNAVAILABLE,
            "away",
        )

    due, never = datetime.now(UTC) - timedelta(seconds=1), datetime.max.replace(tzinfo=UTC)
    foreign = [good(retry, 9, (f"tapwatt_{name}", None)) for name in ("due", "scheduled", "origin", "reason")]
    came = [ours(one, due) for one in odd_but_good(topic)]
    await put(kafka.at, [*came, *foreign, *odd_and_bad(retry), ours(good(topic, 8), never), ours(good(topic, 5), due)])
    worker = program("holding_worker.py", tmp_path / "log", kafka.at, prefix, "tariff", seen, tmp_path / "none")
    await worker.start()
    # then the worker goes on
    assert set(await until(seen, 5, child=worker)) == {"1", "2", "3", "4", "5"}
    assert worker.alive
    await worker.stop()


async def test_s25_odd_records_in_what_a_memory_is_rebuilt_from_do_not_keep_the_worker_from_starting(
    kafka: Store, redis_url: str, make_topics: MakeTopics, tmp_path: Path
) -> None:
    # given odd records, and a fact that stands in another's topic
    prefix = await make_topics(kafka.at)
    topic, seen = Topics(prefix).of(SessionRequested), tmp_path / "seen"
    stranger = good(topic, 9, ("ce_type", b"tapwatt.session-cancelled.v1"))._replace(
        value=b'{"session_id":"9","reason":"driver","cancelled_at":"2026-03-01T12:00:00Z"}'
    )
    await put(kafka.at, [*odd_but_good(topic), *odd_and_bad(topic), stranger, good(topic, 5)])
    worker = program("remembering_worker.py", tmp_path / "log", kafka.at, prefix, redis_url, seen)
    await worker.start()
    # then the memory is rebuilt from the rest, and the worker works
    assert set(await until(seen, 5, child=worker)) == {"1", "2", "3", "4", "5"}
    await worker.stop()


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
async def test_s43_a_fleet_may_compress_what_it_says_as_it_likes(
    codec: str, kafka: Store, make_topics: MakeTopics, tmp_path: Path
) -> None:
    prefix = await make_topics(kafka.at)
    topic, seen = Topics(prefix).of(SessionRequested), tmp_path / "seen"
    producer = AIOKafkaProducer(bootstrap_servers=kafka.at, compression_type=codec, linger_ms=50)
    await producer.start()
    sent = [await producer.send(topic, value, key, headers=headers) for key, value, headers in map(request, range(50))]
    await asyncio.gather(*sent)
    await producer.stop()
    worker = program("holding_worker.py", tmp_path / "log", kafka.at, prefix, "tariff", seen, tmp_path / "none")
    await worker.start()
    assert len(set(await until(seen, 50, child=worker))) == 50
    await worker.stop()
