"""What watching costs: CPU of the four services a session, with metrics, with traces beside them, and with neither.

    python tests/bench/bench_watching.py [--sessions 200] [--rounds 3] [--json]

Each round is three rings in turn on real stores, each with a day of the same drivers. CPU is the kernel's count for the
four processes, from the first driver to the audit. With traces every handling, call and fact is a span, sent to a
collector here (whose own CPU is not counted). With neither, counting is patched out of the processes; the endpoints
stay. Medians and ranges.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.integration.demo.collector import Collector

from tapwatt_cli.dev.demo import Orders, Watcher, run_day
from tapwatt_cli.dev.ring import Ring
from tapwatt_cli.dev.ring_settings import SERVICES, RingSettings, demo_environment

UNWATCHED = """
from tapwatt.metrics.registry import Metrics
for name in ("count", "set", "observe", "asked", "tell"):
    setattr(Metrics, name, lambda self, *values, **named: None)
"""
VARIANTS = ("neither", "metrics", "metrics and traces")


def main() -> None:
    """Run it."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--sessions", type=int, default=200)
    given.add_argument("--rounds", type=int, default=3)
    given.add_argument("--json", action="store_true")
    asked = given.parse_args()
    found: dict[str, list[float]] = {variant: [] for variant in VARIANTS}
    for number in range(asked.rounds):
        for variant in VARIANTS:
            milliseconds = asyncio.run(_one(variant, asked.sessions, seed=number + 1))
            found[variant].append(milliseconds)
            print(f"round {number + 1}: {variant}: {milliseconds:.1f} ms a session", file=sys.stderr)
    if asked.json:
        print(json.dumps(found))
        return
    bare = statistics.median(found["neither"])
    for variant, values in found.items():
        middle = statistics.median(values)
        print(f"{variant:<20} {middle:6.1f} ms ({min(values):.1f}-{max(values):.1f})  x{middle / bare:.2f}")


async def _one(variant: str, sessions: int, seed: int) -> float:
    with tempfile.TemporaryDirectory(prefix="tapwatt-bench-") as folder, Collector() as collector:
        environment = dict(demo_environment())
        if variant == "neither":
            (Path(folder) / "patched").mkdir()
            (Path(folder) / "patched" / "sitecustomize.py").write_text(UNWATCHED, encoding="utf-8")
            environment["PYTHONPATH"] = str(Path(folder) / "patched")
        if variant == "metrics and traces":
            environment |= collector.environment
        async with Ring(RingSettings(Path(folder) / "ring", environment=environment)) as ring:
            before = _cpu_s(ring)
            day = await run_day(ring, Orders(sessions=sessions, seed=seed), Watcher())
            return (_cpu_s(ring) - before) * 1000 / day.report.sessions


def _cpu_s(ring: Ring) -> float:
    """What the four services have used so far (seconds), user and system."""
    used = 0
    for service in SERVICES:
        fields = Path(f"/proc/{ring.pid(service)}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        used += int(fields[11]) + int(fields[12])
    return used / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
