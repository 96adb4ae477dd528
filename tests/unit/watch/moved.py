"""Records of our own topics, as whoever sets something aside writes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tapwatt.facts.envelopes import Headers
from tapwatt.worker.moved_records import Delay, Kind, delayed
from tapwatt.worker.records import Outgoing, Read

WRITTEN = Read("somewhere", 0, 7, b"key", b"bytes", ())


def stands(record: Outgoing, offset: int, partition: int = 0, headers: Sequence[tuple[str, bytes]] = ()) -> Read:
    """An outgoing record as it is read."""
    return Read(record.topic, partition, offset, record.key, record.value, [*record.headers, *headers])


def waiting(offset: int, scheduled: int, due: datetime, kind: Kind = Kind.UNAVAILABLE, topic: str = "retry") -> Read:
    """A record in a retry topic."""
    return stands(delayed(WRITTEN, topic, Delay("somewhere/0/7", scheduled, due), kind, "away"), offset)


def raw(topic: str, offset: int, headers: Headers = (), key: bytes | None = b"k", value: bytes | None = b"v") -> Read:
    """A record that somebody else wrote."""
    return Read(topic, 0, offset, key, value, headers)
