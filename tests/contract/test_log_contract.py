"""A log of records: one suite for the one in memory, on which simulations run, and a real Kafka."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence

import pytest
from tests.conftest import MakeTopics
from tests.contract.log_worlds import KafkaLog, MemoryLog, World

from tapwatt.worker.records import Incoming, Outgoing, Partition

pytestmark = pytest.mark.kafka


@pytest.fixture(params=["in process", "Kafka"])
def at(request: pytest.FixtureRequest) -> str | None:
    """Where a real Kafka is; None stands for the log in memory."""
    return None if request.param == "in process" else str(request.getfixturevalue("kafka").at)


@pytest.fixture
async def world(at: str | None, make_topics: MakeTopics) -> AsyncIterator[World]:
    """A topic of three partitions that nobody else uses."""
    if at is None:
        yield MemoryLog()
        return
    log = KafkaLog(at, await make_topics(at, partitions=3))
    yield log
    await log.close()


def said(world: World, key: bytes | None, *values: bytes | None) -> list[Outgoing]:
    return [Outgoing(world.topic, key, value, [("ce_id", value), ("empty", None)]) for value in values]


def by_partition(records: Sequence[Incoming]) -> dict[Partition, list[Incoming]]:
    found: dict[Partition, list[Incoming]] = defaultdict(list)
    for record in records:
        found[Partition(record.topic, record.partition)].append(record)
    return found


async def test_records_of_a_key_stand_in_one_partition_in_their_order_as_they_were_said(world: World) -> None:
    # given records of several keys, with whatever bytes, and one of them twice
    keys = [b"a", b"b", b"c", b"", b"\xff\x00", "schlüssel".encode()]
    for number in (b"1", b"2", b"2", b"\xff\xfe"):
        await world.say([one for key in keys for one in said(world, key, number)])
    # when they are read
    read = await world.read()
    # then each key has one partition and its order, and nothing is left out or changed
    for key in keys:
        mine = [record for record in read if record.key == key]
        assert len({record.partition for record in mine}) == 1
        assert [record.value for record in mine] == [b"1", b"2", b"2", b"\xff\xfe"]
        assert [list(record.headers) for record in mine][3] == [("ce_id", b"\xff\xfe"), ("empty", None)]
        assert [record.offset for record in mine] == sorted({record.offset for record in mine})
    assert len(read) == 4 * len(keys)


async def test_what_has_no_key_or_no_value_is_a_record_too(world: World) -> None:
    await world.say([*said(world, None, b"no key"), *said(world, b"a", None, b"")])
    read = {(record.key, record.value) for record in await world.read()}
    assert read == {(None, b"no key"), (b"a", None), (b"a", b"")}


async def test_what_was_aborted_is_never_read_and_its_offsets_are_no_gap_to_wait_for(world: World) -> None:
    # given a record, one that was aborted, and another
    [before], [aborted], [after] = (said(world, b"a", value) for value in (b"1", b"2", b"3"))
    await world.say([before])
    await world.abort(aborted)
    await world.say([after])
    await world.abort(aborted)
    # then those that stand are read, and the end is beyond what was aborted last
    read = await world.read()
    assert [record.value for record in read] == [b"1", b"3"]
    assert [record.offset for record in read] in ([0, 3], [0, 2])  # a broker marks the end of a transaction when it can
    progress = await world.progress()
    async with asyncio.timeout(20):
        while list((await progress.ends()).values()) != [6]:
            await asyncio.sleep(0.1)


async def test_a_group_has_come_as_far_as_it_has_committed(world: World) -> None:
    # given records in several partitions, and a group that has committed nothing
    assert await (await world.progress()).ends() == {}
    await world.say([one for key in (b"a", b"b", b"c", b"d") for one in said(world, key, b"1", b"2")])
    progress = await world.progress()
    ends = await progress.ends()
    assert await progress.reached({})
    assert not await progress.reached(ends)
    assert len(await progress.unhandled()) == 8
    # when it has done all but the last record of one partition
    last = max(ends)
    await world.commit({**ends, last: ends[last] - 1})
    assert not await progress.reached(ends)
    assert [(one.partition, one.offset) for one in await progress.unhandled()] == [(last.number, ends[last] - 1)]
    # then it has come so far once that is done, too
    await world.commit(ends)
    assert await progress.reached(ends)
    assert list(await progress.unhandled()) == []


async def test_a_topic_that_gets_more_partitions_keeps_what_it_has_where_it_stands(world: World) -> None:
    # given records of many keys
    keys = [b"%d" % number for number in range(40)]
    await world.say([one for key in keys for one in said(world, key, b"before")])
    stood = by_partition(await world.read())
    # when the topic gets more partitions and all say something again
    await world.grow(6)
    await world.say([one for key in keys for one in said(world, key, b"after")])
    # then what stood stands where it stood, before what came later, and new partitions are read as well
    stands = by_partition(await world.read())
    for partition, records in stood.items():
        assert [one.offset for one in stands[partition]][: len(records)] == [one.offset for one in records]
        assert [one.key for one in stands[partition]][: len(records)] == [one.key for one in records]
    assert len(stands) == 6
    assert sum(map(len, stands.values())) == 80
