"""What waits in the retry topics for its next try, by service and kind, since when, and what of it is overdue.

Pure. A record waits from when it is put into a retry topic until its group has committed beyond it. Each try puts a
record of its own there, so for how long the first of them was delayed follows from the schedule.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from tapwatt.worker.moved_records import Kind, delay_of, kind_of
from tapwatt.worker.records import Incoming, Partition
from tapwatt.worker.retry_schedule import SCHEDULE
from tapwatt_watch.lag import Offsets


@dataclass(frozen=True, slots=True)
class Waiting:
    """A record that waits: why, since when (at the latest) it is delayed, and when it is due; UTC."""

    offset: int
    kind: Kind
    since: datetime
    due: datetime


class DelayedRecords:
    """What waits for one service, by the partitions of its retry topics."""

    def __init__(self) -> None:
        self._waiting: dict[Partition, deque[Waiting]] = {}
        self._committed: dict[Partition, int] = {}

    def read(self, record: Incoming, at: datetime) -> None:
        """Take note of a record of a retry topic, whatever it is made of, and of when it came to the log."""
        partition = Partition(record.topic, record.partition)
        if record.offset < self._committed.get(partition, 0):
            return
        delay = delay_of(record)
        since = at if delay is None else at - before(delay.scheduled)
        due = at if delay is None else delay.due
        self._waiting.setdefault(partition, deque()).append(Waiting(record.offset, kind_of(record), since, due))

    def committed(self, offsets: Offsets) -> None:
        """Its group has come so far: what stands before is done."""
        self._committed.update(offsets)
        for partition, waiting in self._waiting.items():
            done = self._committed.get(partition, 0)
            while waiting and waiting[0].offset < done:
                waiting.popleft()

    def records(self) -> Iterator[Waiting]:
        """Everything that waits."""
        for waiting in self._waiting.values():
            yield from waiting


def before(scheduled: int) -> timedelta:
    """How much delay went before a record's so many-th try by schedule, at the least."""
    seconds, left = 0.0, scheduled - 1
    for tier in SCHEDULE:
        tries = min(max(left, 0), tier.tries)
        seconds, left = seconds + tries * tier.delay_s, left - tries
    return timedelta(seconds=seconds)
