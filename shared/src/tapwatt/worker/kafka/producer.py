"""Brings records to Kafka in batches, one batch on its way for each partition, and tells when they stand on the log.

Thousands of handlers that each send one record into aiokafka's accumulator wake each other up whenever a batch is full:
measured, 10,000 waiters cost 0.7 ms a record. Here a partition's records wait in one list, go together, and are
confirmed together, for a tenth of the cost of sending them one by one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.partitioner import DefaultPartitioner

from tapwatt import crash_windows as crash
from tapwatt.errors import BrokenInvariant, Unavailable
from tapwatt.worker.kafka.header_names import append, batch_for
from tapwatt.worker.records import Outgoing
from tapwatt.worker.tasks import Start, foreseen

LARGEST_VALUE = 2 * 1024 * 1024
"""Bytes. A record of a broker's usual 1 MiB can always be dead-lettered with its reason."""


KNOWN_FOR_S = 10.0
"""How long the partitions of a topic are taken as they were told. aiokafka itself asks Kafka every half minute."""


class _ProduceCall:
    """The records of one delivery, which may go to several partitions; `arrived` ends when all of them have arrived."""

    __slots__ = ("arrived", "left")

    def __init__(self, arrived: asyncio.Future[None], left: int) -> None:
        self.arrived = arrived
        self.left = left

    def tick(self) -> None:
        self.left -= 1
        if not self.left and not self.arrived.done():
            self.arrived.set_result(None)

    def fail(self, error: Exception) -> None:
        if not self.arrived.done():
            self.arrived.set_exception(error)


class BatchingProducer:
    """Delivers through a started idempotent producer. `timeout_s`: after this a batch's outcome is unknown.

    A key's partition follows from how many there are now, as with every producer of Kafka's. A topic that is given more
    moves its keys; within a minute all replicas and newcomers agree again where each one is.

    `failed` hears when Kafka refuses a batch for good. Its sequence number is then spent, and Kafka refuses whatever
    this producer sends to that partition after it (measured; aiokafka has no way back): a new process has to go on.
    `start` starts its tasks.
    """

    def __init__(
        self, producer: AIOKafkaProducer, timeout_s: float, failed: Callable[[BaseException], None], start: Start
    ) -> None:
        self._producer = producer
        self._timeout_s = timeout_s
        self._failed = failed
        self._start = start
        self._partition_of = DefaultPartitioner()
        self._partitions: dict[str, tuple[float, list[int]]] = {}
        self._waiting: dict[tuple[str, int], list[tuple[Outgoing, _ProduceCall]]] = {}

    async def produce(self, records: Sequence[Outgoing]) -> None:
        """Return when all stand on the log. Unavailable when that is not known: the same again is no harm.

        BrokenInvariant, before anything is sent, when one of them is larger than any topic of ours takes.
        """
        if not records:
            return
        call = _ProduceCall(asyncio.get_running_loop().create_future(), len(records))
        partitions = {}
        for record in records:
            if record.value is not None and len(record.value) > LARGEST_VALUE:
                raise BrokenInvariant(f"{len(record.value)} bytes for {record.topic} are more than {LARGEST_VALUE}")
            if record.topic not in partitions:
                partitions[record.topic] = await self._partitions_of(record.topic)
        for record in records:
            every = partitions[record.topic]
            to = (record.topic, self._partition_of(record.key, every, every))
            waiting = self._waiting.get(to)
            if waiting is None:
                self._waiting[to] = [(record, call)]
                self._start(self._send_waiting(to))
            else:
                waiting.append((record, call))
        await call.arrived

    async def _partitions_of(self, topic: str) -> list[int]:
        now = asyncio.get_running_loop().time()
        known = self._partitions.get(topic)
        if known is None or now >= known[0]:
            try:
                known = now + KNOWN_FOR_S, sorted(await self._producer.partitions_for(topic))
            except Exception as error:  # whatever keeps Kafka from telling, nothing was sent
                raise Unavailable(f"Kafka does not tell the partitions of {topic}: {error!r}") from error
            self._partitions[topic] = known
        return known[1]

    async def _send_waiting(self, to: tuple[str, int]) -> None:
        """Carry what waits for a partition, batch after batch, until nothing waits.

        However it ends, nobody goes on waiting for it, and the next delivery begins anew.
        """
        waiting: list[tuple[Outgoing, _ProduceCall]] = []
        error: BaseException | None = None
        try:
            while self._waiting[to]:
                waiting, self._waiting[to] = self._waiting[to], []
                begun = 0
                while begun < len(waiting):
                    begun += await self._send_batch(to, waiting, begun)
        except BaseException as raised:
            error = raised
            if foreseen(raised):
                raise
        finally:
            left = [call for _, call in waiting + self._waiting.pop(to)]
            if error is not None:
                _fail(left, Unavailable(f"a delivery to {to[0]} broke off ({error!r}): the same again is no harm"))

    async def _send_batch(self, to: tuple[str, int], waiting: list[tuple[Outgoing, _ProduceCall]], begun: int) -> int:
        batch = batch_for(self._producer, waiting[begun][0])
        calls = []
        for record, call in waiting[begun:] if begun else waiting:
            if not append(batch, record):
                break
            calls.append(call)
        try:
            async with asyncio.timeout(self._timeout_s):
                sent = await self._producer.send_batch(batch, to[0], partition=to[1])
                if crash.armed:
                    await crash.armed("in-delivery")
                await sent
        except TimeoutError:
            _fail(calls, Unavailable(f"Kafka did not confirm a delivery to {to[0]} within {self._timeout_s:g} s"))
        except KafkaError as error:
            refused = Unavailable(f"Kafka did not take a record for {to[0]}: {error!r}")
            _fail(calls, refused)
            if not error.retriable:
                self._failed(refused)
        else:
            for call in calls:
                call.tick()
        return len(calls)


def _fail(calls: list[_ProduceCall], error: Exception) -> None:
    for call in calls:
        call.fail(error)
