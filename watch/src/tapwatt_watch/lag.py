"""How far a consumer group is behind on each partition, in records and in seconds.

Pure. Records are what stands between what a group has committed and where the partition can be read to now (before the
first open transaction); seconds are the age of the first of them, by its time on the log against our clock. What is
not known is None, and never 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tapwatt.worker.records import Partition

Offsets = Mapping[Partition, int]


@dataclass(frozen=True, slots=True)
class Bounds:
    """From where to where each partition can be read now, as offsets. One that is missing is not known."""

    begins: Offsets
    ends: Offsets


@dataclass(frozen=True, slots=True)
class PartitionLag:
    """How far a group is behind on one partition: `records` it has not committed, `seconds` the age of the oldest.

    None is not known. 0 records are 0 seconds.
    """

    group: str
    partition: Partition
    records: int | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Uncommitted:
    """What a group has not committed of one partition: from which offset on it would read, and how many there are."""

    group: str
    partition: Partition
    begins: int
    records: int


def uncommitted(
    group: str, partitions: Iterable[Partition], committed: Offsets, bounds: Bounds
) -> Iterable[Uncommitted | PartitionLag]:
    """What a group has not committed of each of these partitions; a PartitionLag of None where that is not known.

    A partition of which it has committed nothing counts from its beginning, and so does one whose records were removed
    since.
    """
    for partition in partitions:
        begin, end = bounds.begins.get(partition), bounds.ends.get(partition)
        if begin is None or end is None:
            yield PartitionLag(group, partition, None, None)
        else:
            first = min(max(committed.get(partition, begin), begin), end)
            yield Uncommitted(group, partition, first, end - first)


@dataclass(frozen=True, slots=True)
class Oldest:
    """The first record at or after an offset: when it came to the log (UTC), None where it has no time.

    `there` is whether there is one before the end: the last offsets of a partition may be markers of transactions,
    which nobody reads and nobody commits.
    """

    logged_at: datetime | None
    there: bool = True


def lag_of(what: Uncommitted | PartitionLag, oldest: Oldest | None, now: datetime) -> PartitionLag:
    """The lag of what is uncommitted, given its oldest record; None if that could not be read."""
    if isinstance(what, PartitionLag):
        return what
    if not what.records or (oldest is not None and not oldest.there):
        return PartitionLag(what.group, what.partition, 0, 0)
    if oldest is None or oldest.logged_at is None:
        return PartitionLag(what.group, what.partition, what.records, None)
    return PartitionLag(what.group, what.partition, what.records, max(0, (now - oldest.logged_at).total_seconds()))
