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
from tapwatt_cli.ops.session_names import about, identities, meant
from tapwatt_cli.ops.session_standing import OF_A_STANDING, standing

F = TypeVar("F", bound=Fact)

OF_A_RECEIPT: tuple[type[Fact], ...] = (*OF_A_STANDING, Refunded)
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


def settled_by_facts(session: str, facts: Iterable[Fact]) -> Settled:
    """The two facts among these; NotSettled, in one sentence, if one is missing or there are several that differ.

    `session` is OPERATOR/SESSION, or the session's own id where one operator alone has it, else UnknownSession.
    """
    every = list(facts)
    identity = meant(session, identities(every))
    ours = about(identity, every)
    prices = _each_once(fact for fact in ours if isinstance(fact, SessionPriced))
    outcomes = _each_once(fact for fact in ours if isinstance(fact, Captured | HoldReleased | CaptureFailed))
    if len(prices) > 1 or len(outcomes) > 1:
        raise NotSettled(f"session {identity} was priced or settled more than once: see what tapwatt audit says of it")
    if outcomes and not prices:
        raise NotSettled(f"session {identity} has no receipt: it was settled, and there is no price of it")
    if not outcomes or isinstance(outcomes[0], CaptureFailed):
        raise NotSettled(f"session {identity} has no receipt: {standing(ours)}")
    refunds = tuple(_each_once(fact for fact in ours if isinstance(fact, Refunded)))
    return Settled(prices[0], outcomes[0], refunds=refunds)


def settled_by_events(session: str, events: Iterable[Event]) -> Settled:
    """The same from events, whose envelopes say when."""
    known = list(events)
    found = settled_by_facts(session, (event.fact for event in known))
    said_at = min(event.envelope.time for event in known if event.fact == found.outcome)
    return Settled(found.priced, found.outcome, said_at, found.refunds)


def _each_once(facts: Iterable[F]) -> list[F]:
    """Without what was only delivered again."""
    once: list[F] = []
    for fact in facts:
        if fact not in once:
            once.append(fact)
    return once
