"""What comes from Kafka and what goes to it, as plain bytes, whoever carries them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from tapwatt.facts.envelopes import Headers


class Partition(NamedTuple):
    """One partition of one topic."""

    topic: str
    number: int


class Incoming(Protocol):
    """A record as it was read. aiokafka's own records are of this shape, so nothing is copied on the way."""

    @property
    def topic(self) -> str: ...

    @property
    def partition(self) -> int: ...

    @property
    def offset(self) -> int: ...

    @property
    def key(self) -> bytes | None: ...

    @property
    def value(self) -> bytes | None: ...

    @property
    def headers(self) -> Headers: ...


BY_THE_BROKER = 1
"""Kafka's timestamp type of a topic whose records have the broker's time (message.timestamp.type=LogAppendTime)."""


def logged_at(record: Incoming) -> datetime | None:
    """When a record came to the log, by the broker's clock (UTC); None where its time is the producer's."""
    if getattr(record, "timestamp_type", None) != BY_THE_BROKER:
        return None
    milliseconds: int = getattr(record, "timestamp", 0)
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def origin(record: Incoming) -> str:
    """Where a record stands: topic/partition/offset."""
    return f"{record.topic}/{record.partition}/{record.offset}"


class Read(NamedTuple):
    """A record that was read from a log that is not Kafka: a simulation's, a test's."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class Outgoing(NamedTuple):
    """A record to be delivered."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers


Produce = Callable[[Sequence[Outgoing]], Awaitable[None]]
"""Returns when every record stands on the log (all replicas in sync); raises when that is not known."""
