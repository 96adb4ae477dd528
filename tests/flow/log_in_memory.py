"""A log like Kafka's, in memory: topics of partitions of records, which delivers at least once and is never lost."""

from __future__ import annotations

import zlib
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tapwatt.facts.envelopes import Headers
from tapwatt.worker.records import BY_THE_BROKER, Incoming, Outgoing, Partition, Read

PARTITIONS = 3


class Logged(NamedTuple):
    """A record with the broker's time (milliseconds since 1970), as a topic with LogAppendTime delivers it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp: int
    timestamp_type: int = BY_THE_BROKER


class LogInMemory:
    """Records in the order of their key, numbered; readers are told when there are more.

    With `milliseconds` records have the broker's time. Offsets may be left out, as aborted transactions leave them, and
    a topic may get more partitions: a key's later records then stand in another one.
    """

    def __init__(self, milliseconds: Callable[[], int] | None = None) -> None:
        self._milliseconds = milliseconds
        self._records: dict[Partition, list[Incoming]] = defaultdict(list)
        self._ends: dict[Partition, int] = defaultdict(int)
        self._numbers: dict[str, int] = {}
        self._readers: list[Callable[[Incoming], None]] = []
        self.last: Incoming
        """The record that was appended last."""

    def tell(self, reader: Callable[[Incoming], None]) -> None:
        """Call this for every record from now on."""
        self._readers.append(reader)

    def append(self, records: Sequence[Outgoing]) -> None:
        """The records stand on the log."""
        for said in records:
            at = self.partition_of(said)
            offset = self._ends[at]
            record: Incoming = (
                Read(*at, offset, said.key, said.value, said.headers)
                if self._milliseconds is None
                else Logged(*at, offset, said.key, said.value, said.headers, self._milliseconds())
            )
            self._records[at].append(record)
            self.last = record
            self._ends[at] = offset + 1
            for reader in self._readers:
                reader(record)

    def partition_of(self, said: Outgoing) -> Partition:
        """Where a record of this key stands that is said now."""
        return Partition(said.topic, zlib.crc32(said.key or b"") % self.partitions(said.topic))

    def leave_out(self, partition: Partition, offsets: int) -> None:
        """So many offsets of this partition are never delivered: a transaction was aborted, or is over."""
        self._ends[partition] += offsets

    def grow(self, topic: str, partitions: int) -> None:
        """The topic has so many partitions from now on."""
        self._numbers[topic] = max(partitions, self.partitions(topic))

    def partitions(self, topic: str) -> int:
        """How many partitions the topic has."""
        return self._numbers.get(topic, PARTITIONS)

    def end(self, partition: Partition) -> int:
        """The offset that the next record will have."""
        return self._ends.get(partition, 0)

    def read(self, topic: str, number: int, offset: int) -> list[Incoming]:
        """What stands in a partition from this offset on."""
        at = Partition(topic, number)
        end = self._ends.get(at, 0)
        if end <= offset:
            return []
        stands = self._records[at]
        if len(stands) == end:
            return stands[offset:]
        return stands[bisect_left(stands, offset, key=lambda record: record.offset) :]

    def all_of(self, topic: str) -> list[Incoming]:
        """Everything on a topic."""
        return [r for number in range(self.partitions(topic)) for r in self.read(topic, number, 0)]
