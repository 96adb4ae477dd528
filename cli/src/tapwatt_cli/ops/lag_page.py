"""Shows how far each service is behind: a line a group, and the partitions behind; what is not known as `?`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from tapwatt_cli.console import printable
from tapwatt_watch.kafka.groups import GroupsTold
from tapwatt_watch.lag import PartitionLag

UNKNOWN = "?"
MANY = 20
"""So many partitions are named; --all names every one, those that are not behind, too."""


def show_lag(console: Console, told: GroupsTold, *, every: bool) -> None:
    """The groups, then the partitions that are behind, the worst first."""
    table = Table(title="Groups", title_justify="left", header_style="bold", box=box.SIMPLE_HEAD)
    table.add_column("group", overflow="fold")
    for name in ("members", "records behind", "seconds behind"):
        table.add_column(name, justify="right")
    for group, members in told.members.items():
        lags = [one for one in told.lags if one.group == group]
        style = "red" if not members else ""
        table.add_row(printable(group), str(members), *_behind(lags), style=style)
    console.print(table)
    for group in (group for group, members in told.members.items() if not members):
        console.print(f"{printable(group)} has no member: nobody does its work", style="red")
    behind = sorted((one for one in told.lags if every or one.records != 0), key=_worst_first)
    if not behind:
        console.print("Nobody is behind.")
        return
    parts = Table(title="Partitions", title_justify="left", header_style="bold", box=box.SIMPLE_HEAD)
    for name in ("group", "topic"):
        parts.add_column(name, overflow="fold")
    for name in ("partition", "records", "seconds"):
        parts.add_column(name, justify="right")
    for one in behind if every else behind[:MANY]:
        where = (printable(one.group), printable(one.partition.topic), str(one.partition.number))
        parts.add_row(*where, *_behind([one]))
    console.print(parts)
    if not every and len(behind) > MANY:
        console.print(f"and {len(behind) - MANY} more: --all names them")


def _behind(lags: Sequence[PartitionLag]) -> tuple[str, str]:
    records, seconds = totals(lags)
    return (
        UNKNOWN if records is None else f"{records:,}",
        UNKNOWN if seconds is None else f"{seconds:,.1f}",
    )


def totals(lags: Iterable[PartitionLag]) -> tuple[int | None, float | None]:
    """All records together, and the seconds of the one that is furthest behind; None where one of them is not known."""
    every = list(lags)
    records = [one.records for one in every]
    seconds = [one.seconds for one in every]
    return (
        None if None in records else sum(one for one in records if one is not None),
        None if None in seconds else max((one for one in seconds if one is not None), default=0.0),
    )


def _worst_first(one: PartitionLag) -> tuple[bool, float, str, str, int]:
    seconds = -1.0 if one.seconds is None else one.seconds
    return (one.seconds is not None, -seconds, one.group, one.partition.topic, one.partition.number)


def lag_as_json(told: GroupsTold) -> dict[str, Any]:
    """The lag for scripts; null is not known."""
    groups: Mapping[str, int] = told.members
    return {
        "groups": [
            {"group": group, "members": members, "records": of[0], "seconds": of[1]}
            for group, members in groups.items()
            for of in [totals(one for one in told.lags if one.group == group)]
        ],
        "partitions": [
            {
                "group": one.group,
                "topic": one.partition.topic,
                "partition": one.partition.number,
                "records": one.records,
                "seconds": one.seconds,
            }
            for one in told.lags
        ],
    }
