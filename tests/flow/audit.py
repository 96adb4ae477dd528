"""Compares everything that was said with the provider's books, session by session and cent by cent."""

from __future__ import annotations

from collections.abc import Iterator

from tests.flow.fleet import Heard
from tests.flow.ring import Ring

from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    Captured,
    CaptureFailed,
    HoldReleased,
    SessionPriced,
    SessionRequested,
    TokenAmbiguous,
    TokenMatched,
    TokenNotMatched,
)
from tapwatt.facts.fact import Fact
from tapwatt.testing.fake_provider import Held


def audit(ring: Ring) -> list[str]:
    """Everything that is not as it should be, in sentences; empty when nothing was lost, done twice or done wrong."""
    heard = ring.fleet.heard
    holds: dict[str, list[Held]] = {}
    for held in ring.provider.holds():
        holds.setdefault(held.order_reference, []).append(held)
    sessions = {fact.session_id for fact in heard.of(SessionRequested)}
    wrong = [f"{name} was said with two contents" for name in heard.contradictions]
    wrong += [f"dead letter: {dict(record.headers).get('tapwatt_reason')!r}" for record in ring.fleet.dead_letters]
    for name, worker in ring.workers.items():
        wrong += [f"{name}: {page}" for page in worker.log.pages]
        wrong += [f"{name} died: {error!r}" for error in worker.died]
        wrong += [f"{name} has {worker.behind} records undone"] if worker.behind else []
    for session in sorted(sessions):
        wrong += [f"{session}: {what}" for what in _session(heard, session, holds.get(f"op/{session}", []))]
    wrong += list(_stops(heard))
    return wrong


def _session(heard: Heard, session: str, holds: list[Held]) -> Iterator[str]:
    declined = [one for one in heard.of(AuthorisationDeclined, session) if one.of_its_session]
    answers = heard.of(Authorised, session) + declined
    if len(answers) != 1:
        yield f"{len(answers)} answers to one request"
        return
    if len(holds) > 1:
        yield f"{len(holds)} holds"
    priced = heard.of(SessionPriced, session)
    settled: list[Fact] = [
        *heard.of(Captured, session),
        *heard.of(HoldReleased, session),
        *heard.of(CaptureFailed, session),
    ]
    if isinstance(answers[0], AuthorisationDeclined):
        if priced or settled:
            yield "declined and yet priced or settled"
        yield from _nothing_held(holds)
        return
    if len(priced) != 1 or len(settled) != 1:
        yield f"priced {len(priced)} times, settled {len(settled)} times"
        return
    stops = [matched.stop_id for matched in heard.of(TokenMatched, session)]
    if len(stops) != len(set(stops)):
        yield "one stop was matched twice"
    if len(holds) != 1:
        yield "authorised without a hold"
        return
    yield from _money(priced[0], settled[0], holds[0])


def _nothing_held(holds: list[Held]) -> Iterator[str]:
    for held in holds:
        if held.captured or held.rest:
            yield f"declined, and {held.captured} taken, {held.rest} still held"


def _money(priced: SessionPriced, settled: Fact, held: Held) -> Iterator[str]:
    owed = min(priced.owed, held.authorised)
    if held.captures > 1:
        yield f"taken {held.captures} times"
    if held.authorised < held.captured:
        yield f"{held.captured} taken of a hold of {held.authorised}"
    if held.captured != owed:
        yield f"{owed} was owed of the hold and {held.captured} was taken"
    if held.rest:
        yield f"{held.rest} is still held"
    match settled:
        case Captured(taken=taken, released=released):
            if taken != held.captured or released != held.released:
                yield f"said {taken} taken and {released} let go; the books say {held.captured} and {held.released}"
        case HoldReleased(released=released):
            if released != held.reversed:
                yield f"said {released} let go; the books say {held.reversed}"
        case _:
            yield f"{settled.name} without a reason to"


def _stops(heard: Heard) -> Iterator[str]:
    answers: dict[str, set[str]] = {}
    for name, event in heard.events.items():
        if isinstance(event.fact, TokenMatched | TokenNotMatched | TokenAmbiguous):
            answers.setdefault(event.fact.stop_id, set()).add(name)
    for stop, names in sorted(answers.items()):
        if len(names) > 1:
            yield f"stop {stop} has {len(names)} answers"
