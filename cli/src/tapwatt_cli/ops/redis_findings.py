"""Whether the Redis that a service started from here would use answers, will do, and has the same time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from tapwatt.clock import Clock, Skew
from tapwatt.errors import TapwattError
from tapwatt.settings import read_settings
from tapwatt.state.redis_client import RedisClient, RedisSettings
from tapwatt_cli.ops.findings import Finding

VARIABLE = "TAPWATT_REDIS_URL"
WITHIN_S = 5.0

TOLERATED = timedelta(seconds=5)
"""Hosts whose clocks are set by NTP are within a fraction of it."""

_TIME = "return redis.call('TIME')"


async def redis_findings(environment: Mapping[str, str], clock: Clock) -> list[Finding]:
    """What Redis says, where this environment names one. Nothing is written."""
    if VARIABLE not in environment:
        return [Finding("Redis", True, f"not asked: {VARIABLE} says where it is")]
    try:
        settings = read_settings(RedisSettings)
        redis = RedisClient(settings)
        try:
            product = await redis.check(WITHIN_S)
            asked_at = clock.now()
            seconds, microseconds = await redis.run(redis.script(_TIME), [], [])
            between = asked_at + (clock.now() - asked_at) / 2
        finally:
            await redis.close()
    except TapwattError as error:
        return [Finding("Redis", False, str(error))]
    there = datetime.fromtimestamp(int(seconds), UTC) + timedelta(microseconds=int(microseconds))
    return [Finding("Redis", True, f"{product} at {redis.where}"), clock_finding(Skew(there - between))]


def clock_finding(here: Skew) -> Finding:
    """How far the clock of this machine is behind Redis's, or ahead of it."""
    good = abs(here.behind) <= TOLERATED
    off = f"{abs(here.behind).total_seconds():,.0f} s {'behind' if here.direction == 'behind' else 'ahead of'} Redis's"
    return Finding("clock here", good, "as Redis's" if good else off, "have both set by NTP")
