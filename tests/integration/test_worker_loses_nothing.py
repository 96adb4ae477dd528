"""Stock Faust loses an event on a real Kafka; the worker does not."""

import asyncio
from pathlib import Path

from tests.conftest import MakeTopics
from tests.integration.worker_process import committed, produce, program, until
from tests.stores.choice import Store

from tapwatt.facts.events import SessionRequested
from tapwatt.facts.topics import Topics

SIX = {str(n) for n in range(6)}


async def test_s33_stock_faust_commits_over_an_unfinished_event_and_loses_it(
    kafka: Store, make_topics: MakeTopics, tmp_path: Path
) -> None:
    # given six events, an agent with concurrency 6, and the first event unfinished
    prefix = await make_topics(kafka.at, extra=("six",))
    topic, seen, hold = f"{prefix}six", tmp_path / "seen", tmp_path / "hold"
    hold.touch()
    await produce(kafka.at, topic, range(6), partition=0)
    arguments = (kafka.at, topic, f"{prefix}stock", seen, hold)
    faust = program("stock_faust.py", tmp_path / "log", *arguments)
    await faust.start()
    assert set(await until(seen, 5, child=faust)) == SIX - {"0"}
    await asyncio.sleep(2)
    # when it is killed and started again, and nothing holds the first event any more
    await faust.kill()
    assert await committed(kafka.at, f"{prefix}stock", topic) == 6
    hold.unlink()
    await faust.start()
    await asyncio.sleep(10)
    await faust.kill()
    # then the first event was never handled: it is lost. If this ever fails, stock Faust has been mended: see ADR 0001
    assert "0" not in seen.read_text().split()


async def test_s33_the_worker_commits_nothing_over_an_unfinished_event_and_loses_none(
    kafka: Store, make_topics: MakeTopics, tmp_path: Path
) -> None:
    # given the same six events and the same work, in our worker
    prefix = await make_topics(kafka.at)
    topic, seen, hold = Topics(prefix).of(SessionRequested), tmp_path / "seen", tmp_path / "hold"
    hold.touch()
    await produce(kafka.at, topic, range(6), partition=0)
    arguments = (kafka.at, prefix, "tariff", seen, hold)
    worker = program("holding_worker.py", tmp_path / "log", *arguments, env={"TAPWATT_WORKER_INSTANCE_ID": "one"})
    await worker.start()
    assert set(await until(seen, 5, child=worker)) == SIX - {"0"}
    await asyncio.sleep(2)
    # when it is killed and started again
    await worker.kill()
    assert await committed(kafka.at, f"{prefix}tariff", topic) is None
    hold.unlink()
    seen.unlink()
    await worker.start()
    # then all six are delivered again, the first among them, and then all are committed
    assert set(await until(seen, 6, child=worker)) == SIX
    await worker.stop()
    assert await committed(kafka.at, f"{prefix}tariff", topic) == 6
