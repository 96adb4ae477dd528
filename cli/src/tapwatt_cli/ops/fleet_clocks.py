"""Whose clock is off: what fleets said of the time in their latest requests, beside the broker's own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from tapwatt.clock import Skew
from tapwatt.errors import Poison
from tapwatt.facts.codec import decode
from tapwatt.facts.events import SessionRequested
from tapwatt.facts.topics import Topics
from tapwatt.worker.kafka.broker_probe import BrokerProbe
from tapwatt.worker.kafka.log_reader import read_log
from tapwatt.worker.records import Incoming, Partition, logged_at
from tapwatt_cli.ops.findings import Finding
from tapwatt_cli.ops.kafka_words import reading
from tapwatt_cli.ops.topic_log import partitions_of

LATEST = 100
"""Requests of each partition that are looked at."""

TOLERATED = timedelta(seconds=60)
"""The authoriser's own default (TAPWATT_AUTHORISER_CLOCK_TOLERANCE_S)."""


async def fleet_clocks(bootstrap: str, topics: Topics) -> list[Finding]:
    """How far the clock of each fleet is off that has asked lately. Unavailable if Kafka cannot be read."""
    topic = topics.of(SessionRequested)
    async with reading(bootstrap, "the fleets' latest requests"):
        every = [Partition(*one) for one in await partitions_of(bootstrap, {topic})]
        if not every:
            return []
        probe = BrokerProbe(bootstrap)
        try:
            await probe.open(10)
            ends = await probe.ends(every, 10) or {}
        finally:
            await probe.close()
        since = {one: max(0, end - LATEST) for one, end in ends.items()}
        records = [record async for record in read_log(bootstrap, [topic], since=since)] if any(ends.values()) else []
    return clocks(records)


def clocks(records: Iterable[Incoming]) -> list[Finding]:
    """A finding for each fleet, by its latest request of which the broker's time is known."""
    latest: dict[str, tuple[datetime, Skew]] = {}
    for record in records:
        at = logged_at(record)
        try:
            event = decode(record.key, record.value, record.headers)
        except Poison:
            continue
        if at is None or not isinstance(event.fact, SessionRequested):
            continue
        source = event.envelope.source
        if source not in latest or latest[source][0] <= at:
            latest[source] = at, Skew(at - event.fact.requested_at)
    return [_finding(source, skew) for source, (_, skew) in sorted(latest.items(), key=lambda one: one[0])]


def _finding(source: str, skew: Skew) -> Finding:
    found = str(skew) if round(skew.behind.total_seconds()) else "as ours"
    advice = "set it right; what is further off than a minute is declined"
    return Finding(f"clock of {source}", abs(skew.behind) <= TOLERATED, found, advice)
