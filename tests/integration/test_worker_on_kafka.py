"""The worker on a real Kafka: many in flight, stopped, killed, a broker that dies, bad bytes, no Kafka at all."""

import asyncio
import json
from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from tests.conftest import MakeTopics
from tests.integration.worker_process import committed, produce, program, request, until, until_in_flight
from tests.stores.choice import Store

from tapwatt.facts.events import SessionRequested
from tapwatt.facts.topics import Topics
from tapwatt_cli.dev.local.kafka import EmbeddedKafka
from tapwatt_cli.dev.local.processes import free_ports


async def test_s33_kill_9_again_and_again_loses_nothing(kafka: Store, make_topics: MakeTopics, tmp_path: Path) -> None:
    # given 3,000 events over four partitions, of 0 to 300 ms each
    prefix = await make_topics(kafka.at, partitions=4)
    topic, seen = Topics(prefix).of(SessionRequested), tmp_path / "seen"
    await produce(kafka.at, topic, range(3000))
    env = {"TAPWATT_WORKER_INSTANCE_ID": "one", "WORK_MS": "300", "TAPWATT_WORKER_IN_FLIGHT": "300"}
    worker = program(
        "holding_worker.py", tmp_path / "log", kafka.at, prefix, "tariff", seen, tmp_path / "none", env=env
    )
    # when the worker is killed four times on its way
    for part in (200, 800, 1400, 2000):
        await worker.start()
        await until(seen, part, child=worker)
        await worker.kill()
    await worker.start()
    # then every event was handled
    lines = await until(seen, 3000, child=worker)
    await worker.stop()
    assert set(lines) == {str(n) for n in range(3000)}
    # and what was handled again is what was in flight, not everything
    assert len(lines) - 3000 < 4 * 1500


async def test_s33_a_broker_that_is_killed_loses_nothing_and_the_worker_goes_on(
    own_kafka: EmbeddedKafka, make_topics: MakeTopics, tmp_path: Path
) -> None:
    prefix = await make_topics(own_kafka.bootstrap, partitions=2)
    topic, seen = Topics(prefix).of(SessionRequested), tmp_path / "seen"
    await asyncio.sleep(2)  # the controller's own log of the new topics is on disk
    await produce(own_kafka.bootstrap, topic, range(600))
    env = {"TAPWATT_WORKER_INSTANCE_ID": "one", "WORK_MS": "100", "TAPWATT_WORKER_IN_FLIGHT": "20"}
    arguments = (own_kafka.bootstrap, prefix, "tariff", seen, tmp_path / "none")
    worker = program("holding_worker.py", tmp_path / "log", *arguments, env=env)
    await worker.start()
    await until(seen, 100, child=worker)
    # when the broker is killed in the middle and comes back
    await own_kafka.kill()
    await asyncio.sleep(1)
    await own_kafka.restart()
    # then the same worker process handles the rest
    lines = await until(seen, 600, timeout_s=90, child=worker)
    await worker.stop()
    assert set(lines) == {str(n) for n in range(600)}


async def test_at_sigterm_running_handlers_finish_and_are_committed(
    kafka: Store, make_topics: MakeTopics, tmp_path: Path
) -> None:
    # given a handler that takes a second
    prefix = await make_topics(kafka.at)
    topic, seen, hold = Topics(prefix).of(SessionRequested), tmp_path / "seen", tmp_path / "hold"
    hold.touch()
    await produce(kafka.at, topic, range(3), partition=0)
    worker = program("holding_worker.py", tmp_path / "log", kafka.at, prefix, "tariff", seen, hold)
    await worker.start()
    await until(seen, 2, child=worker)
    # when it is asked to stop while the first is still being handled
    stopping = asyncio.create_task(worker.stop())
    await asyncio.sleep(0.5)
    hold.unlink()
    await stopping
    # then the first has finished, and all three are committed
    assert set(seen.read_text().split()) == {"0", "1", "2"}
    assert await committed(kafka.at, f"{prefix}tariff", topic) == 3


async def test_10_000_handlers_in_flight_in_one_worker_none_lost_when_it_is_killed(
    kafka: Store, make_topics: MakeTopics, tmp_path: Path
) -> None:
    # given 10,000 events whose handlers wait for a driver
    prefix = await make_topics(kafka.at, partitions=4)
    topic, seen, hold = Topics(prefix).of(SessionRequested), tmp_path / "seen", tmp_path / "hold"
    hold.touch()
    await produce(kafka.at, topic, range(10_000))
    port = free_ports(1)[0]
    env = {
        "HOLD_ALL": "1",
        "TAPWATT_WORKER_PORT": str(port),
        "TAPWATT_WORKER_IN_FLIGHT": "10000",
        "TAPWATT_WORKER_IN_FLIGHT_PER_PARTITION": "10000",
        "TAPWATT_WORKER_INSTANCE_ID": "one",
    }
    worker = program("holding_worker.py", tmp_path / "log", kafka.at, prefix, "tariff", seen, hold, env=env)
    await worker.start()
    resident = await until_in_flight(port, 10_000)
    # then they fit into one process
    assert resident < 250 * 1024 * 1024, f"{resident / 2**20:.0f} MiB"
    # and when it is killed, none is lost
    await worker.kill()
    hold.unlink()
    await worker.start()
    assert len(set(await until(seen, 10_000, child=worker))) == 10_000
    await worker.stop()


