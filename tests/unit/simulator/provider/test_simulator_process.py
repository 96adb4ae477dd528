"""The simulated provider as a process of its own: started, killed, started again, stopped, and refused a busy port."""

import asyncio
import os
import re
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

HEADERS = {"User-Agent": "tests", "Authorization": aiohttp.encode_basic_auth("t_demo", "")}


@asynccontextmanager
async def process(*options: str, **variables: str) -> AsyncIterator[Process]:
    """`python -m simulator` with these options, gone when the block ends."""
    environment = {**os.environ, **variables}
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulator", *options, stdout=PIPE, stderr=PIPE, env=environment
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.communicate()


async def address(started: Process) -> str:
    """The address it says it listens on."""
    assert started.stdout is not None
    line = (await asyncio.wait_for(started.stdout.readline(), 20)).decode()
    found = re.fullmatch(r"listening on (http://127\.0\.0\.1:\d+)\n", line)
    assert found, line
    return found[1]


def body(terminal: str) -> dict[str, Any]:
    return {
        "transactionType": "authorise",
        "method": "terminal",
        "amount": 20,
        "currency": "eur",
        "merchantOrderReference": f"order-{terminal}",
        "details": {"terminalId": terminal, "operatingEnvironment": "UNATTENDED"},
    }


async def test_s33_after_kill_9_what_was_answered_stands_and_what_was_pending_goes_on(tmp_path: Path) -> None:
    ledger = str(tmp_path / "ledger.sqlite")
    options = ("--port", "0", "--ledger", ledger)
    async with aiohttp.ClientSession(headers=HEADERS) as session:

        async def post(url: str, path: str, body: object, key: str) -> dict[str, Any]:
            headers = {"Idempotency-Reference": key}
            async with session.post(f"{url}/api/v1/{path}", json=body, headers=headers) as answer:
                return dict(await answer.json())

        # given a captured hold and two pending payments, and more captures on their way
        async with process(*options) as first:
            url = await address(first)
            await session.post(f"{url}/admin/cards", json={"name": "alice"})
            answered: dict[str, dict[str, Any]] = {}
            holds = []
            for number in range(40):
                asked = await post(url, "payment", body(f"T{number}"), f"authorise:{number}")
                holds.append(asked["reference"])
                if number < 38:
                    await session.post(f"{url}/admin/terminals/T{number}/present", json={"card": "alice"})

            async def capture(reference: str) -> None:
                request = {"reference": reference, "amount": 12.5}
                answered[reference] = await post(url, "capture", request, f"capture:{reference}")

            captures = [asyncio.create_task(capture(reference)) for reference in holds[:38]]
            while len(answered) < 5:
                await asyncio.sleep(0)
            # when it is killed
            first.send_signal(signal.SIGKILL)
            await first.wait()
            await asyncio.gather(*captures, return_exceptions=True)
        # then a new process on the same ledger
        async with process(*options, "--pending-s", "60") as second:
            url = await address(second)
            async with session.get(f"{url}/admin/ledger") as answer:
                books = {one["reference"]: one for one in (await answer.json())["authorisations"]}
            # has all that was answered
            assert set(holds) == set(books)
            for reference in answered:
                assert (books[reference]["captured"], books[reference]["captures"]) == (1250, 1)
            # gives the same answers again and never takes twice
            for reference in holds[:38]:
                again = await post(url, "capture", {"reference": reference, "amount": 12.5}, f"capture:{reference}")
                assert again["status"] == "success"
                assert again == answered.get(reference, again)
            async with session.get(f"{url}/admin/ledger") as answer:
                books = {one["reference"]: one for one in (await answer.json())["authorisations"]}
            assert [books[reference]["captured"] for reference in holds[:38]] == [1250] * 38
            # and a card still ends what was pending
            async with session.post(f"{url}/admin/terminals/T38/present", json={"card": "alice"}) as answer:
                assert (await answer.json())["reference"] == holds[38]


async def test_what_was_pending_too_long_has_expired_after_a_restart(tmp_path: Path, start: Callable[..., Any]) -> None:
    clock = [1_700_000_000_000]
    async with start(lambda: clock[0]) as world:
        _, asked = await world.authorise()
    clock[0] += 61_000
    async with start(lambda: clock[0]) as world:
        await asyncio.sleep(0.2)
        assert (await world.status(asked["reference"]))["failureCode"] == "expired"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_stops_when_told_to(tmp_path: Path, number: signal.Signals) -> None:
    async with process("--port", "0", "--ledger", str(tmp_path / "l.sqlite")) as started:
        await address(started)
        started.send_signal(number)
        assert await asyncio.wait_for(started.wait(), 10) == 0


async def refusal(*options: str, **variables: str) -> str:
    """What it says when it cannot start."""
    async with process(*options, **variables) as started:
        out, error = await asyncio.wait_for(started.communicate(), 20)
        assert (started.returncode, out) == (1, b"")
        text = error.decode().strip()
        assert "\n" not in text
        return text


async def test_a_busy_port_a_bad_key_a_bad_ledger_and_bad_faults_are_each_one_sentence(tmp_path: Path) -> None:
    ledger = str(tmp_path / "l.sqlite")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"port {port} of 127.0.0.1 is taken" in await refusal("--port", port, "--ledger", ledger)
    assert "t_" in await refusal("--port", "0", "--ledger", ledger, TAPWATT_SIM_API_KEY="secret")
    assert "--ledger" in await refusal("--port", "0", "--ledger", str(tmp_path / "no" / "such" / "folder"))
    assert "--faults" in await refusal("--port", "0", "--ledger", ledger, "--faults", "[{")
