"""The CDRs of a file, one by one, for a replay: a record that cannot be replayed says why, and the others are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import BinaryIO

from pricing.ocpi.cdrs import RecordedSession, session_at
from pricing.ocpi.charging_periods import UnreadableCdr
from pricing.ocpi.record_files import records_in


@dataclass(frozen=True, slots=True)
class NotReplayed:
    """A record that cannot be replayed, and why in one sentence; `id` is what it calls itself."""

    id: str | None
    said: str


def recorded_in(file: BinaryIO, time_zone: str, vat: Decimal | None = None) -> Iterator[RecordedSession | NotReplayed]:
    """The sessions of the file's records, in order. UnreadableCdr for a fault of the file as a whole."""
    for record in records_in(file, UnreadableCdr):
        if record.written is None:
            yield NotReplayed(None, str(record.problem))
            continue
        try:
            yield session_at(record.path, record.written, time_zone, vat)
        except UnreadableCdr as error:
            yield NotReplayed(record.id, str(error))


def once_there_is_one(
    found: Iterator[RecordedSession | NotReplayed],
) -> tuple[list[NotReplayed], Iterator[RecordedSession | NotReplayed]]:
    """What stands before the first session that can be replayed, and all of it; nothing where there is none."""
    before: list[NotReplayed] = []
    for one in found:
        if isinstance(one, RecordedSession):
            return before, chain(before, (one,), found)
        before.append(one)
    return before, iter(())
