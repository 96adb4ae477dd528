"""What processes and stores have used: CPU from the kernel's accounting, memory, and what Redis counts of itself."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Used:
    """Of one process: CPU (seconds, user and system), and resident memory now (bytes)."""

    cpu_s: float
    resident: int


def used_by(pid: int) -> Used:
    """What a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
    return Used((int(fields[11]) + int(fields[12])) / _TICK, pages * os.sysconf("SC_PAGE_SIZE"))


def context_switches(pid: int) -> int:
    """How often all threads of a process have given up or lost their core."""
    total = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        for line in (thread / "status").read_text(encoding="utf-8").splitlines():
            if "ctxt_switches" in line:
                total += int(line.split()[1])
    return total


@dataclass(frozen=True, slots=True)
class RedisUsed:
    """What Redis counts: commands of clients, commands that scripts run, and the time of the scripts (microseconds)."""

    scripts: int
    script_us: int
    commands: int


async def redis_used(redis: Any) -> RedisUsed:
    """What it has counted so far."""
    stats = await redis.info("commandstats")
    scripts = stats.get("cmdstat_evalsha", {"calls": 0, "usec": 0})
    return RedisUsed(scripts["calls"], scripts["usec"], sum(one["calls"] for one in stats.values()))
