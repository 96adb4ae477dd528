"""A session's whole story: every fact of it, what was set aside of it and why, and what the provider says. Pure.

In the order of the log's time, and for the provider's transactions of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from tapwatt.errors import Poison
from tapwatt.facts.codec import decode
from tapwatt.facts.envelopes import note
from tapwatt.facts.events import FACTS, StopRequested, TokenMatched
from tapwatt.facts.fact import Fact
from tapwatt.facts.topics import Topics
from tapwatt.provider.port import Transaction
from tapwatt.worker.moved_records import delay_of, kind_of
from tapwatt.worker.records import Incoming, origin
from tapwatt_cli.ops.fact_words import words
from tapwatt_cli.ops.session_names import about, identities, meant

OUTSIDE = tuple(fact for fact in FACTS if fact.from_outside())


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that stands on the log, or at the provider. `at` is its time there (UTC), `by` whose word it is.

    `what` is a fact's name, what became of a record (delayed, dead letter, unreadable), or a transaction's kind.
    """

    at: datetime
    by: str
    what: str
    said: str
    stands: str
    fact: Fact | None = None
    event_id: str = ""
    trace_id: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True)
class Story:
    """A session's steps, oldest first. `identity` is operator/session."""

    identity: str
    steps: tuple[Step, ...] = field(default_factory=tuple)

    def facts(self) -> list[Fact]:
        """The facts among them, each once."""
        return [step.fact for step in self.steps if step.fact is not None and not step.again]


@dataclass(frozen=True, slots=True)
class Found:
    """A record with the log's time of it (UTC)."""

    record: Incoming
    at: datetime


def story_of(named: str, found: Iterable[Found], topics: Topics) -> Story:
    """The story of the session of this name. UnknownSession, in one sentence, if there is none, or if it is several's.

    `found` may hold what is about other sessions; of stops it holds whatever was said at the session's terminal.
    """
    steps = sorted((_step(one, topics) for one in found), key=lambda step: (step.at, step.stands))
    facts = [step.fact for step in steps if step.fact is not None]
    identity = meant(named, identities(facts))
    ours = {id(fact) for fact in about(identity, facts)}
    stops = {fact.stop_id for fact in facts if id(fact) in ours and isinstance(fact, TokenMatched)}
    kept: list[Step] = []
    seen: set[tuple[str, str]] = set()
    for step in steps:
        if step.fact is not None and not (id(step.fact) in ours or _about_a_stop(step.fact, stops)):
            continue
        name = (step.what, step.event_id)
        again = bool(step.event_id) and name in seen
        seen.add(name)
        kept.append(replace(step, again=again))
    return Story(identity, tuple(kept))


def with_transactions(story: Story, told: Iterable[Transaction]) -> Story:
    """The story with what the provider says of its order, each at the provider's own time of it."""
    last = story.steps[-1].at if story.steps else None
    steps = [step for one in told if (step := _at_the_provider(one, last)) is not None]
    return replace(story, steps=tuple(sorted((*story.steps, *steps), key=lambda step: step.at)))


def _at_the_provider(told: Transaction, last: datetime | None) -> Step | None:
    at = told.created_at or told.final_at or last
    if at is None:
        return None
    amount = told.amount or told.asked
    why = told.failure or told.detail
    parts = [str(told.status), str(amount) if amount else "", f"({why})" if why else "", told.reference]
    if told.original_reference:
        parts.append(f"of {told.original_reference}")
    return Step(at, "provider", str(told.kind), " ".join(filter(None, parts)), f"provider/{told.reference}")


def _about_a_stop(fact: Fact, stops: set[str]) -> bool:
    return isinstance(fact, StopRequested) and fact.stop_id in stops


def _step(found: Found, topics: Topics) -> Step:
    record, stands = found.record, origin(found.record)
    set_aside = record.topic == topics.dead_letters or ".retry-" in record.topic
    try:
        event = decode(record.key, record.value, record.headers)
    except Poison as poison:
        if not set_aside:
            return Step(found.at, "", "unreadable", str(poison), stands)
        return Step(found.at, _set_aside_by(record), _aside(record, topics), _why(record), stands)
    envelope = event.envelope
    trace = (envelope.traceparent or "")[3:35]
    if set_aside:
        said = f"{event.fact.name}: {_why(record)}"
        by = _set_aside_by(record) or record.topic.removeprefix(topics.prefix).split(".")[1]
        return Step(found.at, by, _aside(record, topics), said, stands, event.fact, f"{envelope.id} {stands}", trace)
    by = envelope.source.rpartition("/")[2] or envelope.source
    return Step(found.at, by, event.fact.name, words(event.fact), stands, event.fact, envelope.id, trace)


def _aside(record: Incoming, topics: Topics) -> str:
    return "dead letter" if record.topic == topics.dead_letters else "delayed"


def _why(record: Incoming) -> str:
    delay, kind = delay_of(record), kind_of(record)
    reason = note(record.headers, "tapwatt_reason") or "no reason given"
    tried = f", try {delay.scheduled} by schedule, due {delay.due:%d %b %H:%M:%S}" if delay and delay.scheduled else ""
    return f"{kind}: {reason}{tried}"


def _set_aside_by(record: Incoming) -> str:
    return note(record.headers, "tapwatt_dead_lettered_by")
