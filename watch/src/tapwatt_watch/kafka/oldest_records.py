"""Looks when the record at an offset came to the log, and from where to where partitions can be read now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from tapwatt.worker.kafka.header_names import consumer
from tapwatt.worker.records import Partition
from tapwatt_watch.lag import Bounds, Oldest, Uncommitted
from tapwatt_watch.log_time import log_time

LOOKS_FOR_S = 2.0
"""What is not found by then is not known this time."""

_FETCHED = 64 * 1024
"""Bytes of a partition that are fetched to see one record."""

_WAIT_MS = 200

Found = Mapping[tuple[Partition, int], Oldest]
"""What was found by partition and offset."""


class OldestRecords:
    """A consumer of no group to which all partitions are assigned once; it fetches those that it is asked about.

    When the record at an offset came to the log does not change, so it is looked for once.
    """

    def __init__(self, bootstrap: str, partitions: Sequence[TopicPartition]) -> None:
        self._bootstrap = bootstrap
        self._partitions = list(partitions)
        self._consumer: AIOKafkaConsumer | None = None
        self._known: dict[Partition, tuple[int, Oldest]] = {}

    async def open(self) -> None:
        """Connect. It raises what Kafka's client does."""
        self._consumer = consumer(
            bootstrap_servers=self._bootstrap,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=_FETCHED,
            request_timeout_ms=10_000,
        )
        await self._consumer.start()
        # Assigned once and for all: stopping an aiokafka consumer that was assigned anew can wait for ever.
        self._consumer.assign(self._partitions)
        self._consumer.pause(*self._partitions)

    async def close(self) -> None:
        """Close the connection."""
        if self._consumer is not None:
            await self._consumer.stop()

    async def bounds(self) -> Bounds:
        """From where to where each partition can be read now. It raises what Kafka's client does."""
        assert self._consumer is not None
        begins = await self._consumer.beginning_offsets(self._partitions)
        ends = await self._consumer.end_offsets(self._partitions)
        return Bounds(
            {Partition(*tp): at for tp, at in begins.items()}, {Partition(*tp): at for tp, at in ends.items()}
        )

    async def of(self, wanted: Sequence[Uncommitted]) -> Found:
        """The oldest record of each of these, as far as it is found in time."""
        found = {(one.partition, one.begins): oldest for one in wanted if (oldest := self._seen(one)) is not None}
        missing = {(one.partition, one.begins): one for one in wanted if (one.partition, one.begins) not in found}
        # two groups may stand at different offsets of one partition: each is looked for in a turn of its own
        while missing:
            turn = {TopicPartition(*one.partition): one for one in reversed(missing.values())}
            told = await self._look(turn)
            found |= {(one.partition, one.begins): told[tp] for tp, one in turn.items() if tp in told}
            if not told:
                break
            for one in turn.values():
                missing.pop((one.partition, one.begins))
        return found

    def _seen(self, one: Uncommitted) -> Oldest | None:
        offset, oldest = self._known.get(one.partition, (-1, Oldest(None)))
        return oldest if offset == one.begins else None

    async def _look(self, turn: Mapping[TopicPartition, Uncommitted]) -> dict[TopicPartition, Oldest]:
        found: dict[TopicPartition, Oldest] = {}
        log = self._consumer
        assert log is not None
        try:
            async with asyncio.timeout(LOOKS_FOR_S):
                for tp, one in turn.items():
                    log.seek(tp, one.begins)
                log.resume(*turn)
                while left := [tp for tp in turn if tp not in found]:
                    for tp, records in (await log.getmany(*left, timeout_ms=_WAIT_MS)).items():
                        oldest = Oldest(log_time(records[0]))
                        found[tp] = oldest
                        self._known[turn[tp].partition] = (turn[tp].begins, oldest)
                        log.pause(tp)
                    for tp in left:
                        one = turn[tp]
                        if tp not in found and await log.position(tp) >= one.begins + one.records:
                            found[tp] = Oldest(None, there=False)  # markers of transactions alone
        except (KafkaError, TimeoutError):
            pass  # what was not found is not known
        finally:
            log.pause(*turn)
        return found
