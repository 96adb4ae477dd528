"""Asks the broker from outside how far each service's group has come, how far it is behind, and who its members are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError, KafkaError, NoBrokersAvailable, for_code

from tapwatt.clock import Clock
from tapwatt.errors import Unavailable
from tapwatt.facts.topics import Topics
from tapwatt.worker.kafka.partitions import partitions_of
from tapwatt.worker.records import Partition
from tapwatt.worker.tasks import together
from tapwatt_watch.kafka.closing import close
from tapwatt_watch.kafka.oldest_records import OldestRecords
from tapwatt_watch.lag import Bounds, Offsets, PartitionLag, Uncommitted, lag_of, uncommitted
from tapwatt_watch.services import HEARS, group_of, read_by

ANSWERS_WITHIN_S = 5.0
"""A broker that takes longer to answer is said not to answer."""

LOOK_AGAIN_S = 30.0
"""How often it is asked whether topics were given more partitions."""

AGAIN_AFTER_S = 0.2

_SETTLED = ("Stable", "Empty", "Dead")

Told = TypeVar("Told")


class NoAnswer(Unavailable):
    """The broker does not answer at all. Where it answers and does not tell, that is a plain Unavailable."""


@dataclass(frozen=True, slots=True)
class GroupsTold:
    """What the broker said of all groups: how far behind, how far they have come, and how many members each has.

    `unsettled` are those whose members are being given their partitions just now: nothing is handled meanwhile.
    """

    lags: Sequence[PartitionLag]
    committed: Mapping[str, Offsets]
    members: Mapping[str, int]
    unsettled: frozenset[str] = frozenset()


class Groups:
    """The groups of the four services, asked over connections of our own that are in no group."""

    def __init__(self, bootstrap: str, topics: Topics, clock: Clock) -> None:
        self._bootstrap = bootstrap
        self._clock = clock
        self._reads = {group_of(service, topics): read_by(service, topics) for service in HEARS}
        self._partitions: list[TopicPartition] = []
        self._described_at = 0.0
        self._admin: AIOKafkaAdminClient | None = None
        self._oldest: OldestRecords | None = None
        self._closing: list[Callable[[], Awaitable[object]]] = []

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Groups]:
        """Connected within the block. NoAnswer in one sentence if the broker does not answer within 5 s."""
        try:
            await self._open()
            yield self
        finally:
            await close(*self._closing)
            self._admin = self._oldest = None
            self._closing.clear()

    async def _open(self) -> None:
        self._admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
        self._closing = [self._admin.close]
        try:
            async with asyncio.timeout(ANSWERS_WITHIN_S):
                await self._admin.start()
                await self._described()
        except (KafkaError, OSError, TimeoutError) as error:
            raise self._away(error) from error

    async def ask(self) -> GroupsTold:
        """How it is now. NoAnswer in one sentence if the broker does not answer within 5 s, else Unavailable."""
        try:
            async with asyncio.timeout(ANSWERS_WITHIN_S):
                if self._clock.monotonic() - self._described_at >= LOOK_AGAIN_S:
                    await self._described()
                committed = await self._of_each(self._committed)
                described = await self._of_each(self._described_group)
                assert self._oldest is not None
                bounds = await self._oldest.bounds()
                left = [one for group, topics in self._reads.items() for one in self._behind(group, committed, bounds)]
        except (KafkaError, OSError, TimeoutError) as error:
            raise self._away(error) from error
        oldest = await self._oldest.of([one for one in left if isinstance(one, Uncommitted) and one.records])
        now = self._clock.now()
        lags = [lag_of(one, oldest.get((one.partition, _begins(one))), now) for one in left]
        members = {group: count for group, (_, count) in described.items()}
        unsettled = frozenset(group for group, (state, _) in described.items() if state not in _SETTLED)
        return GroupsTold(lags, committed, members, unsettled)

    def _behind(
        self, group: str, committed: Mapping[str, Offsets], bounds: Bounds
    ) -> Sequence[Uncommitted | PartitionLag]:
        reads = [Partition(*tp) for tp in self._partitions if tp.topic in self._reads[group]]
        return list(uncommitted(group, reads, committed[group], bounds))

    async def _described(self) -> None:
        """Which partitions there are. Where others are than were, they are read over a new connection."""
        assert self._admin is not None
        self._described_at = self._clock.monotonic()
        found = await partitions_of(self._admin, sorted(set().union(*self._reads.values())))
        if self._oldest is None or found != self._partitions:
            await close(*self._closing[1:])
            self._partitions, self._oldest = found, OldestRecords(self._bootstrap, found)
            self._closing[1:] = [self._oldest.close]
            await self._oldest.open()

    async def _of_each(self, ask: Callable[[str], Coroutine[Any, Any, Told]]) -> dict[str, Told]:
        return dict(zip(self._reads, await together(_until_told(ask, group) for group in self._reads), strict=True))

    async def _committed(self, group: str) -> dict[Partition, int]:
        assert self._admin is not None
        told = await self._admin.list_consumer_group_offsets(group)
        return {Partition(*tp): one.offset for tp, one in told.items() if one.offset >= 0}

    async def _described_group(self, group: str) -> tuple[str, int]:
        """Its state in the broker's word, and how many members it has."""
        assert self._admin is not None
        [answer] = await self._admin.describe_consumer_groups([group])
        [told] = answer.groups
        if told[0]:
            raise for_code(told[0])(group)
        return told[2], len(told[5])

    def _away(self, error: BaseException) -> Unavailable:
        if isinstance(error, TimeoutError):
            return NoAnswer(f"Kafka at {self._bootstrap} does not answer within {ANSWERS_WITHIN_S:g} s")
        if isinstance(error, OSError | KafkaConnectionError | NoBrokersAvailable):
            return NoAnswer(f"Kafka at {self._bootstrap} does not answer ({error!r})")
        return Unavailable(f"Kafka at {self._bootstrap} does not tell how far groups have come ({error!r})")


async def _until_told(ask: Callable[[str], Coroutine[Any, Any, Told]], group: str) -> Told:
    """Ask again while the group's coordinator is being found, as it is where no group ever was."""
    while True:
        try:
            return await ask(group)
        except KafkaError as error:
            if not error.retriable:
                raise
        await asyncio.sleep(AGAIN_AFTER_S)


def _begins(one: Uncommitted | PartitionLag) -> int:
    return one.begins if isinstance(one, Uncommitted) else -1
