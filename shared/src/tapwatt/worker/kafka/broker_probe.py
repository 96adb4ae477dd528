"""Where the log ends and where we read: the worker's lag, seen over a connection of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from tapwatt.errors import BadSettings
from tapwatt.worker.kafka.header_names import consumer
from tapwatt.worker.records import Partition


class BrokerProbe:
    """A connection to Kafka without a group. It answers even when the worker's own consumer is stuck."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._consumer: AIOKafkaConsumer | None = None

    async def open(self, timeout_s: float) -> None:
        """Connect. BadSettings in one sentence if Kafka does not answer within the timeout (seconds)."""
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout_s
        while True:
            log = consumer(bootstrap_servers=self._bootstrap, request_timeout_ms=10_000)
            try:
                await log.start()
                self._consumer = log
                return
            except (KafkaError, OSError, ValueError) as error:
                await log.stop()
                if loop.time() >= end or isinstance(error, ValueError):
                    raise BadSettings(
                        f"Kafka does not answer at {self._bootstrap} (waited {timeout_s:g} s): "
                        "start it, or set TAPWATT_KAFKA_BOOTSTRAP to where it is"
                    ) from error
            await asyncio.sleep(0.5)

    async def require(self, topics: Iterable[str]) -> None:
        """BadSettings names the topics that are missing: a worker never creates one."""
        assert self._consumer is not None
        missing = sorted(set(topics) - await self._consumer.topics())
        if missing:
            names = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
            raise BadSettings(
                f"Kafka at {self._bootstrap} has no topic {names}: create the topics with 'tapwatt topics --apply'"
            )

    async def ends(self, partitions: Iterable[Partition], timeout_s: float) -> Mapping[Partition, int] | None:
        """The offset to which each partition can be read now; None if the broker does not say so in time."""
        wanted = [TopicPartition(*p) for p in partitions]
        if self._consumer is None:
            return {}
        try:
            async with asyncio.timeout(timeout_s):
                if not wanted:
                    await self._consumer.topics()
                    return {}
                ends = await self._consumer.end_offsets(wanted)
        except (KafkaError, TimeoutError):
            return None
        return {Partition(*tp): end for tp, end in ends.items()}

    async def close(self) -> None:
        """Close the connection."""
        if self._consumer is not None:
            await self._consumer.stop()
            self._consumer = None
