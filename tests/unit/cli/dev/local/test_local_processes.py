"""A child process: started with its log, waited for, stopped by its id, and never left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tapwatt_cli.dev.local.errors import LocalError
from tapwatt_cli.dev.local.processes import Child, free_ports, require_free

STUBBORN = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: print("not yet", flush=True))
print("up", flush=True)
while True:
    time.sleep(0.05)
"""

PARENT = f"""
import asyncio, sys
from pathlib import Path
from tapwatt_cli.dev.local.processes import Child
async def main():
    child = Child("c", [sys.executable, "-c", {STUBBORN!r}], Path(sys.argv[1]))
    await child.start()
    print(child.pid, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""
LISTENS = """
import socket, sys, time
listening = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("up", flush=True)
time.sleep(60)
"""


def _python(source: str, log: Path, env: dict[str, str] | None = None) -> Child:
    return Child("the clerk", [sys.executable, "-c", source], log, env)


async def _until_said(child: Child, word: str) -> None:
    async def said() -> bool:
        return word in child.log.read_text()

    await child.wait_ready(said, 20)


async def test_its_output_and_its_environment_are_where_they_were_asked(tmp_path: Path) -> None:
    # given
    child = _python("import os; print(os.environ['GREETING'])", tmp_path / "log", {"GREETING": "hello"})
    # when
    await child.start()
    status = await child.wait()
    # then
    assert status == 0
    assert child.last_words() == "hello"
    assert not child.alive
    assert child.pid is None


async def test_one_that_ends_at_its_start_is_told_with_its_last_words(tmp_path: Path) -> None:
    # given
    child = _python("import sys; sys.exit('no such tariff')", tmp_path / "log")
    await child.start()

    async def never() -> bool:
        return False

    # when
    with pytest.raises(LocalError) as told:
        await child.wait_ready(never, 20)
    # then
    assert str(told.value) == f"the clerk ended at its start: no such tariff (its log: {tmp_path / 'log'})"


async def test_one_that_never_answers_is_killed(tmp_path: Path) -> None:
    # given
    child = _python(STUBBORN, tmp_path / "log")
    await child.start()
    await _until_said(child, "up")

    async def never() -> bool:
        return False

    # when
    with pytest.raises(LocalError, match=r"the clerk did not answer within 0\.1 s: up"):
        await child.wait_ready(never, 0.1)
    # then
    assert not child.alive


async def test_one_that_will_not_stop_is_killed_after_the_grace(tmp_path: Path) -> None:
    # given
    child = _python(STUBBORN, tmp_path / "log")
    await child.start()
    await _until_said(child, "up")
    # when
    await child.stop(within_s=0.3)
    # then it was asked first
    assert child.last_words(1) == "not yet"
    assert await child.wait() == -signal.SIGKILL


async def test_it_is_started_again_after_a_kill_but_never_twice(tmp_path: Path) -> None:
    # given
    child = _python(STUBBORN, tmp_path / "log")
    await child.start()
    first = child.pid
    # when
    with pytest.raises(LocalError, match="the clerk runs already"):
        await child.start()
    await child.kill()
    await child.start()
    # then
    assert child.pid not in (None, first)
    await child.kill()


async def test_a_program_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    child = Child("the clerk", [str(tmp_path / "nobody")], tmp_path / "log")
    with pytest.raises(LocalError, match=r"the clerk could not be started \(No such file or directory: .*nobody\)"):
        await child.start()


if sys.platform == "linux":  # only its kernel ends a child whose parent was killed

    def test_a_child_ends_with_its_parent_even_if_that_is_killed(tmp_path: Path) -> None:
        # given a parent of a child
        argv = [sys.executable, "-c", PARENT, str(tmp_path / "log")]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as parent:
            assert parent.stdout is not None
            child = int(parent.stdout.readline())
            # when
            parent.kill()
        # then
        end = time.monotonic() + 20
        while _runs(child):
            assert time.monotonic() < end, "the child outlived its parent"
            time.sleep(0.02)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_free_ports_differ_and_are_no_ephemeral_ones() -> None:
    # given clients that dial a dead broker: on an ephemeral port one can end up connected to itself
    ports = free_ports(20)
    # then
    assert len(set(ports)) == 20
    assert all(port < 32_768 for port in ports)


async def test_a_busy_port_names_who_holds_it_and_the_setting(tmp_path: Path) -> None:
    # given
    port = free_ports(1)[0]
    child = Child("the clerk", [sys.executable, "-c", LISTENS, str(port)], tmp_path / "log")
    await child.start()
    await _until_said(child, "up")
    # when
    try:
        with pytest.raises(LocalError) as told:
            require_free(port, "TAPWATT_KAFKA_PORT")
    finally:
        pid = child.pid
        await child.kill()
    # then
    assert str(told.value).startswith(f"port {port} is busy (Address already in use): stop ")
    assert str(told.value).endswith("or choose another with TAPWATT_KAFKA_PORT")
    assert sys.platform != "linux" or f", process {pid}," in str(told.value)


def test_a_port_that_nobody_holds_is_free() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    require_free(port, "TAPWATT_KAFKA_PORT")


async def test_waiting_for_one_that_was_never_started_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="the clerk was never started"):
        await asyncio.wait_for(_python("", tmp_path / "log").wait(), 1)
