"""`tapwatt doctor`: whether this machine has what a ring needs, a line each, with what to do where it has not."""

from __future__ import annotations

import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console

from tapwatt.errors import TapwattError
from tapwatt_cli.local_stores import jars_here, java_here, redis_server_here
from tapwatt_cli.run_folders import run_folder

OLDEST_PYTHON = (3, 11)
NEWEST_PYTHON = (3, 14)
DISK_NEEDED_MB = 500
PORTS_NEEDED = 8


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `advice` says what to do when it is not good."""

    what: str
    good: bool
    found: str
    advice: str = ""


def doctor() -> None:
    """Look whether this machine has what `tapwatt demo` needs. Exit code 1 when something is missing."""
    out = Console()
    findings = list(examine(run_folder()))
    width = max(len(finding.what) for finding in findings)
    for finding in findings:
        mark = "[green]ok  [/green]" if finding.good else "[red]no  [/red]"
        advice = "" if finding.good else f" - {finding.advice}"
        out.print(f"{mark}{finding.what:<{width}}  {finding.found}{advice}", highlight=False, soft_wrap=True)
    if not all(finding.good for finding in findings):
        raise typer.Exit(1)


def examine(folder: Path) -> Iterator[Finding]:
    """Look at everything that a ring on this machine needs; nothing is started, downloaded or left behind."""
    yield _python()
    yield _asked("Java", java_here)
    yield _asked("Kafka", jars_here)
    yield _asked("Redis", redis_server_here)
    yield _ports()
    yield _disk(folder)


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    oldest, newest = (".".join(map(str, one)) for one in (OLDEST_PYTHON, NEWEST_PYTHON))
    advice = f"install one from {oldest} to {newest} and make the environment again: PYTHON=python{newest} make setup"
    tested = OLDEST_PYTHON <= sys.version_info[:2] <= NEWEST_PYTHON
    return Finding("Python", tested, f"{version} ({sys.executable})", advice)


def _asked(what: str, ask: Callable[[], str]) -> Finding:
    """Ask a part of the local ring for what it would use; its own sentence says what to do when there is none."""
    try:
        return Finding(what, True, ask())
    except TapwattError as error:
        return Finding(what, False, "missing", str(error))


def _ports() -> Finding:
    """Whether as many ports as a ring needs can be had on the loopback address."""
    free = 0
    try:
        with ExitStack() as held:
            for free in range(PORTS_NEEDED):  # noqa: B007 - it is told how many were had
                held.enter_context(socket.create_server(("127.0.0.1", 0)))
    except OSError as error:
        return Finding("ports", False, f"{free} of {PORTS_NEEDED} free ({error})", "close what holds them")
    return Finding("ports", True, f"{PORTS_NEEDED} free ports on 127.0.0.1")


def _disk(folder: Path) -> Finding:
    """Whether the run folder's disk has room for a broker's log and the services' logs."""
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free_mb = shutil.disk_usage(there).free // 2**20
    advice = f"{DISK_NEEDED_MB} MB are needed: make room, or set TAPWATT_RUN_DIR to a folder on another disk"
    return Finding("disk", free_mb >= DISK_NEEDED_MB, f"{free_mb} MB free for {folder}", advice)
