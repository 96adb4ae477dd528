"""Ctrl-C at any moment: while it is loaded, at the n-th thing it does, while it waits for a Kafka that says nothing.

It ends with exit code 130 and one sentence, and never with a traceback.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tests.cli.command import Done, Forks, Running
from tests.cli.tried import EVERY, TRIED, Given

from tapwatt_cli.exit_codes import INTERRUPTED

NO_JAVA = {"TAPWATT_JAVA": "machine", "JAVA_HOME": "/nowhere", "PATH": "/nowhere"}
CALLS = [30, 100, 300, 1000, 3000, 10_000]
"""Counted from the start of our own `main`; the last are in the midst of most commands."""

LOADED = ["tapwatt_cli.app", "typer", "pydantic", "aiokafka", "tapwatt.facts.events", "tapwatt_cli.dev.commands"]

AS_IT_LOADS = """
import os, runpy, signal, sys
wanted = sys.argv.pop(1)
class Presses:
    def find_spec(self, name, path=None, target=None):
        if name == wanted:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Presses())
sys.argv[0] = "tapwatt"
runpy.run_module("tapwatt_cli", run_name="__main__")
"""
"""Runs the command, and presses Ctrl-C as it begins to load one module."""

pytestmark = pytest.mark.timeout(60)


def heard_ctrl_c() -> None:
    """Whoever runs these tests in the background has Ctrl-C ignored, and children inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def ended_well(done: Done) -> None:
    """Interrupted, in one sentence at the end."""
    assert done.code == INTERRUPTED, done
    assert "Traceback" not in done.err
    assert "Aborted" not in done.err
    assert done.err.splitlines()[-1].startswith("tapwatt: interrupted"), done.err


@pytest.mark.parametrize("module", LOADED)
def test_while_it_is_loaded(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", AS_IT_LOADS, module, "doctor"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=heard_ctrl_c,
    )
    assert (done.returncode, done.stdout, done.stderr) == (INTERRUPTED, "", "tapwatt: interrupted\n")


@pytest.mark.parametrize("command", EVERY)
def test_at_the_nth_thing_it_does(command: str, forks: Forks, given: Given) -> None:
    for nth in CALLS:
        done = forks.run(*given.typed(command), interrupt_at_call=nth, **NO_JAVA)
        assert "Traceback" not in done.err, f"call {nth}: {done.err}"
        # the last moments may be after its end
        if done.code != TRIED[command].alone or nth == CALLS[0]:
            ended_well(done)


@contextmanager
def silent_listener() -> Iterator[tuple[str, Callable[[], None]]]:
    """Its address, and what waits until somebody has come. It takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listens:
        listens.settimeout(30)
        held = []

        def somebody_came() -> None:
            held.append(listens.accept()[0])

        yield "{}:{}".format(*listens.getsockname()), somebody_came
        for one in held:
            one.close()


@pytest.mark.parametrize("command", [name for name in EVERY if TRIED[name].asks == "kafka"])
def test_while_it_waits_for_kafka(command: str, forks: Forks, given: Given) -> None:
    with silent_listener() as (kafka, somebody_came):
        asked = replace(given, names={**given.names, "kafka": kafka})
        running = forks.start(*asked.typed(command))
        somebody_came()
        running.interrupt()
        ended_well(running.ended())


@pytest.mark.parametrize("command", [name for name in EVERY if TRIED[name].asks == "stdin"])
def test_while_it_waits_for_a_file(command: str, forks: Forks, tmp_path: Path) -> None:
    # given somebody who types a file, and has not begun
    typed = tmp_path / "typed"
    os.mkfifo(typed)
    both = os.open(typed, os.O_RDWR)  # open on both sides, so that nobody waits for the other
    with os.fdopen(both, "wb"):
        running = forks.start(*command.split(), "-", stdin=str(typed))
        until_it_reads(running)
        running.interrupt()
        ended_well(running.ended())


def until_it_reads(running: Running) -> None:
    """It waits in the kernel for a pipe's other side."""
    within = time.monotonic() + 30
    while Path(f"/proc/{running.pid}/wchan").read_text() not in ("pipe_read", "anon_pipe_read", "pipe_wait"):
        assert time.monotonic() < within
        time.sleep(0.01)
