"""What the tariff keeps of each session: how it began, its last reading, every word of its end, all that was said."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from tapwatt.errors import BrokenInvariant, Poison
from tapwatt.facts.codec import Event
from tapwatt.facts.envelopes import Envelope, from_headers, to_headers
from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    ChargingEnded,
    MeterRead,
    SessionCancelled,
    SessionDisputed,
    SessionPriced,
    SessionStale,
    SettlementDecided,
)
from tapwatt.facts.fact import Fact
from tapwatt.facts.ids import cause, fact_id
from tapwatt.facts.packed_event import MOST_READ, pack, unpack
from tapwatt.state.session_store import Kept, SessionStore
from tariff.reading import Reading, read, so_far
from tariff.words import Ended, Session, Word

NAME = "tariff"
REMEMBERS: tuple[type[Fact], ...] = (
    Authorised,
    AuthorisationDeclined,
    SessionCancelled,
    MeterRead,
    ChargingEnded,
    SettlementDecided,
    SessionStale,
    SessionPriced,
    SessionDisputed,
)
"""What a rebuild reads."""

BEGAN, READ, CANCELLED, PRICED, STALE = "began", "read", "cancelled", "priced", "stale"
_ENDED, _DECIDED, _DISPUTED = "ended:", "decided:", "disputed:"
MOST_ENDINGS = 20
"""So many different endings of one session are kept; a fleet that says more is not saying how it ended."""


def kept(event: Event, heard_at: datetime) -> Kept:
    """Under which field an event is kept, where the first stands, and as what. Of a meter's readings the latest stands.

    A charger's word is kept as it is understood, in as few periods as tell it; all words that say the same are one.
    """
    fact = event.fact
    match fact:
        case Authorised() | AuthorisationDeclined():
            return Kept(BEGAN, pack(event))
        case SessionCancelled():
            return Kept(CANCELLED, pack(event))
        case MeterRead():
            # A clock that runs ahead once must not make all that is read later count for less.
            of = min(fact.read_at, heard_at)
            return Kept(READ, _packed(event.envelope, so_far(fact), heard_at), of)
        case ChargingEnded():
            reading = read(fact)
            return Kept(_ENDED + reading.content, _packed(event.envelope, reading, heard_at))
        case SettlementDecided():
            return Kept(_DECIDED + fact.decision_id, pack(event))
        case SessionPriced():
            return Kept(PRICED, pack(event))
        case SessionStale():
            return Kept(STALE, pack(event))
        case _:
            return Kept(_DISPUTED + event.envelope.id, pack(event))


def ours(event: Event) -> bool:
    """Whether an event in the log belongs into the file: another service's dispute does not."""
    return not isinstance(event.fact, SessionDisputed) or event.envelope.source == f"/tapwatt/{NAME}"


@dataclass(frozen=True, slots=True)
class CaseFile:
    """What is known of one session, by the fields of `kept`."""

    fields: Mapping[str, bytes]

    @property
    def session(self) -> Session:
        """What the core decides by."""
        began, priced = self._fact(BEGAN), self._fact(PRICED)
        assert began is None or isinstance(began, Authorised | AuthorisationDeclined)
        assert priced is None or isinstance(priced, SessionPriced)
        words = tuple(self._word(name) for name in sorted(self.fields) if _is_word(name))
        return Session(began, words, priced, self._ended(READ) if READ in self.fields else None)

    @property
    def full(self) -> bool:
        """Whether no other ending is kept."""
        return sum(name.startswith(_ENDED) for name in self.fields) >= MOST_ENDINGS

    def cause(self, name: str) -> Envelope:
        """The envelope of the first event under this field."""
        packed = self.fields[name]
        return _unpacked(packed)[0] if name == READ or name.startswith(_ENDED) else unpack(packed).envelope

    def said(self, name: str) -> Event | None:
        """What stands under this field."""
        return unpack(self.fields[name]) if name in self.fields else None

    @property
    def disputes(self) -> list[Event]:
        """Everything that was disputed."""
        return [unpack(packed) for name, packed in sorted(self.fields.items()) if name.startswith(_DISPUTED)]

    def dispute_of(self, name: str) -> str:
        """Under which field the dispute of this word is kept."""
        return _DISPUTED + self._follows(name, SessionDisputed)

    def _fact(self, name: str) -> Fact | None:
        event = self.said(name)
        return event.fact if event else None

    def _word(self, name: str) -> Word:
        priced = self.said(PRICED)
        stands = priced is not None and priced.envelope.id == self._follows(name, SessionPriced)
        return Word(name, self._heard(name), stands, self.dispute_of(name) in self.fields)

    def _heard(self, name: str) -> Ended | SessionCancelled | SettlementDecided:
        if name.startswith(_ENDED):
            return self._ended(name)
        fact = unpack(self.fields[name]).fact
        assert isinstance(fact, SessionCancelled | SettlementDecided)
        return fact

    def _ended(self, name: str) -> Ended:
        _, reading, heard_at = _unpacked(self.fields[name])
        return Ended(reading, heard_at)

    def _follows(self, name: str, fact: type[Fact]) -> str:
        envelope = self.cause(name)
        return fact_id(cause(envelope.source, envelope.id), fact.name)


@dataclass(frozen=True, slots=True)
class CaseFiles:
    """The files of all sessions (operator/session), each kept for at least so long."""

    sessions: SessionStore
    life: timedelta

    async def of(self, name: str) -> CaseFile:
        """What is known of this session."""
        return CaseFile(await self.sessions.recall(name))

    async def keep(self, name: str, what: Kept) -> CaseFile:
        """Keep it, unless the field is known; the file as it is then."""
        ttl_s = self.life.total_seconds()
        return CaseFile(await self.sessions.remember(name, what.field, what.value, ttl_s=ttl_s, of=what.of))

    async def claim(self, name: str, event: Event) -> CaseFile:
        """Keep what is going to be said, or was said; what was claimed first stands."""
        return await self.keep(name, kept(event, event.envelope.time))


def _is_word(name: str) -> bool:
    return name == CANCELLED or name.startswith((_ENDED, _DECIDED))


def _packed(envelope: Envelope, reading: Reading, heard_at: datetime) -> bytes:
    headers = {name: text.decode() for name, text in to_headers(envelope)}
    told = reading.model_dump_json(exclude_none=True)
    return json.dumps({"headers": headers, "heard_at": heard_at.isoformat(), "reading": told}).encode()


@lru_cache(MOST_READ)
def _unpacked(stored: bytes) -> tuple[Envelope, Reading, datetime]:
    try:
        parts = json.loads(stored)
        envelope = from_headers([(name, text.encode()) for name, text in parts["headers"].items()])
        return envelope, Reading.model_validate_json(parts["reading"]), datetime.fromisoformat(parts["heard_at"])
    except (ValueError, KeyError, TypeError, AttributeError, Poison) as error:
        raise BrokenInvariant(f"what was remembered of an ending cannot be read back: {error}") from None
