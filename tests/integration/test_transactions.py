"""A fleet may say what it says in transactions: what was aborted is heard by nobody, and nothing waits for it."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest
from tests.conftest import MakeTopics
from tests.integration.transactions import Ends, open_transaction, requests, transaction
from tests.integration.worker_process import gauges, produce, program, until
from tests.stores.choice import Store

from tapwatt.facts.events import SessionRequested
from tapwatt.facts.topics import Topics
from tapwatt.worker.kafka.broker_probe import BrokerProbe
from tapwatt.worker.kafka.group_progress import GroupProgress
from tapwatt.worker.kafka.log_reader import read_log
from tapwatt.worker.kafka.quarantine_reader import follow
from tapwatt.worker.quarantined_sessions import Quarantine, Quarantined
from tapwatt.worker.records import Outgoing, Partition
from tapwatt_cli.dev.local.processes import free_ports
from tapwatt_cli.ops.dead_letter_replay import read_letters
from tapwatt_cli.ops.topic_log import read_topics

WITHIN_S = 20
"""Nothing here has to wait for anything."""


async def reached(progress: GroupProgress) -> None:
    """Return once the group has handled everything that stands there now."""
    ends = await progress.ends()
    async with asyncio.timeout(WITHIN_S):
        while not await progress.reached(ends):
            await asyncio.sleep(0.2)


async def test_s44_an_aborted_event_is_heard_by_no_worker(
    kafka: Store, make_topics: MakeTopics, tmp_path: Path
) -> None:
    prefix = await make_topics(kafka.at)
    topic, seen = Topics(prefix).of(SessionRequested), tmp_path / "seen"
    # given events of which some were aborted, by one producer and by another
    await transaction(kafka.at, f"{prefix}a", requests(topic, range(2)), "committed")
    await transaction(kafka.at, f"{prefix}a", requests(topic, range(10, 12)), "aborted")
    await transaction(kafka.at, f"{prefix}b", requests(topic, range(20, 22)), "aborted")
    await produce(kafka.at, topic, range(2, 4))
    worker = program("holding_worker.py", tmp_path / "log", kafka.at, prefix, "tariff", seen, tmp_path / "none")
    await worker.start()
    # then the others are handled, and those are not
    await until(seen, 4, child=worker)
    await worker.stop()
    assert set(seen.read_text().split()) == {"0", "1", "2", "3"}


@pytest.mark.parametrize("ends", ["committed", "aborted"])
async def test_s44_a_topic_whose_last_thing_is_the_end_of_a_transaction_is_handled_to_its_end(
    ends: Ends, kafka: Store, make_topics: MakeTopics, tmp_path: Path
) -> None:
    # given a topic at whose end nothing stands that is ever delivered
    prefix = await make_topics(kafka.at, partitions=2)
    topic, seen, port = Topics(prefix).of(SessionRequested), tmp_path / "seen", free_ports(1)[0]
    await produce(kafka.at, topic, range(3), partition=0)
    await transaction(kafka.at, f"{prefix}a", requests(topic, range(3, 5)), ends, partition=0)
    await transaction(kafka.at, f"{prefix}a", requests(topic, range(5, 7)), "aborted", partition=1)
    env = {"TAPWATT_WORKER_PORT": str(port), "TAPWATT_WORKER_STUCK_AFTER_S": "6"}
    worker = program(
        "holding_worker.py", tmp_path / "log", kafka.at, prefix, "tariff", seen, tmp_path / "none", env=env
    )
    await worker.start()
    await until(seen, 5 if ends == "committed" else 3, child=worker)
    # then whoever asks how far the group has come is not told to wait
    progress = GroupProgress(kafka.at, f"{prefix}tariff", [topic])
    await progress.open()
    await reached(progress)
    # and nothing is thought to be behind or stuck, however long nothing more comes
    await asyncio.sleep(12)
    told = await gauges(port)
    assert worker.alive, worker.last_words(5)
    assert told["tapwatt_records_not_fetched"] == 0
    assert told["tapwatt_records_behind_transactions"] == 0
    # and it is the same after a restart, when nothing at all is delivered
    await worker.stop()
    await transaction(kafka.at, f"{prefix}a", requests(topic, range(7, 9)), "aborted", partition=0)
    await worker.start()
    await reached(progress)
    await worker.stop()
    await progress.close()


async def test_s44_a_transaction_left_open_holds_a_worker_up_no_longer_than_its_timeout_and_is_named(
    kafka: Store, make_topics: MakeTopics, tmp_path: Path
) -> None:
    prefix = await make_topics(kafka.at)
    topic, seen, port = Topics(prefix).of(SessionRequested), tmp_path / "seen", free_ports(1)[0]
    await produce(kafka.at, topic, range(1))
    env = {"TAPWATT_WORKER_PORT": str(port), "TAPWATT_WORKER_STUCK_AFTER_S": "6"}
    worker = program(
        "holding_worker.py", tmp_path / "log", kafka.at, prefix, "tariff", seen, tmp_path / "none", env=env
    )
    await worker.start()
    await until(seen, 1, child=worker)
    # given a transaction that a fleet has begun and never ends, and other fleets' events behind it
    async with open_transaction(kafka.at, f"{prefix}a", requests(topic, range(10, 11)), timeout_s=20) as producer:
        await produce(kafka.at, topic, range(1, 4))
        progress = GroupProgress(kafka.at, f"{prefix}tariff", [topic])
        await progress.open()
        await reached(progress)  # what is not committed was not said yet
        # then what waits is named and counted, and nothing is stuck
        async with asyncio.timeout(14):
            while f'"begins": "{topic}/0/1"' not in (tmp_path / "log").read_text():
                await asyncio.sleep(0.2)
        assert (await gauges(port))["tapwatt_records_behind_transactions"] == 4
        # and once the broker has ended it, it goes on
        lines = await until(seen, 4, timeout_s=60, child=worker)
        assert set(lines) == {"0", "1", "2", "3"}
        await progress.close()
        await worker.stop()
        await producer.client.close()


async def test_s44_a_rebuild_reads_what_was_committed_to_the_end_whatever_the_end_is(
    kafka: Store, make_topics: MakeTopics
) -> None:
    prefix = await make_topics(kafka.at, partitions=2)
    topic = Topics(prefix).of(SessionRequested)

    async def read() -> set[str]:
        async with asyncio.timeout(WITHIN_S):
            return {(record.key or b"").decode() async for record in read_log(kafka.at, [topic])}

    await transaction(kafka.at, f"{prefix}a", requests(topic, range(1)), "aborted", partition=1)
    assert await read() == set()
    await produce(kafka.at, topic, range(3), partition=0)
    await transaction(kafka.at, f"{prefix}a", requests(topic, range(3, 5)), "committed", partition=0)
    assert await read() == {"0", "1", "2", "3", "4"}
    await transaction(kafka.at, f"{prefix}a", requests(topic, range(10, 12)), "aborted", partition=0)
    assert await read() == {"0", "1", "2", "3", "4"}
    async with open_transaction(kafka.at, f"{prefix}a", requests(topic, range(20, 22)), partition=0):
        await produce(kafka.at, topic, range(30, 31), partition=0)
        assert await read() == {"0", "1", "2", "3", "4"}


async def test_s44_a_quarantine_is_known_to_its_end_whatever_the_end_is(kafka: Store, make_topics: MakeTopics) -> None:
    # given a quarantine that stands, and one that somebody began to say and took back
    prefix = await make_topics(kafka.at)
    quarantine = Quarantine(Topics(prefix).quarantine("tariff"))
    with quarantine.deciding(b"1", Quarantined("why", "where", "then")) as says:
        await transaction(kafka.at, f"{prefix}a", [says], "committed")
        await transaction(kafka.at, f"{prefix}a", [says._replace(key=b"2")], "aborted")
    # when it is read
    quarantine = Quarantine(quarantine.topic)
    quarantine.doubt()
    following = asyncio.create_task(follow(kafka.at, quarantine))
    async with asyncio.timeout(WITHIN_S):
        await quarantine.known()
    # then it is known, without waiting for what is never delivered
    assert (quarantine.of(b"1") is not None, quarantine.of(b"2")) == (True, None)
    # and so it is when it is doubted again
    quarantine.doubt()
    async with asyncio.timeout(WITHIN_S):
        await quarantine.known()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


async def test_s44_the_command_line_reads_what_was_committed(kafka: Store, make_topics: MakeTopics) -> None:
    prefix = await make_topics(kafka.at)
    topics = Topics(prefix)
    letter = Outgoing(topics.dead_letters, b"1", b"x", [("tapwatt_reason", b"it is bad")])
    for name in ("committed", "aborted"):
        numbers = range(3) if name == "committed" else range(10, 13)
        records = [*requests(topics.of(SessionRequested), numbers), letter]
        await transaction(kafka.at, f"{prefix}a", records, name)
    log = await asyncio.wait_for(read_topics(kafka.at, topics), WITHIN_S)
    assert {event.fact.key for event in log.events} == {"0", "1", "2"}
    assert len(log.dead_letters) == 1
    assert len(await asyncio.wait_for(read_letters(kafka.at, topics), WITHIN_S)) == 1
    # and so does the command itself
    command = [sys.executable, "-m", "tapwatt_cli", "dlq", "list", "--json", "--bootstrap", kafka.at]
    process = await asyncio.create_subprocess_exec(*command, "--topic-prefix", prefix, stdout=asyncio.subprocess.PIPE)
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    assert len(json.loads(out)["letters"]) == 1


async def test_s44_lag_is_counted_to_where_a_reader_can_read(kafka: Store, make_topics: MakeTopics) -> None:
    prefix = await make_topics(kafka.at)
    topic = Topics(prefix).of(SessionRequested)
    probe = BrokerProbe(kafka.at)
    await probe.open(10)
    partition = Partition(topic, 0)
    await produce(kafka.at, topic, range(2))
    async with open_transaction(kafka.at, f"{prefix}a", requests(topic, range(10, 13))):
        ends = await probe.ends([partition], 5)
        assert ends is not None
        assert ends[partition] == 2
    await probe.close()
