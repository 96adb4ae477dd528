"""A topic that is deleted and made anew under a worker is heard again from its beginning, without a restart."""

from __future__ import annotations

import asyncio
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from tests.conftest import MakeTopics
from tests.integration.worker_process import committed, produce, program, until
from tests.stores.choice import Store

from tapwatt.facts.events import SessionRequested
from tapwatt.facts.topics import Topics


async def test_s25_what_stands_on_a_topic_that_was_made_anew_is_heard(
    kafka: Store, make_topics: MakeTopics, tmp_path: Path
) -> None:
    prefix = await make_topics(kafka.at)
    topic, seen = Topics(prefix).of(SessionRequested), tmp_path / "seen"
    worker = program("holding_worker.py", tmp_path / "log", kafka.at, prefix, "tariff", seen, tmp_path / "none")
    await worker.start()
    await produce(kafka.at, topic, range(10))
    await until(seen, 10, child=worker)
    await asyncio.sleep(2)
    # when somebody deletes the topic, makes it anew at once, and less stands on it than before
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.at)
    await admin.start()
    await admin.delete_topics([topic])
    async with asyncio.timeout(20):
        while True:
            answer = await admin.create_topics([NewTopic(topic, 1, 1)])
            if not answer.topic_errors[0][1]:
                break
            await asyncio.sleep(0.2)
    await admin.close()
    await asyncio.sleep(1)
    await produce(kafka.at, topic, range(100, 104))
    # then it is heard
    lines = await until(seen, 14, timeout_s=60, child=worker)
    assert set(lines) >= {"100", "101", "102", "103"}
    await asyncio.sleep(2)
    assert await committed(kafka.at, f"{prefix}tariff", topic) == 4
    await worker.stop()
