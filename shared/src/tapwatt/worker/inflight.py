"""Handles thousands of records at once: in order for each key, in any order across keys, within bounds."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import NamedTuple

from tapwatt import crash_windows as crash
from tapwatt.worker.offset_tracker import OffsetTracker
from tapwatt.worker.records import Incoming, Partition
from tapwatt.worker.tasks import Start, foreseen

STOPPED_WITHIN_S = 5.0
"""How long a partition that is not ours any more waits for its handlers to stop."""

Handle = Callable[[Incoming], Awaitable[None]]
"""Handles one record and returns when it is done for good. It must be total: what it raises stops the worker."""


class _Lane:
    """The records of one key: one is being handled, the others wait their turn."""

    __slots__ = ("behind", "task")

    def __init__(self) -> None:
        self.behind: deque[Incoming] | None = None
        self.task: asyncio.Task[None] | None = None


class _PartitionInFlight:
    """What is in flight of one partition, from the moment it is ours until it is not."""

    __slots__ = ("delayed", "forgotten", "lanes", "offsets")

    def __init__(self, delayed: bool) -> None:
        self.offsets = OffsetTracker()
        self.lanes: dict[object, _Lane] = {}
        self.delayed = delayed
        self.forgotten = False


class Run(NamedTuple):
    """New records of one partition, on their way from where they were noted to where they are handled."""

    records: list[Incoming]
    ours: _PartitionInFlight


class InFlight:
    """The records in flight of all partitions. Everything is called from one event loop.

    `bound` limits what is handled at once over all partitions, `partition_bound` what is kept of one partition
    (unfinished, and finished behind an unfinished one), so that one slow head cannot hold a million behind it.
    Partitions of delayed records (`delayed`) have their own bound and do not use up the common one.
    """

    def __init__(
        self,
        handle: Handle,
        *,
        bound: int,
        partition_bound: int,
        failed: Callable[[BaseException], None],
        start: Start,
        delayed: Callable[[str], bool] = lambda topic: False,
    ) -> None:
        self._handle = handle
        self._bound = bound
        self._partition_bound = partition_bound
        self._failed = failed
        self._start = start
        self._is_delayed = delayed
        self._partitions: dict[Partition, _PartitionInFlight] = {}
        self.active = 0
        self.finished_total = 0

    def note(self, partition: Partition, records: Iterable[Incoming]) -> Run:
        """Take note of delivered records before anything else happens; the run holds those that are new."""
        ours = self._ours(partition)
        note = ours.offsets.note
        new = [record for record in records if note(record.offset)]
        if not ours.delayed:
            self.active += len(new)
        return Run(new, ours)

    def read_to(self, partition: Partition, position: int) -> None:
        """All that this partition delivers before the position is noted; the rest before it is never delivered."""
        if position > 0:
            self._ours(partition).offsets.read_to(position)

    def _ours(self, partition: Partition) -> _PartitionInFlight:
        ours = self._partitions.get(partition)
        if ours is None:
            ours = self._partitions[partition] = _PartitionInFlight(self._is_delayed(partition.topic))
        return ours

    def accept(self, run: Run) -> None:
        """Begin to handle what was noted. A run whose partition was forgotten since is dropped: it is read again."""
        ours = run.ours
        if ours.forgotten:
            return
        lanes = ours.lanes
        start = self._start
        for record in run.records:
            name: object = record.key if record.key is not None else record.offset
            lane = lanes.get(name)
            if lane is None:
                lane = lanes[name] = _Lane()
                lane.task = start(self._run(ours, name, lane, record))
            elif lane.behind is None:
                lane.behind = deque((record,))
            else:
                lane.behind.append(record)

    async def _run(self, ours: _PartitionInFlight, name: object, lane: _Lane, record: Incoming) -> None:
        handle = self._handle
        finish = ours.offsets.finish
        try:
            while True:
                await handle(record)
                if crash.armed:
                    await crash.armed("before-done")
                if ours.forgotten:  # it did not stop when it was told to; somebody else has the partition
                    return
                finish(record.offset)
                self.finished_total += 1
                if not ours.delayed:
                    self.active -= 1
                if not lane.behind:
                    del ours.lanes[name]
                    return
                record = lane.behind.popleft()
        except BaseException as error:
            if foreseen(error):
                raise
            self._failed(error)  # a handler is total; if it is not, the worker must stop

    def commit_of(self, partition: Partition) -> int | None:
        """Up to where this partition may be committed, or None if nothing of it is known to be done."""
        ours = self._partitions.get(partition)
        return ours.offsets.commit if ours else None

    def partitions(self) -> list[Partition]:
        """The partitions of which something was read."""
        return list(self._partitions)

    def full(self) -> set[Partition]:
        """The partitions of which no more is to be fetched now."""
        limit = self._partition_bound
        busy = self.active >= self._bound
        return {p for p, ours in self._partitions.items() if len(ours.offsets) >= limit or (busy and not ours.delayed)}

    @property
    def busy(self) -> bool:
        """Whether the common bound is reached, so that only waiting partitions may be fetched from."""
        return self.active >= self._bound

    @property
    def unfinished(self) -> int:
        """How many records are not done, over all partitions."""
        return sum(ours.offsets.unfinished for ours in self._partitions.values())

    async def forget(self, partitions: Iterable[Partition] | None = None) -> None:
        """These partitions (or all) are no longer ours, or are read anew: stop their handlers and keep nothing of them.

        A handler is stopped where it waits. That is safe anywhere, as kill -9 is: the record is handled again, and
        what may happen once carries a reference that says so.
        """
        tasks = []
        for partition in list(self._partitions) if partitions is None else list(partitions):
            ours = self._partitions.pop(partition, None)
            if ours is None:
                continue
            ours.forgotten = True
            if not ours.delayed:
                self.active -= ours.offsets.unfinished
            tasks += [lane.task for lane in ours.lanes.values() if lane.task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=STOPPED_WITHIN_S)  # one that does not stop commits nothing all the same

    async def drain(self, at_most_s: float, sleep: Callable[[float], Awaitable[None]]) -> int:
        """Wait until everything is done, at most so many seconds; returns how many records are not."""
        waited = 0.0
        while waited < at_most_s and any(
            ours.offsets.unfinished for ours in self._partitions.values() if not ours.delayed
        ):
            await sleep(0.05)
            waited += 0.05
        return self.unfinished
