"""The index kept in the process itself: for tests and simulations, with the real one's manners."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tapwatt.clock import Clock
from tapwatt.facts.cards import Card
from tapwatt.state.view import Generation
from tapwatt.testing.view import InMemoryView
from token_matcher.decide import OpenSession
from token_matcher.index import ANSWER, TOMBSTONE, Opened, in_order


@dataclass(slots=True)
class Shelves:
    """One generation of the index. A claim may stand before its session only in one that is being built."""

    opened: dict[str, Opened] = field(default_factory=dict)
    claims: dict[str, str] = field(default_factory=dict)
    closed_until: dict[str, datetime] = field(default_factory=dict)
    answers: dict[str, tuple[bytes, datetime]] = field(default_factory=dict)
    taps: dict[str, dict[str, datetime]] = field(default_factory=dict)

    def tidy(self, now: datetime) -> Shelves:
        """Forget what is past its time."""
        for session_id in [s for s, opened in self.opened.items() if opened.kept_until <= now]:
            del self.opened[session_id]
            self.claims.pop(session_id, None)
        self.closed_until = {s: until for s, until in self.closed_until.items() if until > now}
        self.answers = {s: kept for s, kept in self.answers.items() if kept[1] > now}
        return self


def index_view(clock: Clock, *, whole: bool = False) -> InMemoryView[Shelves]:
    """A view that keeps the index in the process."""
    return InMemoryView[Shelves](Shelves, clock, whole=whole)


class InMemoryIndex:
    """The index in dictionaries."""

    def __init__(self, view: InMemoryView[Shelves], clock: Clock, into: Generation | None = None) -> None:
        self._view = view
        self._clock = clock
        self._into = into

    def into(self, generation: Generation) -> InMemoryIndex:
        """The same index as a rebuild writes it; there a claim may be written before its session."""
        return InMemoryIndex(self._view, self._clock, generation)

    async def open(self, session: Opened) -> bool:
        """Open the session, unless it was closed before or its time is over. Whether it is open now."""
        shelves = self._read()
        if session.name not in shelves.closed_until and session.kept_until > self._clock.now():
            shelves.opened.setdefault(session.name, session)
        return session.name in shelves.opened

    async def close(self, session: str, at: datetime) -> None:
        """Close the session for good, also when its Authorised is yet to come."""
        shelves = self._read()
        shelves.opened.pop(session, None)
        shelves.claims.pop(session, None)
        until = at + TOMBSTONE
        shelves.closed_until[session] = max(until, shelves.closed_until.get(session, until))
        shelves.tidy(self._clock.now())

    async def candidates(self, operator_id: str, site_id: str, card: Card) -> list[OpenSession]:
        """The open sessions there that share a fingerprint with the card, the earliest first."""
        here = self._read()
        return in_order(
            [
                OpenSession(s.session_id, s.terminal_id, s.evse_id, s.authorised_at, s.card, here.claims.get(s.name))
                for s in here.opened.values()
                if (s.operator_id, s.site_id) == (operator_id, site_id)
                and set(s.card.fingerprints) & set(card.fingerprints)
            ]
        )

    async def claim(self, session: str, stop_id: str) -> str | None:
        """Give the session to this stop, unless another has it. The stop that has it; None if it is not open."""
        here = self._read()
        if self._into is None and session not in here.opened:
            return None
        if session in here.closed_until:
            return None
        return here.claims.setdefault(session, stop_id)

    async def answer(self, stop: str, value: bytes) -> bytes:
        """Keep the first answer to this stop for 45 days. The answer that is kept."""
        kept = self._read().answers.setdefault(stop, (value, self._clock.now() + ANSWER))
        return kept[0]

    async def answered(self, stop: str) -> bytes | None:
        """The answer that is kept for this stop."""
        kept = self._read().answers.get(stop)
        return kept[0] if kept else None

    async def tap(self, terminal: str, stop: str, now: datetime, *, within_s: float, at_most: int) -> bool:
        """Whether this stop is one of so many at its terminal (operator/terminal) within so many seconds."""
        taps = self._read().taps.setdefault(terminal, {})
        since = now - timedelta(seconds=within_s)
        if stop not in taps and sum(at >= since for at in taps.values()) >= at_most:
            return False
        taps.setdefault(stop, now)
        return True

    def _read(self) -> Shelves:
        return self._view.reading(self._into).tidy(self._clock.now())
