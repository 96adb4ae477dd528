"""Whether somebody works in each service's group, and whether the group keeps up, as the broker sees it."""

from __future__ import annotations

from collections.abc import Sequence

from tapwatt.clock import SystemClock
from tapwatt.facts.topics import Topics
from tapwatt_cli.ops.findings import Finding
from tapwatt_watch.kafka.groups import Groups, GroupsTold
from tapwatt_watch.lag import PartitionLag
from tapwatt_watch.services import HEARS, group_of

BEHIND_S = 600.0
"""Seconds from which a group is said not to keep up. A driver's minutes at a terminal are not committed, and no lag."""


async def group_findings(bootstrap: str, topics: Topics) -> list[Finding]:
    """One for each service. Unavailable if the broker does not answer within 5 s."""
    async with Groups(bootstrap, topics, SystemClock()).opened() as groups:
        return findings(await groups.ask(), topics)


def findings(told: GroupsTold, topics: Topics) -> list[Finding]:
    """One for each service: who works in its group, and how far behind it is. What is not known is never good."""
    return [_of(service, group_of(service, topics), told) for service in HEARS]


def _of(service: str, group: str, told: GroupsTold) -> Finding:
    behind = [one for one in told.lags if one.group == group]
    members = told.members.get(group, 0)
    what, lag = f"group {group}", _lag_in_words(behind)
    if not members:
        return Finding(what, False, f"nobody works in it; {lag}", f"start the {service}, or look why it ended")
    if group in told.unsettled:
        advice = "look again in a minute: a worker that comes and goes keeps it so, and its log says why"
        return Finding(what, False, f"its {members} are being given their partitions; {lag}", advice)
    at_work = f"{members} at work; {lag}"
    if not behind or any(one.records is None or one.seconds is None for one in behind):
        return Finding(what, False, at_work, "look whether its topics are there and each partition has a leader")
    slow = max(one.seconds or 0.0 for one in behind) >= BEHIND_S
    return Finding(what, not slow, at_work, "it does not keep up: `tapwatt lag` names where, its log says why")


def _lag_in_words(behind: Sequence[PartitionLag]) -> str:
    unknown = sum(one.records is None or one.seconds is None for one in behind)
    if not behind or unknown == len(behind):
        return "how far it is behind is not known"
    records, seconds = sum(one.records or 0 for one in behind), max(one.seconds or 0.0 for one in behind)
    of_some = f", and of {unknown} partitions it is not known" if unknown else ""
    return f"{records:,} records behind, the oldest {seconds:,.0f} s old{of_some}" if records else f"0 behind{of_some}"
