"""The operator's command reads whatever stands on Kafka, and tells "does not answer" from "cannot be read"."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from tests.conftest import MakeTopics
from tests.integration.worker_process import request
from tests.operators_host import HIDES, not_brought
from tests.stores.choice import Store

from tapwatt.facts.events import SessionRequested
from tapwatt.facts.topics import Topics
from tapwatt.worker.kafka.log_reader import read_log
from tapwatt_cli.dev.local.kafka import EmbeddedKafka
from tapwatt_cli.dev.local.processes import free_ports
from tapwatt_cli.ops import kafka_words
from tapwatt_cli.ops.dead_letter_replay import read_letters
from tapwatt_cli.ops.topic_log import read_topics

CODECS = ["gzip", "snappy", "lz4", "zstd"]


async def compressed(bootstrap: str, topics: Topics, codec: str) -> None:
    """Twenty events and twenty dead letters, in batches that are compressed so."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, compression_type=codec, linger_ms=50)
    await producer.start()
    sent = []
    for key, value, headers in map(request, range(20)):
        sent.append(await producer.send(topics.of(SessionRequested), value, key, headers=headers))
        sent.append(await producer.send(topics.dead_letters, value, key, headers=[("tapwatt_reason", b"bad")]))
    await asyncio.gather(*sent)
    await producer.stop()


async def on_a_host_without(modules: Iterable[str], *arguments: str) -> tuple[int | None, str, str]:
    """Exit code, output and errors of the command where these modules are not to be had."""
    command = [sys.executable, "-c", HIDES, ",".join(sorted(modules)), *arguments]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, out.decode(), err.decode()


@pytest.mark.parametrize("codec", CODECS)
async def test_s43_what_a_fleet_has_compressed_is_read_in_rebuilds_and_by_an_operators_command(
    codec: str, kafka: Store, make_topics: MakeTopics
) -> None:
    prefix = await make_topics(kafka.at)
    topics = Topics(prefix)
    await compressed(kafka.at, topics, codec)
    # in a rebuild
    assert len([record async for record in read_log(kafka.at, [topics.of(SessionRequested)])]) == 20
    # by the command, in this process
    assert len((await read_topics(kafka.at, topics)).events) == 20
    # and with nothing but what the command itself brings
    where = ["--bootstrap", kafka.at, "--topic-prefix", prefix]
    code, out, err = await on_a_host_without(not_brought("tapwatt-cli"), "dlq", "list", "--json", *where)
    assert code == 0, err
    assert len(json.loads(out)["letters"]) == 20


async def test_a_codec_that_is_missing_is_not_called_a_kafka_that_does_not_answer(
    kafka: Store, make_topics: MakeTopics
) -> None:
    prefix = await make_topics(kafka.at)
    await compressed(kafka.at, Topics(prefix), "zstd")
    where = ["--bootstrap", kafka.at, "--topic-prefix", prefix]
    code, _, err = await on_a_host_without({"cramjam"}, "dlq", "list", *where)
    assert code == 4
    last = err.strip().splitlines()[-1]
    assert last.startswith(f"tapwatt: the dead letters at {kafka.at} cannot be read, though Kafka answers (")
    assert "zstd" in last
    assert "pip install" in last


async def test_a_kafka_that_is_not_there_or_hangs_is_said_not_to_answer(
    own_kafka: EmbeddedKafka, make_topics: MakeTopics, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given no Kafka
    nowhere = f"127.0.0.1:{free_ports(1)[0]}"
    code, _, err = await on_a_host_without((), "dlq", "list", "--bootstrap", nowhere)
    words = f"Kafka at {nowhere} does not answer: start it, or correct --bootstrap"
    assert (code, err.strip().splitlines()[-1]) == (4, f"tapwatt: {words}")
    # given one that hangs: it takes connections and answers nothing
    prefix = await make_topics(own_kafka.bootstrap)
    monkeypatch.setattr(kafka_words, "READ_WITHIN_S", 3.0)
    assert await read_letters(own_kafka.bootstrap, Topics(prefix)) == []
    pid = own_kafka._child.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(Exception, match="does not answer: start it"):
            await read_letters(own_kafka.bootstrap, Topics(prefix))
    finally:
        os.kill(pid, signal.SIGCONT)
