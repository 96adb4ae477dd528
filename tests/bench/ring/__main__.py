"""`make bench`: the whole ring under open-loop load, rate after rate, with what each of its processes costs.

    python -m tests.bench.ring [--rates 10,30,60] [--seconds 20] [--provider-ms 120,380] [--json]

Broker, Redis, the provider's stub and the load generator are on the same machine and are counted by name. Latencies are
a fleet's: from its record handed over to the answer read, with a provider that answers at once unless told otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from tests.bench.ring.counted import RedisUsed, Used, context_switches, redis_used, used_by

from tapwatt_cli.dev.ring import Ring
from tapwatt_cli.dev.ring_settings import EXPORTER, SERVICES, RingSettings

AS_IN_PRODUCTION = {
    "TAPWATT_TARIFF_ENDED_AHEAD_S": "259200",  # a simulated meter's clock runs ahead
    "TAPWATT_TOKEN_MATCHER_DEBOUNCE_S": "0",  # a simulated driver stops after a second
}
"""All else is as it is by default."""


def main() -> None:
    """Run it."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--rates", default="10,30,60", help="sessions a second, one after another on one ring")
    given.add_argument("--seconds", type=float, default=20.0, help="how long each rate is measured")
    given.add_argument("--provider-ms", default="0,0", help="median and 99th percentile of the provider's own time")
    given.add_argument("--json", action="store_true")
    asked = given.parse_args()
    rates = [float(rate) for rate in asked.rates.split(",")]
    found = asyncio.run(measured(rates, asked.seconds, asked.provider_ms))
    if asked.json:
        print(json.dumps(found, indent=1))
    else:
        for one in found:
            print(shown(one))


async def measured(rates: list[float], seconds: float, provider_ms: str) -> list[dict[str, Any]]:
    """One ring, every rate in turn."""
    with tempfile.TemporaryDirectory(prefix="tapwatt-bench-") as folder:
        settings = RingSettings(
            Path(folder) / "ring",
            environment=AS_IN_PRODUCTION,
            provider_module="tests.bench.ring.provider",
            simulator_environment={"TAPWATT_BENCH_PROVIDER_MS": provider_ms},
        )
        async with Ring(settings) as ring:
            redis = Redis.from_url(ring.redis_url)
            try:
                return [await _at(ring, redis, rate, seconds, number) for number, rate in enumerate(rates)]
            finally:
                await redis.aclose()


async def _at(ring: Ring, redis: Any, rate: float, seconds: float, number: int) -> dict[str, Any]:
    load = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.ring.load", "--bootstrap", ring.bootstrap, "--run", f"r{number}"),
        *("--prefix", ring.topics.prefix, "--rate", str(rate), "--seconds", str(seconds)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert load.stdout is not None
    pids = {part.name: part.pid for part in ring.parts if part.pid is not None} | {"generator": load.pid}
    assert (await load.stdout.readline()).strip() == b"measuring"
    before, switches, asked = _used(pids), _switches(pids), await redis_used(redis)
    assert (await load.stdout.readline()).strip() == b"sent"
    after, switches_after, asked_after = _used(pids), _switches(pids), await redis_used(redis)
    seen = json.loads(await load.stdout.read())
    await load.wait()
    return {
        "rate": rate,
        "begun": seen["begun"],
        "ended": seen["ended"],
        "refused": seen["refused"],
        "seconds": seen["seconds"],
        "legs_ms": {leg: _percentiles(values) for leg, values in seen["legs_ms"].items()},
        "cpu_ms_a_session": _a_session(before, after, seen["begun"]),
        "resident_mib": {name: round(used.resident / 2**20, 1) for name, used in after.items()},
        "switches_a_session": {
            name: round((switches_after[name] - switches[name]) / seen["begun"], 1) for name in switches
        },
        "redis": _redis(asked, asked_after, seen["begun"]),
    }


def _used(pids: Mapping[str, int]) -> dict[str, Used]:
    return {name: used_by(pid) for name, pid in pids.items()}


def _switches(pids: Mapping[str, int]) -> dict[str, int]:
    return {name: context_switches(pid) for name, pid in pids.items()}


def _a_session(before: Mapping[str, Used], after: Mapping[str, Used], sessions: int) -> dict[str, float]:
    cost = {name: (after[name].cpu_s - before[name].cpu_s) * 1000 / sessions for name in before}
    four = sum(cost[service] for service in SERVICES)
    return {"four services": round(four, 2), **{name: round(value, 2) for name, value in cost.items()}}


def _redis(before: RedisUsed, after: RedisUsed, sessions: int) -> dict[str, float]:
    scripts = max(after.scripts - before.scripts, 1)
    return {
        "scripts_a_session": round(scripts / sessions, 2),
        "us_a_script": round((after.script_us - before.script_us) / scripts, 1),
        "commands_a_session": round((after.commands - before.commands) / sessions, 1),
    }


def _percentiles(values: list[float]) -> dict[str, float]:
    if len(values) < 2:
        return {}
    hundredths = statistics.quantiles(values, n=100)
    return {"p50": round(hundredths[49], 1), "p95": round(hundredths[94], 1), "p99": round(hundredths[98], 1)}


def shown(one: Mapping[str, Any]) -> str:
    """A rate in a few lines."""
    cpu, memory = one["cpu_ms_a_session"], one["resident_mib"]
    legs = ", ".join(
        f"{leg} {at.get('p50', '-')}/{at.get('p95', '-')}/{at.get('p99', '-')}" for leg, at in one["legs_ms"].items()
    )
    others = ", ".join(f"{name} {value}" for name, value in cpu.items() if name not in ("four services", EXPORTER))
    return (
        f"{one['rate']:g} sessions/s: {one['ended']} of {one['begun']} captured in {one['seconds']:g} s"
        f"{' refused ' + str(one['refused']) if one['refused'] else ''}\n"
        f"  p50/p95/p99 ms: {legs}\n"
        f"  CPU ms a session: four services {cpu['four services']} ({others}; exporter {cpu[EXPORTER]})\n"
        f"  Redis: {one['redis']}\n"
        f"  resident MiB: {', '.join(f'{name} {memory[name]}' for name in SERVICES)}\n"
        f"  switches a session: {one['switches_a_session']}"
    )


if __name__ == "__main__":
    main()
