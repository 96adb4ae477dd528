"""A case file a session: everything that was said about it on Kafka, redeliveries folded into one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from tapwatt.facts.codec import Event
from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    Captured,
    CaptureFailed,
    ChargingEnded,
    EventRejected,
    HoldReleased,
    Refunded,
    SessionCancelled,
    SessionDisputed,
    SessionPriced,
    SessionRequested,
    SessionStale,
    SettlementDecided,
)
from tapwatt.facts.fact import Fact
from tapwatt_cli.ops.session_names import identities

F = TypeVar("F", bound=Fact)

OUTCOMES = (AuthorisationDeclined, Captured, HoldReleased, CaptureFailed)
"""How a session may end for money: exactly one of these is said about each."""


@dataclass(slots=True)
class CaseFile:
    """What was said about one session, oldest first, each event once.

    `identity` is operator/session; `session_id` what it is called in a report, which is that too where two operators
    have a session of one id.
    """

    session_id: str
    identity: str = ""
    events: dict[str, Event] = field(default_factory=dict)
    said_otherwise: list[str] = field(default_factory=list)

    def add(self, event: Event, refused: Collection[str] = ()) -> None:
        """Note an event. The same id again is a redelivery, unless it now says something else.

        One of a fleet's or an operator's that does, and was refused for that, has been told so.
        """
        known = self.events.setdefault(event.envelope.id, event)
        told_so = event.fact.from_outside() and event.envelope.id in refused
        if known.fact != event.fact and not told_so:
            self.said_otherwise.append(event.fact.name)

    def all(self, kind: type[F]) -> list[F]:
        """Every fact of this kind. A refusal to take the name a second time is not about the session that has it."""
        return [e.fact for e in self.events.values() if isinstance(e.fact, kind) and e.fact.of_its_session]

    def one(self, kind: type[F]) -> F | None:
        """The first fact of this kind, or None."""
        return next(iter(self.all(kind)), None)

    @property
    def outcomes(self) -> list[Fact]:
        """Every outcome that was said: there should be one."""
        return [e.fact for e in self.events.values() if isinstance(e.fact, OUTCOMES) and e.fact.of_its_session]

    @property
    def open(self) -> list[str]:
        """What waits for a person's or the fleet's word, each in a sentence; empty where everything is settled.

        A dispute before a price is settled by one, a dispute after it by a decision or a refund that was said later.
        """
        waits = [said for event in self.events.values() if (said := self._waits(event))]
        return list(dict.fromkeys(waits))

    def _waits(self, event: Event) -> str | None:
        fact = event.fact
        if isinstance(fact, SessionStale) and fact.policy == "person" and not self.outcomes:
            return None if self.one(SessionPriced) else "stale: nobody said how it ended; a person decides"
        if not isinstance(fact, SessionDisputed):
            return None
        before_a_price = fact.stands is None and fact.hold is not None
        if before_a_price and (self.one(SessionPriced) is not None or self.outcomes):
            return None
        later = (e for e in self.events.values() if isinstance(e.fact, SettlementDecided | Refunded))
        if any(e.envelope.time >= event.envelope.time for e in later):
            return None
        return f"{fact.doubt}: {fact.why}"

    def under_way(self, now: datetime, within: timedelta, *, touched: bool) -> str:
        """What it is doing, where it is not settled and nothing is wrong with that yet; else nothing.

        A car charges for as long as its hold stands and is not `touched` (taken of, or let go). Everything else has to
        be answered within so long.
        """
        authorised = self.one(Authorised)
        if self.outcomes:
            return ""
        ended = any(self.one(kind) is not None for kind in (ChargingEnded, SessionCancelled, SessionPriced))
        if authorised is not None and not ended and not touched and authorised.hold.expires_at > now:
            return f"charging, held until {authorised.hold.expires_at:%d %b %H:%M} UTC"
        last = max(event.envelope.time for event in self.events.values())
        return f"{self.last_said} at {last:%H:%M:%S} UTC" if now - last <= within else ""

    @property
    def last_said(self) -> str:
        """The name of the latest fact, in the order of the story rather than of the clocks."""
        order = (SessionRequested, Authorised, ChargingEnded, SessionCancelled, SessionPriced, Refunded, *OUTCOMES)
        said = [kind.name for kind in order if self.one(kind) is not None]
        return said[-1] if said else "nothing"


def case_files(events: Iterable[Event]) -> dict[str, CaseFile]:
    """The case files of every session that was spoken of, by identity, in the order in which they were first heard of.

    A fact of the first days need not say whose session it is: then it is about the only known one of that id.
    """
    every = list(events)
    refused = {event.fact.rejected_id for event in every if isinstance(event.fact, EventRejected)}
    named = identities([event.fact for event in every])
    alike = Counter(one.rpartition("/")[2] for one in set(named) if one is not None)
    files: dict[str, CaseFile] = {}
    for event, identity in zip(every, named, strict=True):
        if identity is None:
            continue
        session_id = identity.rpartition("/")[2]
        name = identity if alike[session_id] > 1 else session_id
        files.setdefault(identity, CaseFile(name, identity)).add(event, refused)
    return files
