"""The command teaches who types it, looks at the machine, and says what is wrong in one sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tapwatt.errors import TapwattError
from tapwatt_cli.app import app
from tapwatt_cli.dev import machine
from tapwatt_cli.dev.local.errors import LocalError
from tapwatt_cli.dev.ring_settings import demo_environment
from tapwatt_cli.ops.declared_topics import topics_file, with_topics
from tapwatt_cli.ops.findings import python_here
from tapwatt_cli.running import run, sentence_of


def test_the_menu_says_where_to_begin() -> None:
    # when the command is typed alone
    menu = CliRunner().invoke(app, []).output
    # then it names every command, and the first to type
    for name in ("demo", "up", "audit", "topics", "doctor"):
        assert name in menu
    assert "First time here?" in menu


@pytest.mark.parametrize(
    "arguments",
    [["demo", "--kill", "kafka"], ["demo", "--sessions", "3"], ["up", "--provider-port", "99999"], ["audit"]],
)
def test_what_cannot_be_meant_is_refused_before_anything_starts(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, arguments).exit_code == 2


def test_a_file_that_cannot_be_read_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    # when a command cannot do its work
    command = [sys.executable, "-m", "tapwatt_cli", "topics", "--file", str(tmp_path / "none.toml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    # then that is said in one sentence
    assert done.returncode == 2
    assert done.stderr.startswith("tapwatt: ")
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_doctor_looks_at_everything_and_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # given a machine without Java
    monkeypatch.setenv("TAPWATT_JAVA", "machine")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    # when the doctor looks
    findings = {one.what: one for one in [python_here(), *machine.examine(tmp_path / "not" / "made" / "yet")]}
    # then each thing has its line, and what is missing comes with advice
    assert list(findings) == ["Python", "Java", "Kafka", "Redis", "ports", "disk"]
    assert not findings["Java"].good
    assert "Java 17 or newer is needed" in findings["Java"].advice
    assert findings["Python"].good
    assert findings["ports"].good
    # and looking changes nothing
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(machine, "DISK_NEEDED_MB", 10**12)
    disk = next(one for one in machine.examine(tmp_path) if one.what == "disk")
    assert not disk.good
    assert "TAPWATT_RUN_DIR" in disk.advice


def test_the_demo_sets_what_the_services_know() -> None:
    # given the demo's settings
    settings = demo_environment()
    # then each is a line NAME=value, and comments are none
    assert settings["TAPWATT_AUTHORISER_PRESENTATION_S"] == "8"
    assert settings["TAPWATT_CAPTURER_MINIMUM_CAPTURE"] == '{"EUR": "0.50"}'
    assert all(name.startswith("TAPWATT_") for name in settings)


async def test_a_port_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from tapwatt_cli.dev.local_stores import redis_here

    monkeypatch.setenv("TAPWATT_REDIS_PORT", "seventy")
    with pytest.raises(LocalError, match="TAPWATT_REDIS_PORT is 'seventy'"):
        async with redis_here(tmp_path, print):
            pass


async def test_topics_are_read_from_the_repository() -> None:
    assert topics_file().name == "topics.toml"
    assert topics_file().exists()
    with pytest.raises(TapwattError, match=r"127\.0\.0\.1:1"):
        await with_topics("127.0.0.1:1")


def test_an_error_inside_tasks_keeps_its_sentence() -> None:
    # given work whose tasks failed together, one with a sentence of ours
    async def fails() -> None:
        inner = ExceptionGroup("inner", [TapwattError("the sentence")])
        raise ExceptionGroup("outer", [ValueError("a bug"), inner])

    # then the sentence comes out
    with pytest.raises(TapwattError, match="the sentence"):
        run(fails())


def test_an_error_without_a_sentence_is_not_hidden() -> None:
    assert sentence_of(ExceptionGroup("bugs", [ValueError("a bug")])) is None
