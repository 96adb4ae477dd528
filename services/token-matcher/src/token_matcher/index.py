"""Finds the open sessions that a card may have opened at a site, and keeps which stop each was given to.

All of a view's keys share one hash tag (tapwatt.state.view says why). A closed session leaves a tombstone, so that an
Authorised that comes late or again does not open it. A session is never kept longer than its tombstone would be: both
live at most TOMBSTONE after the hold was placed and after the session was closed, and it is closed after it was opened.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from tapwatt.clock import milliseconds
from tapwatt.facts.cards import Card
from tapwatt.facts.events import Authorised
from tapwatt.facts.ids import session_name
from tapwatt.state.view import Generation, RedisView
from token_matcher.decide import OpenSession

MARGIN = timedelta(hours=1)
"""How long after its hold ran out a session can still be stopped by its card."""

TOMBSTONE = timedelta(days=35)
"""How long a closed session stays closed for good; a card hold lives 30 days at the longest."""

ANSWER = timedelta(days=45)
"""How long the answer to a stop is kept for the same stop said again: longer than any of its sessions is."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A session as its Authorised opens it. Only fingerprints of the card: the token never came this far."""

    session_id: str
    operator_id: str
    site_id: str
    terminal_id: str
    evse_id: str
    card: Card
    authorised_at: datetime
    expires_at: datetime

    @classmethod
    def by(cls, fact: Authorised) -> Opened:
        """What the index keeps of the fact."""
        place, hold = fact.place, fact.hold
        return cls(
            fact.session_id,
            place.operator_id,
            place.site_id,
            place.terminal_id,
            place.evse_id,
            fact.card,
            hold.authorised_at,
            hold.expires_at,
        )

    @property
    def name(self) -> str:
        """The session's name, unique over operators."""
        return session_name(self.operator_id, self.session_id)

    @property
    def kept_until(self) -> datetime:
        """When the index forgets it by itself."""
        return min(self.expires_at + MARGIN, self.authorised_at + TOMBSTONE)


class Index(Protocol):
    """Open sessions by card; sessions and stops are named operator/session and operator/stop.

    All of it is Unavailable while the view is not whole, and may be said again any time.
    """

    async def open(self, session: Opened) -> bool:
        """Open the session, unless it was closed before or its time is over. Whether it is open now."""
        ...

    async def close(self, session: str, at: datetime) -> None:
        """Close the session for good, also when its Authorised is yet to come."""
        ...

    async def candidates(self, operator_id: str, site_id: str, card: Card) -> list[OpenSession]:
        """The open sessions there that share a fingerprint with the card, the earliest first."""
        ...

    async def claim(self, session: str, stop_id: str) -> str | None:
        """Give the session to this stop, unless another has it. The stop that has it; None if it is not open."""
        ...

    async def answer(self, stop: str, value: bytes) -> bytes:
        """Keep the first answer to this stop for 45 days. The answer that is kept."""
        ...

    async def answered(self, stop: str) -> bytes | None:
        """The answer that is kept for this stop."""
        ...

    async def tap(self, terminal: str, stop: str, now: datetime, *, within_s: float, at_most: int) -> bool:
        """Whether this stop is one of so many at its terminal (operator/terminal) within so many seconds."""
        ...


class RedisIndex:
    """The index in Redis: one call, one small script, for each thing that is asked of it."""

    def __init__(self, view: RedisView, into: Generation | None = None) -> None:
        self._view = view
        self._into = into
        self._open, self._close, self._candidates, self._claim, self._answer, self._answered, self._tap = (
            view.script("token_matcher", f"index_{name}.lua")
            for name in ("open", "close", "candidates", "claim", "answer", "answered", "tap")
        )

    def into(self, generation: Generation) -> RedisIndex:
        """The same index as a rebuild writes it; there a claim may be written before its session."""
        return RedisIndex(self._view, generation)

    async def open(self, session: Opened) -> bool:
        """Open the session, unless it was closed before or its time is over. Whether it is open now."""
        entry = json.dumps(
            {
                "session_id": session.session_id,
                "terminal_id": session.terminal_id,
                "evse_id": session.evse_id,
                "authorised_at": session.authorised_at.isoformat(),
                "card": session.card.model_dump(mode="json"),
            }
        )
        cards = _cards(session.operator_id, session.site_id, session.card)
        until = milliseconds(session.kept_until)
        return bool(await self._view.run(self._open, session.name, entry, until, *cards, into=self._into))

    async def close(self, session: str, at: datetime) -> None:
        """Close the session for good, also when its Authorised is yet to come."""
        await self._view.run(self._close, session, milliseconds(at + TOMBSTONE), into=self._into)

    async def candidates(self, operator_id: str, site_id: str, card: Card) -> list[OpenSession]:
        """The open sessions there that share a fingerprint with the card, the earliest first."""
        found = await self._view.run(self._candidates, *_cards(operator_id, site_id, card), into=self._into)
        sessions = [_session(entry, claimed_by) for entry, claimed_by in zip(found[::2], found[1::2], strict=True)]
        return in_order(sessions)

    async def claim(self, session: str, stop_id: str) -> str | None:
        """Give the session to this stop, unless another has it. The stop that has it; None if it is not open."""
        holder = await self._view.run(self._claim, session, stop_id, milliseconds(TOMBSTONE), into=self._into)
        return holder.decode() if holder else None

    async def answer(self, stop: str, value: bytes) -> bytes:
        """Keep the first answer to this stop for 45 days. The answer that is kept."""
        kept: bytes = await self._view.run(self._answer, stop, value, milliseconds(ANSWER), into=self._into)
        return kept

    async def answered(self, stop: str) -> bytes | None:
        """The answer that is kept for this stop."""
        kept: bytes | None = await self._view.run(self._answered, stop, into=self._into)
        return kept

    async def tap(self, terminal: str, stop: str, now: datetime, *, within_s: float, at_most: int) -> bool:
        """Whether this stop is one of so many at its terminal (operator/terminal) within so many seconds."""
        within_ms = int(within_s * 1000)
        asked = (terminal, stop, milliseconds(now), within_ms, at_most)
        return bool(await self._view.run(self._tap, *asked, into=self._into))


class IndexedIds:
    """Keeps which event was given which id, beside the answers to stops and for as long."""

    def __init__(self, index: Index) -> None:
        self._index = index

    async def remember(self, session_id: str, field: str, value: bytes, *, ttl_s: float) -> dict[str, bytes]:
        """Keep the first value under the name; the one that is kept. It has one field, and lives for ANSWER."""
        return {field: await self._index.answer(session_id, value)}


def in_order(sessions: Sequence[OpenSession]) -> list[OpenSession]:
    """The earliest first, the same order for everybody."""
    return sorted(sessions, key=lambda session: (session.authorised_at, session.session_id))


def _cards(operator_id: str, site_id: str, card: Card) -> list[str]:
    # No identifier holds a slash, so two scopes can never make the same key.
    return [f"{operator_id}/{site_id}/{fingerprint}" for fingerprint in card.fingerprints]


def _session(entry: bytes, claimed_by: bytes) -> OpenSession:
    told = json.loads(entry)
    return OpenSession(
        session_id=told["session_id"],
        terminal_id=told["terminal_id"],
        evse_id=told["evse_id"],
        authorised_at=datetime.fromisoformat(told["authorised_at"]),
        card=Card.model_validate(told["card"]),
        claimed_by=claimed_by.decode() or None,
    )
