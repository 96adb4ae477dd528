"""Two logs behind one face: the one in memory that simulations run on, and a real Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from random import Random
from typing import Protocol

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from tests.flow.log_in_memory import LogInMemory
from tests.flow.worker_in_memory import GroupInMemory, ProgressInMemory, WorkerInMemory

from tapwatt.worker.kafka.group_progress import GroupProgress
from tapwatt.worker.kafka.log_reader import read_log
from tapwatt.worker.kafka.partitions import partitions_of
from tapwatt.worker.progress import Progress
from tapwatt.worker.records import Incoming, Outgoing, Partition


class World(Protocol):
    """What a test does with a log of one topic."""

    topic: str

    async def say(self, records: Sequence[Outgoing]) -> None: ...
    async def abort(self, record: Outgoing) -> None: ...
    async def grow(self, partitions: int) -> None: ...
    async def read(self) -> list[Incoming]: ...
    async def commit(self, offsets: Mapping[Partition, int]) -> None: ...
    async def progress(self) -> Progress: ...
    async def close(self) -> None: ...


class MemoryLog:
    """The log in memory, and one member of a group that reads it."""

    topic = "tapwatt.charging-ended.v1"

    def __init__(self) -> None:
        self.log = LogInMemory()
        self._group = GroupInMemory()
        self._worker = WorkerInMemory(_never, self.log, Random(1), stable=True, group=self._group)

    async def say(self, records: Sequence[Outgoing]) -> None:
        self.log.append(records)

    async def abort(self, record: Outgoing) -> None:
        self.log.leave_out(self.log.partition_of(record), 2)

    async def grow(self, partitions: int) -> None:
        self.log.grow(self.topic, partitions)

    async def read(self) -> list[Incoming]:
        return self.log.all_of(self.topic)

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        self._group.committed.update(offsets)

    async def progress(self) -> Progress:
        return ProgressInMemory(self._worker, self.log, [self.topic])

    async def close(self) -> None:
        """Nothing to close."""


class KafkaLog:
    """A topic of a real Kafka, and a group that reads it."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self.topic = f"{prefix}tapwatt.charging-ended.v1"
        self._bootstrap = bootstrap
        self._group = f"{prefix}group"
        self._progress: list[GroupProgress] = []

    async def say(self, records: Sequence[Outgoing]) -> None:
        await self._say(records)

    async def abort(self, record: Outgoing) -> None:
        await self._say([record], transaction=f"{self._group}-aborts")

    async def _say(self, records: Sequence[Outgoing], transaction: str | None = None) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self._bootstrap, acks="all", transactional_id=transaction)
        await producer.start()
        try:
            if transaction:
                await producer.begin_transaction()
            for one in records:
                await producer.send_and_wait(one.topic, one.value, one.key, headers=list(one.headers))
            if transaction:
                await producer.abort_transaction()
        finally:
            await producer.stop()

    async def grow(self, partitions: int) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
        await admin.start()
        try:
            await admin.create_partitions({self.topic: NewPartitions(partitions)})
            async with asyncio.timeout(20):
                while len(await partitions_of(admin, [self.topic])) < partitions:
                    await asyncio.sleep(0.1)
        finally:
            await admin.close()

    async def read(self) -> list[Incoming]:
        return [record async for record in read_log(self._bootstrap, [self.topic])]

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        member = AIOKafkaConsumer(
            self.topic, bootstrap_servers=self._bootstrap, group_id=self._group, enable_auto_commit=False
        )
        await member.start()
        try:
            await member.getmany(timeout_ms=0)
            if offsets:
                await member.commit({TopicPartition(*partition): offset for partition, offset in offsets.items()})
        finally:
            await member.stop()

    async def progress(self) -> Progress:
        await self.commit({})  # a broker that never had a group has nobody to ask
        progress = GroupProgress(self._bootstrap, self._group, [self.topic])
        await progress.open()
        self._progress.append(progress)
        return progress

    async def close(self) -> None:
        for progress in self._progress:
            await progress.close()


def _never() -> None:
    raise AssertionError("nothing is handled here")
