"""A log like Kafka's, in memory: topics of partitions of records, which delivers at least once and is never lost."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Callable, Sequence

from tapwatt.worker.records import Incoming, Outgoing, Partition, Read

PARTITIONS = 3


class LogInMemory:
    """Records in the order of their key, numbered; readers are told when there are more."""

    def __init__(self) -> None:
        self._records: dict[Partition, list[Incoming]] = defaultdict(list)
        self._readers: list[Callable[[Incoming], None]] = []

    def tell(self, reader: Callable[[Incoming], None]) -> None:
        """Call this for every record from now on."""
        self._readers.append(reader)

    def append(self, records: Sequence[Outgoing]) -> None:
        """The records stand on the log."""
        for said in records:
            number = zlib.crc32(said.key or b"") % PARTITIONS
            stands = self._records[Partition(said.topic, number)]
            record = Read(said.topic, number, len(stands), said.key, said.value, said.headers)
            stands.append(record)
            for reader in self._readers:
                reader(record)

    def read(self, topic: str, number: int, offset: int) -> list[Incoming]:
        """What stands in a partition from this offset on."""
        return self._records[Partition(topic, number)][offset:]

    def all_of(self, topic: str) -> list[Incoming]:
        """Everything on a topic."""
        return [r for number in range(PARTITIONS) for r in self.read(topic, number, 0)]
