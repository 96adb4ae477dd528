"""Records moved to another topic of ours, parked or waiting for their next try. Their bytes stay untouched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from tapwatt.worker.records import Incoming, Outgoing, origin

_OURS = "tapwatt_"
LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class Delay:
    """What a record in a retry topic says of itself: where it came from, how often it was tried, when it is due."""

    origin: str
    scheduled: int
    due: datetime


def delayed(record: Incoming, topic: str, delay_of: Delay, reason: str) -> Outgoing:
    """The record as it waits in a retry topic."""
    return _moved(
        record,
        topic,
        origin=delay_of.origin,
        scheduled=str(delay_of.scheduled),
        due=delay_of.due.isoformat(),
        reason=reason,
    )


def delay_of(record: Incoming) -> Delay | None:
    """How this record waited, or None if it comes straight from its author (or its headers are not ours)."""
    found = {name: raw.decode("utf-8", "replace") for name, raw in record.headers if name.startswith(_OURS)}
    try:
        due = datetime.fromisoformat(found[_OURS + "due"])
        scheduled = int(found[_OURS + "scheduled"])
        came_from = found[_OURS + "origin"]
    except (KeyError, ValueError):
        return None
    return Delay(came_from, scheduled, due) if due.tzinfo else None


def dead_letter(
    record: Incoming, topic: str, service: str, reason: str, at: datetime, waited: Delay | None = None
) -> Outgoing:
    """The record as it is parked: why, by whom, when, and where it stood at first.

    `waited` is how it waited if it comes from a retry topic; what any other record says of itself is not believed.
    """
    return _moved(
        record,
        topic,
        origin=waited.origin if waited else origin(record),
        parked_by=service,
        parked_at=at.astimezone(UTC).isoformat(),
        reason=reason,
    )


def _moved(record: Incoming, topic: str, **notes: str) -> Outgoing:
    headers = [(name, raw) for name, raw in record.headers if not name.startswith(_OURS)]
    headers += [(_OURS + name, text[:LONGEST_REASON].encode()) for name, text in notes.items()]
    return Outgoing(topic, record.key, record.value, headers)
