"""Whether the Redis that a service started from here would use answers, will do, and has the same time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from tapwatt.clock import Clock, Skew
from tapwatt.errors import TapwattError
from tapwatt_cli.ops.findings import Finding
from tapwatt_cli.ops.service_parts import REDIS, look_at_redis

TOLERATED = timedelta(seconds=5)
"""Hosts whose clocks are set by NTP are within a fraction of it."""


async def redis_findings(environment: Mapping[str, str], clock: Clock) -> list[Finding]:
    """What Redis says, where this environment names one."""
    if REDIS not in environment:
        return [Finding("Redis", True, f"not asked: {REDIS} says where it is")]
    try:
        told = await look_at_redis(clock)
    except TapwattError as error:
        return [Finding("Redis", False, str(error))]
    return [Finding("Redis", True, f"{told.product} at {told.where}"), clock_finding(told.clock)]


def clock_finding(here: Skew) -> Finding:
    """How far the clock of this machine is behind Redis's, or ahead of it."""
    good = abs(here.behind) <= TOLERATED
    off = f"{abs(here.behind).total_seconds():,.0f} s {'behind' if here.direction == 'behind' else 'ahead of'} Redis's"
    return Finding("clock here", good, "as Redis's" if good else off, "have both set by NTP")
