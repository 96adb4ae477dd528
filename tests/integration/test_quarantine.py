"""A session that contradicts itself is quarantined on a real Kafka: its partition goes on, till a human releases it."""

import asyncio
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
from tests.conftest import MakeTopics
from tests.integration.worker_process import committed, produce, program, until
from tests.stores.choice import Store

from tapwatt.facts.events import SessionRequested
from tapwatt.facts.topics import Topics
from tapwatt_cli.dev.local.processes import Child, free_ports


async def dlq(bootstrap: str, prefix: str, *arguments: str) -> str:
    command = [sys.executable, "-m", "tapwatt_cli", "dlq", *arguments]
    process = await asyncio.create_subprocess_exec(
        *command, "--bootstrap", bootstrap, "--topic-prefix", prefix, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0
    return out.decode()


async def letters(bootstrap: str, prefix: str, count: int, child: Child) -> list[dict[str, Any]]:
    async with asyncio.timeout(60):
        while True:
            found: list[dict[str, Any]] = json.loads(await dlq(bootstrap, prefix, "list", "--json"))["letters"]
            if len(found) >= count:
                return found
            assert child.alive, child.last_words(20)
            await asyncio.sleep(0.2)


async def gauge(port: int, value: float, child: Child) -> None:
    """Wait until the worker says that so many sessions are quarantined."""
    async with aiohttp.ClientSession() as http, asyncio.timeout(60):
        while True:
            assert child.alive, child.last_words(20)
            try:
                text = await (await http.get(f"http://127.0.0.1:{port}/metrics")).text()
                ready = (await http.get(f"http://127.0.0.1:{port}/readyz")).status == 200
            except aiohttp.ClientError:
                text, ready = "", False
            if f"tapwatt_worker_quarantined_sessions {value}" in text and ready:
                return
            await asyncio.sleep(0.1)


async def test_a_quarantined_session_stays_so_over_restarts_and_replicas_until_its_replay_releases_it(
    kafka: Store, make_topics: MakeTopics, tmp_path: Path
) -> None:
    # given a session of which the service is wrong, and many others in its partition
    prefix = await make_topics(kafka.at)
    topic, seen, breaks = Topics(prefix).of(SessionRequested), tmp_path / "seen", tmp_path / "breaks"
    breaks.write_text('{"3": "broken"}')
    port = free_ports(1)[0]
    env = {"TAPWATT_WORKER_PORT": str(port)}
    worker = program("breaking_worker.py", tmp_path / "log", kafka.at, prefix, "tariff", seen, breaks, env=env)
    await worker.start()
    await produce(kafka.at, topic, range(1200))
    # then the others are handled and committed, though more stand behind it than are ever kept
    await until(seen, 1199, child=worker)
    await gauge(port, 1.0, worker)
    async with asyncio.timeout(20):
        while await committed(kafka.at, f"{prefix}tariff", topic) != 1200:
            await asyncio.sleep(0.2)
    # when it is killed, and what comes later of the session comes to another process
    await worker.kill()
    await produce(kafka.at, topic, range(3, 4))
    other = program("breaking_worker.py", tmp_path / "log2", kafka.at, prefix, "tariff", seen, breaks, env=env)
    breaks.write_text("{}")
    await other.start()
    # then that follows it into the dead letters, and the gauge is right
    first, second = await letters(kafka.at, prefix, 2, other)
    await gauge(port, 1.0, other)
    assert first["reason"] == "two holds for 3"
    assert second["reason"] == f"its session is quarantined since {first['origin']}: two holds for 3"
    assert "3" not in seen.read_text().split()
    # and when a human replays one of its letters, all of them are handled in order, and it is released
    out = await dlq(kafka.at, prefix, "replay", second["number"], "--yes")
    assert [line.split(":")[0] for line in out.splitlines()[:2]] == [
        f"replayed {first['number']}",
        f"replayed {second['number']}",
    ]
    await gauge(port, 0.0, other)
    assert seen.read_text().split().count("3") == 2
    await produce(kafka.at, topic, range(3, 4))
    async with asyncio.timeout(20):
        while seen.read_text().split().count("3") != 3:
            await asyncio.sleep(0.1)
    await other.stop()
    # and it stays released
    again = program("breaking_worker.py", tmp_path / "log3", kafka.at, prefix, "tariff", seen, breaks, env=env)
    await again.start()
    await gauge(port, 0.0, again)
    await again.stop()


async def test_an_error_that_nobody_foresaw_dead_letters_no_more_than_its_record_and_is_tried_again(
    kafka: Store, make_topics: MakeTopics, tmp_path: Path
) -> None:
    prefix = await make_topics(kafka.at)
    topic, seen, breaks = Topics(prefix).of(SessionRequested), tmp_path / "seen", tmp_path / "breaks"
    breaks.write_text('{"3": "unforeseen"}')
    worker = program("breaking_worker.py", tmp_path / "log", kafka.at, prefix, "tariff", seen, breaks)
    await worker.start()
    await produce(kafka.at, topic, range(6))
    assert set(await until(seen, 5, child=worker)) == {"0", "1", "2", "4", "5"}
    breaks.write_text("{}")
    async with asyncio.timeout(20):
        while await committed(kafka.at, f"{prefix}tariff", topic) != 6:
            await asyncio.sleep(0.2)
    # then it is handled a minute later
    assert "3" in await until(seen, 6, timeout_s=90, child=worker)
    await worker.stop()


async def test_handlers_that_hang_are_ended_at_their_limit_and_the_partition_goes_on(
    kafka: Store, make_topics: MakeTopics, tmp_path: Path
) -> None:
    # given as many handlers that hang as may be at work at once
    prefix = await make_topics(kafka.at)
    topic, seen, breaks = Topics(prefix).of(SessionRequested), tmp_path / "seen", tmp_path / "breaks"
    breaks.write_text(json.dumps({str(n): "hang" for n in range(500)}))
    env = {"TAPWATT_WORKER_HANDLING_LIMIT_S": "4", "TAPWATT_WORKER_IN_FLIGHT": "500"}
    worker = program("breaking_worker.py", tmp_path / "log", kafka.at, prefix, "tariff", seen, breaks, env=env)
    await worker.start()
    await produce(kafka.at, topic, range(510))
    # then what comes after them is handled all the same
    assert set(await until(seen, 10, child=worker)) == {str(n) for n in range(500, 510)}
    async with asyncio.timeout(30):
        while await committed(kafka.at, f"{prefix}tariff", topic) != 510:
            await asyncio.sleep(0.2)
    await worker.stop()


async def test_handlers_that_do_not_even_end_when_they_are_told_to_end_the_process(
    kafka: Store, make_topics: MakeTopics, tmp_path: Path
) -> None:
    # given 5,000 handlers that hang, as many as may be at work at once, and do not end when they are told to
    prefix = await make_topics(kafka.at)
    topic, seen, breaks = Topics(prefix).of(SessionRequested), tmp_path / "seen", tmp_path / "breaks"
    breaks.write_text('{"*": "stuck"}')
    port = free_ports(1)[0]
    env = {
        "TAPWATT_WORKER_HANDLING_LIMIT_S": "5",
        "TAPWATT_WORKER_STUCK_AFTER_S": "2",
        "TAPWATT_WORKER_IN_FLIGHT_PER_PARTITION": "5000",
        "TAPWATT_WORKER_PORT": str(port),
    }
    worker = program("breaking_worker.py", tmp_path / "log", kafka.at, prefix, "tariff", seen, breaks, env=env)
    await worker.start()
    await produce(kafka.at, topic, range(5000))
    # then /livez, which said that all is well, says that it is not, and the process ends
    said = set()
    async with asyncio.timeout(90), aiohttp.ClientSession() as http:
        while worker.alive:
            with suppress(aiohttp.ClientError):
                async with http.get(f"http://127.0.0.1:{port}/livez") as answer:
                    said.add(answer.status)
            await asyncio.sleep(0.05)
    assert said == {200, 503}
    assert "though it was told to stop after 5 s" in worker.last_words(60)


async def test_a_replica_that_takes_over_the_partition_knows_what_its_owner_has_quarantined(
    kafka: Store, make_topics: MakeTopics, tmp_path: Path
) -> None:
    # given two replicas that share the partitions, and a session that one of them has quarantined
    prefix = await make_topics(kafka.at, partitions=2)
    topic, seen, breaks = Topics(prefix).of(SessionRequested), tmp_path / "seen", tmp_path / "breaks"
    breaks.write_text('{"3": "broken"}')
    ports = free_ports(2)
    logs = [tmp_path / "log0", tmp_path / "log1"]
    replicas = [
        program(
            "breaking_worker.py", log, kafka.at, prefix, "tariff", seen, breaks,
            env={"TAPWATT_WORKER_PORT": str(port), "TAPWATT_WORKER_SESSION_TIMEOUT_S": "6"},
        )
        for log, port in zip(logs, ports, strict=True)
    ]  # fmt: skip
    for replica in replicas:
        await replica.start()
    for replica, port in zip(replicas, ports, strict=True):
        await gauge(port, 0.0, replica)
    await produce(kafka.at, topic, range(40))
    await until(seen, 39, child=replicas[0])
    for replica, port in zip(replicas, ports, strict=True):
        await gauge(port, 1.0, replica)
    # when that one is killed, and the session's next record is said, which nothing is wrong with any more
    breaks.write_text("{}")
    owner = next(n for n, log in enumerate(logs) if "session quarantined" in log.read_text())
    await replicas[owner].kill()
    await produce(kafka.at, topic, range(3, 4))
    # then the other one dead-letters it, too
    async with asyncio.timeout(60):
        # (the first one may have come again, and then has its own reason again)
        while not any(
            "its session is quarantined since" in letter["reason"]
            for letter in await letters(kafka.at, prefix, 2, replicas[1 - owner])
        ):
            await asyncio.sleep(0.2)
    assert "3" not in seen.read_text().split()
    await replicas[1 - owner].stop()
