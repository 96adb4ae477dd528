"""The integrator's clients in Python, Node and Java each live a whole session on a ring, as docs/fleet.md says."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.timeout(420)]

ROOT = Path(__file__).parents[2]
CLIENTS = ROOT / "docs" / "examples" / "fleet"
CAPTURED = re.compile(r"(py|js|java)-[0-9a-f-]+: captured 1\.23 EUR\n")
"""A start of 1.00 and 30 Wh at 0.45 a kWh, with 21% VAT: 1.226335."""
LOCKS = ("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "libs", "node_modules", "target")


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What `tapwatt up --json` says of the ring that it holds."""
    env = {**os.environ, "TAPWATT_RUN_DIR": str(tmp_path_factory.mktemp("run")), "TAPWATT_TOPIC_PREFIX": "fleet."}
    command = [sys.executable, "-m", "tapwatt_cli", "up", "--json"]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


def run(command: list[str], folder: Path, **more: str) -> str:
    """What a command prints. A machine without its program is said so: the client has not been run, and that is red."""
    assert shutil.which(command[0]), f"{command[0]} is not on this machine, so a client of docs/fleet.md was not run"
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **more}, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def of_the_guide(ring: dict[str, Any]) -> dict[str, str]:
    """What the guide says to export, for this ring."""
    return {
        "BOOTSTRAP": ring["bootstrap"],
        "PROVIDER_URL": ring["provider_url"],
        "TOPIC_PREFIX": ring["topic_prefix"],
        "CHARGE_S": "11",
    }


def copied(language: str, to: Path) -> Path:
    """The client in a folder of its own, so that what its tools fetch is not left in the tree."""
    return Path(shutil.copytree(CLIENTS / language, to / language, ignore=shutil.ignore_patterns(*LOCKS)))


def test_the_python_client_lives_a_session(ring: dict[str, Any], tmp_path: Path) -> None:
    folder = copied("python", tmp_path)
    assert CAPTURED.fullmatch(run([sys.executable, "fleet.py"], folder, **of_the_guide(ring)))


def test_the_node_client_lives_a_session(ring: dict[str, Any], tmp_path: Path) -> None:
    folder = copied("node", tmp_path)
    run(["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"], folder)
    assert CAPTURED.fullmatch(run(["node", "fleet.js"], folder, **of_the_guide(ring)))


def test_the_java_client_lives_a_session(ring: dict[str, Any], tmp_path: Path) -> None:
    folder = copied("java", tmp_path)
    run(["mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=libs"], folder)
    assert CAPTURED.fullmatch(run(["java", "-cp", "libs/*", "Fleet.java"], folder, **of_the_guide(ring)))


@pytest.mark.parametrize("language", ["python", "node", "java"])
def test_a_clients_page_is_a_page_pins_its_versions_and_keeps_no_lock(language: str) -> None:
    # given a client's folder
    folder = CLIENTS / language
    # then its program is short enough to be read, and whatever it needs is one version
    [program] = (path for path in folder.iterdir() if path.suffix in (".py", ".js", ".java"))
    assert len(program.read_text(encoding="utf-8").splitlines()) <= 120
    tracked = subprocess.run(["git", "ls-files", "."], cwd=folder, capture_output=True, text=True, check=True).stdout
    assert not any(name in tracked for name in LOCKS)
    for versions in (*folder.glob("package.json"), *folder.glob("pom.xml")):
        found = re.findall(r'": "(\d[^"]*)"|<version>([^<]+)</version>', versions.read_text(encoding="utf-8"))
        assert found
        assert all(re.fullmatch(r"[0-9.]+", one or other) for one, other in found)
