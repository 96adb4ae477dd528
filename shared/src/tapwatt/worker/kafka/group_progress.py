"""How far a consumer group has come with some topics, asked of Kafka by what the group has committed."""

from __future__ import annotations

from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from tapwatt.errors import Unavailable
from tapwatt.worker.kafka.header_names import consumer
from tapwatt.worker.kafka.log_reader import read_log
from tapwatt.worker.kafka.partitions import partitions_of
from tapwatt.worker.progress import Ends
from tapwatt.worker.records import Incoming, Partition

MANY = 2000
"""Whoever is so far behind is asked again later: reading them all would take longer than anybody waits."""


class GroupProgress:
    """The progress of a group by what it has committed. A commit follows what is done by half a second."""

    def __init__(self, bootstrap: str, group: str, topics: Sequence[str]) -> None:
        self._bootstrap = bootstrap
        self._group = group
        self._topics = list(topics)
        self._consumer: AIOKafkaConsumer | None = None
        self._admin: AIOKafkaAdminClient | None = None

    async def open(self) -> None:
        """Connect."""
        self._consumer = consumer(bootstrap_servers=self._bootstrap, group_id=None)
        await self._consumer.start()
        self._admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
        await self._admin.start()

    async def close(self) -> None:
        """Close the connections."""
        if self._consumer is not None:
            await self._consumer.stop()
        if self._admin is not None:
            await self._admin.close()

    async def ends(self) -> Ends:
        """The offset to which each partition that has anything can be read now."""
        assert self._consumer is not None
        assert self._admin is not None
        try:
            every = await partitions_of(self._admin, self._topics)
            begins = await self._consumer.beginning_offsets(every)
            ends = await self._consumer.end_offsets(every)
        except (KafkaError, OSError) as error:
            raise Unavailable(f"Kafka does not tell where {self._topics} end: {error!r}") from error
        return {Partition(*tp): end for tp, end in ends.items() if end > begins[tp]}

    async def reached(self, ends: Ends) -> bool:
        """Whether everything before these offsets was handled."""
        if not ends:
            return True
        done = await self._committed()
        return all(done.get(partition, -1) >= end for partition, end in ends.items())

    async def unhandled(self) -> Sequence[Incoming]:
        """The records from what was committed to where the topics end now."""
        found: list[Incoming] = []
        async for record in read_log(self._bootstrap, self._topics, since=await self._committed()):
            found.append(record)
            if len(found) > MANY:
                raise Unavailable(f"{self._group} is more than {MANY} records behind with {self._topics}")
        return found

    async def _committed(self) -> dict[Partition, int]:
        assert self._admin is not None
        try:
            committed = await self._admin.list_consumer_group_offsets(self._group)
        except (KafkaError, OSError) as error:
            raise Unavailable(f"Kafka does not tell how far {self._group} has come: {error!r}") from error
        return {Partition(*tp): told.offset for tp, told in committed.items()}
