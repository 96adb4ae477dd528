"""Records moved to another topic of ours, parked or waiting for their next try. Their bytes stay untouched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from tapwatt.worker.records import Incoming, Outgoing, origin

_OURS = "tapwatt_"
LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a record in a retry topic says of itself: where it came from, how often it was tried, when it is due."""

    origin: str
    scheduled: int
    due: datetime


def later(record: Incoming, topic: str, waiting: Waiting, reason: str) -> Outgoing:
    """The record as it waits in a retry topic."""
    return _moved(
        record,
        topic,
        origin=waiting.origin,
        scheduled=str(waiting.scheduled),
        due=waiting.due.isoformat(),
        reason=reason,
    )


def waiting(record: Incoming) -> Waiting | None:
    """How this record waited, or None if it comes straight from its author (or its headers are not ours)."""
    found = {name: (raw or b"").decode("utf-8", "replace") for name, raw in record.headers if name.startswith(_OURS)}
    try:
        due = datetime.fromisoformat(found[_OURS + "due"])
        scheduled = int(found[_OURS + "scheduled"])
        came_from = found[_OURS + "origin"]
    except (KeyError, ValueError):
        return None
    return Waiting(came_from, scheduled, due) if due.tzinfo else None


def parked(
    record: Incoming, topic: str, service: str, reason: str, at: datetime, waited: Waiting | None = None
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
    headers: list[tuple[str, bytes | None]] = [
        (name, raw) for name, raw in record.headers if not name.startswith(_OURS)
    ]
    headers += [
        (_OURS + name, text[:LONGEST_REASON].encode("utf-8", "backslashreplace")) for name, text in notes.items()
    ]
    return Outgoing(topic, record.key, record.value, headers)
