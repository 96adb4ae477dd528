"""What the README shows of commands that need no Kafka is what they print."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tapwatt_cli.app import app

ROOT = Path(__file__).parents[2]
NEED_NO_KAFKA = ("price", "sheet", "tariff check")
BLOCKS = re.findall(r"^```\n\$ \.venv/bin/tapwatt ([^\n]+)\n(.*?)^```$", (ROOT / "README.md").read_text(), re.M | re.S)
SHOWN = [(command, output) for command, output in BLOCKS if command.startswith(NEED_NO_KAFKA)]


def test_the_readme_shows_each_of_them() -> None:
    for name in NEED_NO_KAFKA:
        assert any(command.startswith(name) for command, _ in SHOWN)


@pytest.mark.parametrize(("command", "output"), SHOWN, ids=[command for command, _ in SHOWN])
def test_a_command_prints_what_the_readme_shows(command: str, output: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "120")
    done = CliRunner().invoke(app, shlex.split(command))
    assert [line.rstrip() for line in done.stdout.rstrip().splitlines()] == [
        line.rstrip() for line in output.rstrip().splitlines()
    ]
