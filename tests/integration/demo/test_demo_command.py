"""The command people run first: exit code, last line, a crash in the middle, one sentence when it cannot."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.timeout(300)]

TAPWATT = (sys.executable, "-m", "tapwatt_cli")


def environment(run: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "TAPWATT_RUN_DIR": str(run), **more}


def tapwatt(run: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    command, env = [*TAPWATT, *arguments], environment(run, **more)
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=280, check=False)


def left_behind(run: Path) -> list[str]:
    """The processes that still run with this run's folder in their environment or command."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            said = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
        except OSError:
            continue
        if str(run).encode() in said and int(process.name) != os.getpid():
            found.append((process / "cmdline").read_text().replace("\0", " "))
    return found


def test_s33_a_service_killed_in_the_middle_loses_nothing(tmp_path: Path) -> None:
    # when a demo runs in which the capturer is killed with -9 and started again
    done = tapwatt(tmp_path, "demo", "--seed", "9", "--kill", "capturer", "--json")
    # then the audit is clean all the same
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["audit"]["line"].startswith(f"audit: {document['audit']['sessions']} sessions, ")
    assert "0 lost, 0 twice, 0 wrong" in document["audit"]["line"]
    assert "killing capturer with -9" in done.stderr
    assert "capturer is back" in done.stderr
    # and nothing is left, neither files nor processes
    assert list(tmp_path.iterdir()) == []
    assert left_behind(tmp_path) == []


def one_sentence(done: subprocess.CompletedProcess[str]) -> str:
    """The sentence on standard error, after the lines of progress."""
    assert done.returncode == 4, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    return done.stderr.strip().splitlines()[-1]


def test_a_wrong_api_key_is_said_in_one_sentence(tmp_path: Path) -> None:
    done = tapwatt(tmp_path, "demo", TAPWATT_PROVIDER_API_KEY="t_of_somebody_else")
    assert one_sentence(done) == (
        "tapwatt: the provider does not accept our API key; set TAPWATT_PROVIDER_API_KEY to the provider's key, "
        "or unset it for the simulated provider"
    )
    assert left_behind(tmp_path) == []


def test_a_busy_port_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        done = tapwatt(tmp_path, "demo", "--provider-port", str(port))
    sentence = one_sentence(done)
    assert f"port {port}" in sentence
    assert "--provider-port" in sentence
    assert left_behind(tmp_path) == []


def test_a_missing_java_is_said_in_one_sentence(tmp_path: Path) -> None:
    # given a machine without Java (and without the package that carries one)
    done = tapwatt(tmp_path, "demo", TAPWATT_JAVA="machine", PATH=str(tmp_path), JAVA_HOME="/nowhere")
    assert "Java 17 or newer is needed" in one_sentence(done)
    assert left_behind(tmp_path) == []


def test_a_kafka_that_is_down_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    done = tapwatt(tmp_path, "audit", "--ledger-url", "http://127.0.0.1:9", "--bootstrap", f"127.0.0.1:{port}")
    assert one_sentence(done) == (
        f"tapwatt: Kafka at 127.0.0.1:{port} does not answer: start it, or correct --bootstrap"
    )


def test_ctrl_c_stops_everything_that_was_started(tmp_path: Path) -> None:
    # given a demo whose drivers have begun
    demo = subprocess.Popen(
        [*TAPWATT, "demo"],
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever runs these tests in the background has Ctrl-C ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - one thread, one call
    )
    assert demo.stderr is not None
    until = time.monotonic() + 120
    while "stories begin" not in (line := demo.stderr.readline()):
        assert line, "the demo ended before its drivers began"
        assert time.monotonic() < until
    # when Ctrl-C is pressed
    demo.send_signal(signal.SIGINT)
    _, said = demo.communicate(timeout=60)
    # then it ends as an interrupted command does, and leaves no process behind
    assert demo.returncode == 130, said
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []
    assert left_behind(tmp_path) == []
