"""Finds the facts that a session's receipt is made from: its price, what became of the hold, and what went back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from tapwatt.errors import TapwattError
from tapwatt.facts.codec import Event
from tapwatt.facts.events import Captured, CaptureFailed, HoldReleased, Refunded, SessionPriced
from tapwatt.facts.fact import Fact
from tapwatt.facts.ids import session_name

F = TypeVar("F", bound=Fact)

OF_A_RECEIPT: tuple[type[Fact], ...] = (SessionPriced, Captured, HoldReleased, CaptureFailed, Refunded)
"""The facts that have to be read."""


class NotSettled(TapwattError):
    """There is no receipt of this session, or not yet; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What a receipt is made from; `said_at` is when the settlement was said (UTC), if its envelope is known."""

    priced: SessionPriced
    outcome: Captured | HoldReleased
    said_at: datetime | None = None
    refunds: tuple[Refunded, ...] = ()


def settled_by_facts(session_id: str, facts: Iterable[Fact]) -> Settled:
    """The two facts among these; NotSettled, in one sentence, if one is missing or there are several that differ.

    `session_id` is OPERATOR/SESSION, or the session's own id where one operator alone has it.
    """
    ours = [fact for fact in facts if session_id in _names_of(fact)]
    operators = sorted({fact.operator for fact in ours if fact.operator is not None})
    if len(operators) > 1:
        raise NotSettled(
            f"{len(operators)} operators have a session {session_id}: name it {operators[0]}/{session_id} or the like"
        )
    prices = _each_once(fact for fact in ours if isinstance(fact, SessionPriced))
    outcomes = _each_once(fact for fact in ours if isinstance(fact, Captured | HoldReleased | CaptureFailed))
    if not ours:
        raise NotSettled(f"nothing was said of session {session_id} there: is the name right?")
    if len(prices) > 1 or len(outcomes) > 1:
        raise NotSettled(
            f"session {session_id} was priced or settled more than once: see what tapwatt audit says of it"
        )
    if not prices:
        raise NotSettled(f"session {session_id} has no price there, and so no receipt")
    if not outcomes:
        raise NotSettled(f"session {session_id} is priced and not settled yet: ask again when its money was taken")
    (priced,), (outcome,) = prices, outcomes
    if isinstance(outcome, CaptureFailed):
        raise NotSettled(
            f"nothing was taken for session {session_id}: its capture failed ({outcome.reason}), so it has no receipt"
        )
    refunds = tuple(_each_once(fact for fact in ours if isinstance(fact, Refunded)))
    return Settled(priced, outcome, refunds=refunds)


def settled_by_events(session_id: str, events: Iterable[Event]) -> Settled:
    """The same from events, whose envelopes say when."""
    known = list(events)
    found = settled_by_facts(session_id, (event.fact for event in known))
    said_at = min(event.envelope.time for event in known if event.fact == found.outcome)
    return Settled(found.priced, found.outcome, said_at, found.refunds)


def _names_of(fact: Fact) -> set[str]:
    """What the session of a fact may be called."""
    session_id: str | None = getattr(fact, "session_id", None)
    if session_id is None:
        return set()
    return {session_id} | ({session_name(fact.operator, session_id)} if fact.operator is not None else set())


def _each_once(facts: Iterable[F]) -> list[F]:
    """Without what was only delivered again."""
    once: list[F] = []
    for fact in facts:
        if fact not in once:
            once.append(fact)
    return once
