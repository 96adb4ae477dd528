"""Tells a fleet or an operator that an event of theirs was not taken: which, why, and what to do."""

from __future__ import annotations

from tapwatt.facts.content_modes import attribute
from tapwatt.facts.events import FACTS, EventRejected
from tapwatt.facts.ids import fact_id
from tapwatt.facts.topics import Topics, fact_type
from tapwatt.worker.records import Incoming

_FROM_OUTSIDE = frozenset(fact_type(fact) for fact in FACTS if fact.from_outside())
_LONGEST = 500

CORRECT = "Correct it and send it again with a new ce_id."
WAIT = "It is kept, and a person looks at its session: send nothing again."


def rejection(record: Incoming, stood_at: str, reason: str, *, kept: bool, topics: Topics) -> EventRejected | None:
    """What its author hears of a dead letter; None where its author is a service of ours.

    `stood_at` is where the record stood at first (topic/partition/offset), `kept` that its session is quarantined.
    """
    if topics.plain(stood_at.rsplit("/", 2)[0]) not in _FROM_OUTSIDE:
        return None
    named = {name: attribute(name, record.value, record.headers)[:_LONGEST] for name in ("id", "type", "source")}
    return EventRejected(
        rejected_key=_readable(record.key or b""),
        rejected_id=named["id"],
        rejected_type=named["type"],
        rejected_source=named["source"],
        stood_at=stood_at[:_LONGEST],
        why=reason[:1000],
        what_to_do=WAIT if kept else CORRECT,
    )


def id_of(told: EventRejected) -> str:
    """The same event refused for the same reason is the same fact, whoever hears it and however often."""
    return fact_id(f"{told.stood_at} {told.why}", EventRejected.name)


def _readable(key: bytes) -> str:
    return key.decode("utf-8", "backslashreplace")[:_LONGEST]
