"""Records moved to another topic of ours, dead letters or delayed until their next try. Their bytes stay untouched."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from tapwatt.facts.envelopes import headers_size
from tapwatt.worker.records import Incoming, Outgoing, Read, origin

_OURS = "tapwatt_"
LONGEST_REASON = 1000
LARGEST_LETTER = 2 * 1024 * 1024 - 64 * 1024
"""Bytes of key, value and headers. A record of a broker's usual 1 MiB can always be dead-lettered with its reason."""
LARGEST_KEY = 64 * 1024


class Kind(StrEnum):
    """Why a record was set aside, in a word to count by; its reason says the rest."""

    POISON = "poison"
    NEEDS_HUMAN = "needs_human"
    BROKEN_INVARIANT = "broken_invariant"
    QUARANTINED = "quarantined"
    """It follows its session, of which another record is a broken invariant."""
    UNAVAILABLE = "unavailable"
    UNKNOWN = "unknown"
    UNFORESEEN = "unforeseen"
    REPLAY = "replay"
    """A dead letter on its way back to the service that dead-lettered it."""
    UNSAID = "unsaid"
    """It was set aside before kinds were said."""


@dataclass(frozen=True, slots=True)
class Delay:
    """What a record in a retry topic says of itself: where it came from, how often it was tried, when it is due.

    `replays` names the quarantine (since when it stood) whose record a human replays: such a record
    is handled although its session is quarantined. `last` says that no more of its session are replayed, so that the
    quarantine ends once it is done. `letter` is the dead letter (partition/offset) that it was, if it was one: what
    comes of its replay belongs to that one.
    """

    origin: str
    scheduled: int
    due: datetime
    replays: str = ""
    last: bool = False
    letter: str = ""


@dataclass(frozen=True, slots=True)
class QuarantinedWith:
    """The quarantine that a letter belongs to: since when it stands, and of which session (operator/session)."""

    at: str
    session: str


def delayed(record: Incoming, topic: str, delay: Delay, kind: Kind, reason: str) -> Outgoing:
    """The record as it is delayed in a retry topic."""
    return _moved(
        record,
        topic,
        origin=delay.origin,
        scheduled=str(delay.scheduled),
        due=delay.due.isoformat(),
        kind=kind,
        reason=reason,
        replays=delay.replays,
        last="yes" if delay.last else "",
        letter=delay.letter,
    )


def delay_of(record: Incoming) -> Delay | None:
    """How this record was delayed, or None if it comes straight from its author (or its headers are not ours)."""
    found = {name: (raw or b"").decode("utf-8", "replace") for name, raw in record.headers if name.startswith(_OURS)}
    try:
        due = datetime.fromisoformat(found[_OURS + "due"])
        scheduled = int(found[_OURS + "scheduled"])
        came_from = found[_OURS + "origin"]
    except (KeyError, ValueError):
        return None
    replays, last = found.get(_OURS + "replays", ""), bool(found.get(_OURS + "last"))
    return Delay(came_from, scheduled, due, replays, last, found.get(_OURS + "letter", "")) if due.tzinfo else None


def kind_of(record: Incoming) -> Kind:
    """Why this record was set aside, as whoever did it has said."""
    for name, raw in record.headers:
        if name == _OURS + "kind":
            with suppress(ValueError):
                return Kind((raw or b"").decode("utf-8", "replace"))
    return Kind.UNSAID


def dead_letter(
    record: Incoming,
    topic: str,
    service: str,
    kind: Kind,
    reason: str,
    at: datetime,
    delay: Delay | None = None,
    quarantine: QuarantinedWith | None = None,
) -> Outgoing:
    """The record as it is dead-lettered: why, by whom, when, and where it stood at first.

    `delay` is how it was delayed if it comes from a retry topic; what any other record says of itself is not believed.
    Where its replay is dead-lettered again, it names the letter that it was before.
    `quarantine` names its session's quarantine. Of a record that no topic of ours has room for, the letter has the key
    alone: the rest stands where the record stood.
    """
    size = len(record.key or b"") + len(record.value or b"") + headers_size(record.headers)
    if size > LARGEST_LETTER:
        reason = f"its {size} bytes are too many for a letter, so see its origin: {reason}"
        key = record.key[:LARGEST_KEY] if record.key else None
        record = Read(record.topic, record.partition, record.offset, key, b"", ())
    return _moved(
        record,
        topic,
        origin=delay.origin if delay else origin(record),
        dead_lettered_by=service,
        dead_lettered_at=at.astimezone(UTC).isoformat(),
        kind=kind,
        reason=reason,
        letter=delay.letter if delay else "",
        quarantine=quarantine.at if quarantine else "",
        session=quarantine.session if quarantine else "",
    )


def _moved(record: Incoming, topic: str, **notes: str) -> Outgoing:
    headers = [(name, raw) for name, raw in record.headers if not name.startswith(_OURS)]
    for name, text in notes.items():
        if text:
            headers.append((_OURS + name, text[:LONGEST_REASON].encode("utf-8", "backslashreplace")))
    return Outgoing(topic, record.key, record.value, headers)
