"""Names the transactions that producers have open for long: until one ends, nobody may read what stands behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tapwatt.worker.records import Partition


class HeldBack(NamedTuple):
    """Where in a partition an open transaction begins, and how many records stand there and behind it."""

    offset: int
    records: int


class OpenTransactions:
    """Compares what is held back from one look to the next. Most transactions are over by then."""

    def __init__(self) -> None:
        self._before: Mapping[Partition, HeldBack] = {}
        self._named: dict[Partition, int] = {}
        self.records = 0

    def look(self, now: Mapping[Partition, HeldBack]) -> Iterator[tuple[str, int]]:
        """Where each begins (topic/partition/offset) that was there at the last look too, once, and what it holds."""
        self.records = sum(one.records for one in now.values())
        before, self._before = self._before, now
        self._named = {partition: offset for partition, offset in self._named.items() if partition in now}
        for partition, one in now.items():
            lasts = partition in before and before[partition].offset == one.offset
            if lasts and self._named.get(partition) != one.offset:
                self._named[partition] = one.offset
                yield f"{partition.topic}/{partition.number}/{one.offset}", one.records
