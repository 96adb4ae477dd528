"""Reads and writes Kafka records whose header names are not UTF-8, which aiokafka can do neither of.

Kafka takes any bytes as a header's name, and a broker looks at none of them. aiokafka decodes names as UTF-8 in its
parser, below everything that could catch it: one such record ends every fetch of its partition, for ever. Here a name
that is not UTF-8 is read with lone surrogates in it (PEP 383) and written back as the bytes that it was.

aiokafka has no place where a parser could be handed in, so its fetcher is given ours, once a process. Batches that its
own parser in C can read are read by that parser, so ordinary records cost nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import islice
from typing import Any, cast

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.consumer import fetcher
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record import default_records, memory_records

from tapwatt.worker.kafka.fetch_sessions import keep_fetch_sessions
from tapwatt.worker.records import Outgoing

METADATA_MS = 30_000
"""How soon partitions that an operator adds to a topic are heard of."""

_MAGIC = struct.calcsize(">qii")


def consumer(*topics: str, **settings: Any) -> AIOKafkaConsumer:
    """An aiokafka consumer, not started yet, that can read every record that a broker takes and that was committed.

    An end offset that it tells is where it can read to now: the first record of an open transaction, if there is one.
    """
    read_any_name()
    keep_fetch_sessions()
    return AIOKafkaConsumer(*topics, isolation_level="read_committed", metadata_max_age_ms=METADATA_MS, **settings)


def read_any_name() -> None:
    """From now on every consumer of this process reads any header name."""
    fetcher.MemoryRecords = _Records


def batch_for(producer: AIOKafkaProducer, first: Outgoing) -> BatchBuilder:
    """An empty batch that can hold this record."""
    usual = all(_is_utf8(name) for name, _ in first.headers)
    return producer.create_batch() if usual else _AnyBatchBuilder(producer)


def append(batch: BatchBuilder, record: Outgoing) -> bool:
    """Whether the record is now in the batch. If not, it begins the next one."""
    headers = list(record.headers)
    if isinstance(batch, _AnyBatchBuilder):
        headers = [(_Name(name), raw) for name, raw in headers]
    elif not all(_is_utf8(name) for name, _ in headers):
        return False
    return batch.append(key=record.key, value=record.value, timestamp=None, headers=headers) is not None


async def send(producer: AIOKafkaProducer, record: Outgoing) -> None:
    """Deliver one record by itself. KafkaError if Kafka does not take it."""
    every = sorted(await producer.partitions_for(record.topic))
    batch = batch_for(producer, record)
    append(batch, record)
    partition = DefaultPartitioner()(record.key, every, every)
    await (await producer.send_batch(batch, record.topic, partition=partition))


def _is_utf8(name: str) -> bool:
    if name.isascii():
        return True
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


class _Records(memory_records._MemoryRecordsPy):  # type: ignore[misc]  # final to the type checker only
    """The batches of one answer to a fetch, each of which can be read a second time."""

    def next_batch(self, *args: Any) -> Any:
        raw = self._next_slice
        batch = super().next_batch()
        return _Batch(batch, raw) if raw is not None and raw[_MAGIC] >= 2 else batch


class _Batch:
    """A batch as aiokafka reads it, and from the first name on that it cannot read as we do."""

    def __init__(self, batch: Any, raw: memoryview) -> None:
        self._batch = batch
        self._raw = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        read = 0
        try:
            for record in self._batch:
                read += 1
                yield record
        except UnicodeDecodeError:
            yield from islice(_lenient(self._raw), read, None)


def _lenient(raw: memoryview) -> Iterator[Any]:
    batch = default_records._DefaultRecordBatchPy(raw)
    batch._maybe_uncompress()
    batch._buffer = _Names(batch._buffer)
    return iter(batch)


class _Names(bytearray):
    """A buffer whose parts are decoded whatever is in them. aiokafka's parser in Python decodes header names alone."""

    def __getitem__(self, index: Any) -> Any:
        part = super().__getitem__(index)
        return _Names(part) if isinstance(index, slice) else part

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return super().decode("utf-8", "surrogateescape")


class _Name(str):
    """A header name that is written as the bytes it was read from."""

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return super().encode("utf-8", "surrogateescape")


class _AnyBatchBuilder(BatchBuilder):  # type: ignore[misc]  # aiokafka's classes are untyped
    """A batch that aiokafka builds in Python, where a name may bring its own bytes."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        size = producer._message_accumulator._batch_size
        super().__init__(size, 0)
        self._builder = default_records._DefaultRecordBatchBuilderPy(2, 0, 0, -1, -1, 0, size)

    def _set_producer_state(self, producer_id: int, producer_epoch: int, base_sequence: int) -> None:
        cast(Any, self._builder).set_producer_state(producer_id, producer_epoch, base_sequence)