async def test_s25_bad_bytes_are_dead_lettered_with_their_reason_and_the_partition_goes_on(
    kafka: Store, make_topics: MakeTopics, tmp_path: Path
) -> None:
    # given bad bytes of several kinds, a good event, and one over the size bound
    prefix = await make_topics(kafka.at)
    topic, seen = Topics(prefix).of(SessionRequested), tmp_path / "seen"
    key, value, headers = request(7)
    future = [(n, raw.replace(b".v1", b".v9") if n == "ce_type" else raw) for n, raw in headers]
    bad: list[tuple[bytes, bytes, list[tuple[str, bytes]], str]] = [
        (key, b"\xff\xfe not json", headers, "Invalid JSON"),
        (key, value, [], "ce_specversion"),
        (key, value, future, "no version of one"),
        (b"another", value, headers, "key is not the session_id"),
        (key, value.replace(b'"EUR"', b'"EUX"'), headers, "ISO 4217"),
        (key, value.replace(b"5000", b"50.005"), headers, "hold.minor"),
        (key, value + b" " * 950_000, headers, "at most 921600"),
    ]
    producer = AIOKafkaProducer(bootstrap_servers=kafka.at)
    await producer.start()
    for bad_key, bad_value, bad_headers, _ in bad:
        await producer.send_and_wait(topic, bad_value, bad_key, headers=bad_headers, partition=0)
    await producer.send_and_wait(topic, value, key, headers=headers, partition=0)
    await producer.stop()
    worker = program("holding_worker.py", tmp_path / "log", kafka.at, prefix, "tariff", seen, tmp_path / "none")
    await worker.start()
    # then the good one is handled, and only it
    assert await until(seen, 1, child=worker) == ["7"]
    await worker.stop()
    # and each bad one stands in the dead letters: its reason, its origin, its bytes untouched
    consumer = AIOKafkaConsumer(
        Topics(prefix).dead_letters, bootstrap_servers=kafka.at, auto_offset_reset="earliest", group_id=None
    )
    await consumer.start()
    letters = [await asyncio.wait_for(consumer.getone(), 20) for _ in bad]
    await consumer.stop()
    letters.sort(key=lambda letter: int(dict(letter.headers)["tapwatt_origin"].rsplit(b"/", 1)[1]))
    for letter, (bad_key, bad_value, bad_headers, reason) in zip(letters, bad, strict=True):
        notes = dict(letter.headers)
        assert reason in notes["tapwatt_reason"].decode()
        assert notes["tapwatt_dead_lettered_by"] == b"tariff"
        assert (letter.key, letter.value) == (bad_key, bad_value)
        assert [h for h in letter.headers if not h[0].startswith("tapwatt_")] == bad_headers
    assert await committed(kafka.at, f"{prefix}tariff", topic) == len(bad) + 1


async def test_a_kafka_that_is_down_at_the_start_is_one_clear_sentence(tmp_path: Path) -> None:
    port = free_ports(1)[0]
    env = {"TAPWATT_KAFKA_START_TIMEOUT_S": "2"}
    at = f"127.0.0.1:{port}"
    worker = program("holding_worker.py", tmp_path / "log", at, "x.", "tariff", tmp_path / "seen", "none", env=env)
    await worker.start()
    async with asyncio.timeout(30):
        while worker.alive:
            await asyncio.sleep(0.05)
    said = json.loads(worker.last_words(1))
    assert (said["service"], said["level"]) == ("tariff", "critical")
    assert said["reason"] == (
        f"Kafka does not answer at {at} (waited 2 s): start it, or set TAPWATT_KAFKA_BOOTSTRAP to where it is"
    )


async def test_missing_topics_and_a_busy_port_are_one_clear_sentence_each(kafka: Store, tmp_path: Path) -> None:
    worker = program("holding_worker.py", tmp_path / "log", kafka.at, "nobody.", "tariff", tmp_path / "seen", "none")
    await worker.start()
    async with asyncio.timeout(30):
        while worker.alive:
            await asyncio.sleep(0.05)
    assert "has no topic nobody.tapwatt." in worker.last_words(1)
    assert "tapwatt topics --apply" in worker.last_words(1)
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    env = {"TAPWATT_WORKER_PORT": str(port)}
    busy = program("holding_worker.py", tmp_path / "log2", kafka.at, "x.", "tariff", tmp_path / "seen", "none", env=env)
    await busy.start()
    async with asyncio.timeout(30):
        while busy.alive:
            await asyncio.sleep(0.05)
    server.close()
    assert json.loads(busy.last_words(1))["reason"].startswith(f"127.0.0.1:{port} cannot be listened on")
    assert "TAPWATT_WORKER_PORT" in busy.last_words(1)


async def test_s33_workers_that_come_and_go_lose_nothing(kafka: Store, make_topics: MakeTopics, tmp_path: Path) -> None:
    # given 2,000 events over four partitions, of 0 to 400 ms each, and one worker
    prefix = await make_topics(kafka.at, partitions=4)
    topic, seen = Topics(prefix).of(SessionRequested), tmp_path / "seen"
    await produce(kafka.at, topic, range(2000))
    env = {"WORK_MS": "400", "TAPWATT_WORKER_IN_FLIGHT": "60", "TAPWATT_WORKER_SESSION_TIMEOUT_S": "6"}
    arguments = (kafka.at, prefix, "tariff", seen, tmp_path / "none")
    one, two, three = (program("holding_worker.py", tmp_path / f"log{n}", *arguments, env=env) for n in range(3))
    await one.start()
    await until(seen, 200, child=one)
    # when a second joins, the first is killed, a third joins and the second leaves in peace
    await two.start()
    await until(seen, 600, child=two)
    await one.kill()
    await until(seen, 900, child=two)
    await three.start()
    await until(seen, 1200, child=three)
    await two.stop()
    # then every event was handled
    lines = await until(seen, 2000, child=three)
    await three.stop()
    assert set(lines) == {str(n) for n in range(2000)}
    assert [await committed(kafka.at, f"{prefix}tariff", topic, n) is not None for n in range(4)] == [True] * 4
