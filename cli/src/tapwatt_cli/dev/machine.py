"""Whether this machine has what a ring of its own needs: Java, Kafka's jars, a Redis, ports, room on the disk."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from tapwatt.errors import TapwattError
from tapwatt_cli.dev.local_stores import jars_here, java_here, redis_server_here
from tapwatt_cli.ops.findings import Finding

DISK_NEEDED_MB = 500
PORTS_NEEDED = 8


def examine(folder: Path) -> Iterator[Finding]:
    """Look at everything that a ring on this machine needs; nothing is started, downloaded or left behind."""
    yield _asked("Java", java_here)
    yield _asked("Kafka", jars_here)
    yield _asked("Redis", redis_server_here)
    yield _ports()
    yield _disk(folder)


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
