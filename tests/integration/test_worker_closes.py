"""Closing closes everything, whatever raises, and says what did."""

import asyncio
import json
import os
import signal
from pathlib import Path

import aiohttp
from tests.conftest import MakeTopics
from tests.integration.worker_process import program
from tests.stores.choice import Store

from tapwatt_cli.dev.local.processes import free_ports


async def test_when_one_part_cannot_be_closed_the_others_are_and_the_exit_code_says_so(
    kafka: Store, make_topics: MakeTopics, tmp_path: Path
) -> None:
    prefix, closed = await make_topics(kafka.at), tmp_path / "closed"
    port = free_ports(1)[0]
    env = {"TAPWATT_WORKER_PORT": str(port)}
    worker = program("closing_worker.py", tmp_path / "log", kafka.at, prefix, closed, env=env)
    await worker.start()
    async with aiohttp.ClientSession() as http, asyncio.timeout(60):
        while True:
            try:
                if (await http.get(f"http://127.0.0.1:{port}/readyz")).status == 200:
                    break
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)
    # when it is asked to stop
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGTERM)
    async with asyncio.timeout(60):
        while worker.alive:
            await asyncio.sleep(0.05)
    # then every part was closed, in the other order, and the reason is said
    assert closed.read_text().split() == ["last", "second", "first"]
    said = json.loads(worker.last_words(1))
    assert (said["service"], said["reason"]) == ("tariff", "last cannot be closed")
    assert "not closed as it should be" in (tmp_path / "log").read_text()
