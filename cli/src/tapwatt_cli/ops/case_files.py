"""A case file a session: everything that was said about it on Kafka, redeliveries folded into one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from tapwatt.facts.codec import Event
from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    Captured,
    CaptureFailed,
    ChargingEnded,
    HoldReleased,
    Refunded,
    SessionCancelled,
    SessionPriced,
    SessionRequested,
)
from tapwatt.facts.fact import Fact

F = TypeVar("F", bound=Fact)

OUTCOMES = (AuthorisationDeclined, Captured, HoldReleased, CaptureFailed)
"""How a session may end for money: exactly one of these is said about each."""


@dataclass(slots=True)
class CaseFile:
    """What was said about one session, oldest first, each event once."""

    session_id: str
    events: dict[str, Event] = field(default_factory=dict)
    said_otherwise: list[str] = field(default_factory=list)

    def add(self, event: Event) -> None:
        """Note an event. The same id again is a redelivery, unless it now says something else."""
        known = self.events.setdefault(event.envelope.id, event)
        if known.fact != event.fact:
            self.said_otherwise.append(event.fact.name)

    def all(self, kind: type[F]) -> list[F]:
        """Every fact of this kind."""
        return [e.fact for e in self.events.values() if isinstance(e.fact, kind)]

    def one(self, kind: type[F]) -> F | None:
        """The first fact of this kind, or None."""
        return next(iter(self.all(kind)), None)

    @property
    def outcomes(self) -> list[Fact]:
        """Every outcome that was said: there should be one."""
        return [e.fact for e in self.events.values() if isinstance(e.fact, OUTCOMES)]

    @property
    def last_said(self) -> str:
        """The name of the latest fact, in the order of the story rather than of the clocks."""
        order = (SessionRequested, Authorised, ChargingEnded, SessionCancelled, SessionPriced, Refunded, *OUTCOMES)
        said = [kind.name for kind in order if self.one(kind) is not None]
        return said[-1] if said else "nothing"


def case_files(events: Iterable[Event]) -> dict[str, CaseFile]:
    """The case files of every session that was spoken of, in the order in which they were first heard of."""
    files: dict[str, CaseFile] = {}
    for event in events:
        session_id = getattr(event.fact, "session_id", None)
        if session_id is not None:
            files.setdefault(session_id, CaseFile(session_id)).add(event)
    return files
