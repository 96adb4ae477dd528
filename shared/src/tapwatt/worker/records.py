"""What comes from Kafka and what goes to it, as plain bytes, whoever carries them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from tapwatt.envelopes import Headers


class Partition(NamedTuple):
    """One partition of one topic."""

    topic: str
    number: int


class Incoming(NamedTuple):
    """A record as it was read."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp_ms: int = 0

    @property
    def origin(self) -> str:
        """Where the record stands: topic/partition/offset."""
        return f"{self.topic}/{self.partition}/{self.offset}"


class Outgoing(NamedTuple):
    """A record to be delivered."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers


Deliver = Callable[[Sequence[Outgoing]], Awaitable[None]]
"""Returns when every record stands on the log (all replicas in sync); raises when that is not known."""
