"""Every hold that stands and every dispute that nobody has settled, as the facts on the log have it.

Pure: facts in, with the log's time of each; holds and disputes out. The topics of a log come to a reader in any order,
and a fact may come twice: what stands depends on neither. All times are those that records have on the log (UTC): the
broker's where a topic says so, else the clock's of whoever produced them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from tapwatt.facts.events import (
    Authorised,
    Captured,
    CaptureFailed,
    ChargedBack,
    ChargingEnded,
    HoldExpiring,
    HoldReleased,
    Refunded,
    SessionCancelled,
    SessionDisputed,
    SessionPriced,
    SessionStale,
    SettlementDecided,
)
from tapwatt.facts.fact import Fact
from tapwatt_watch.disputes import Disputes, StandingDispute
from tapwatt_watch.hold import OpenHold, Outcome, Session, Settled
from tapwatt_watch.settled_names import SettledNames

HEARD: tuple[type[Fact], ...] = (
    Authorised,
    SessionCancelled,
    ChargingEnded,
    SessionPriced,
    SessionStale,
    SessionDisputed,
    SettlementDecided,
    Captured,
    HoldReleased,
    CaptureFailed,
    HoldExpiring,
    Refunded,
    ChargedBack,
)
"""The facts that have to be read."""

LINGERS = timedelta(minutes=10)
"""For so long a settled session is kept whole: what else was said of it may be read later."""

REMEMBERED = timedelta(days=45)
"""What was last spoken of so long ago is forgotten: a session's name may then come again."""

_OUTCOMES: dict[type[Fact], Outcome] = {Captured: "captured", HoldReleased: "released", CaptureFailed: "failed"}


class OpenHolds:
    """What stands of everything that was noted. Of a settled session no more than its name is kept."""

    def __init__(self, remembered: timedelta = REMEMBERED) -> None:
        self._remembered = remembered
        self._sessions: dict[str, Session] = {}
        self._settled: dict[str, Session] = {}
        self._whole: list[Session] = []
        self._about: Session | None = None
        self._names = SettledNames()
        self._disputes = Disputes()
        self._whose: dict[str, int] = {}
        self._ended_nameless: dict[str, datetime] = {}

    def note(self, fact: Fact, logged_at: datetime, trace: str = "") -> bool:
        """Take note of a fact; whether it says something that was not known yet. `trace` is its W3C trace id.

        A fact of another kind than HEARD is let be.
        """
        self._about = None
        new = self._noted(fact, logged_at, trace)
        if self._about is not None and self._is_whole(self._about):
            self._whole.append(self._about)
        return new

    def _noted(self, fact: Fact, logged_at: datetime, trace: str) -> bool:
        match fact:
            case SessionDisputed() | SettlementDecided() | Refunded() | ChargedBack():
                new = self._disputes.note(fact, logged_at)
                if isinstance(fact, SessionDisputed):
                    self._hold_of(fact, logged_at)
                return new
            case SessionCancelled() | ChargingEnded():
                return self._ended(fact, logged_at)
            case Captured() | HoldReleased() | CaptureFailed():
                return self._settles(fact, logged_at, trace)
            case Authorised() | SessionPriced() | SessionStale() | HoldExpiring():
                return self._goes_on(fact, logged_at)
            case _:
                return False

    def holds(self) -> Iterator[OpenHold]:
        """Every hold that stands and is not settled."""
        for name, session in self._sessions.items():
            if session.hold is not None and session.settled_at is None:
                yield session.as_open(self._end_of(session), self._disputed(name, session))

    def disputes(self) -> Iterator[StandingDispute]:
        """Every dispute that nobody has settled: one a session and doubt, the oldest that stands."""
        for name in self._disputes.sessions():
            session = self._sessions.get(name)
            yield from self._disputes.standing(name, decided=self._is_decided(name, session))

    def settled(self) -> list[Settled]:
        """The sessions that were settled, each once: when the rest is known of it, too, or is waited for no longer."""
        told, self._whole = self._whole, []
        return [self._tell(session) for session in told if not session.told]

    def forget(self, now: datetime) -> list[Settled]:
        """Keep no more than the names of what is settled, and nothing that is too old. What was not told yet of it."""
        told = []
        for name, session in list(self._settled.items()):
            assert session.settled_at is not None
            if session.settled_at <= now - LINGERS:
                if not session.told and session.hold is not None:
                    told.append(self._tell(session))
                self._names.add(name, session.settled_at)
                self._names.add(session.session_id, session.settled_at)
                self._drop(name)
        old = now - self._remembered
        for name in [name for name, session in self._sessions.items() if session.last < old]:
            self._drop(name)
        self._ended_nameless = {name: at for name, at in self._ended_nameless.items() if at >= old}
        self._disputes.forget(old)
        self._names.forget(old)
        return told

    def __len__(self) -> int:
        """How many sessions are kept whole."""
        return len(self._sessions)

    def _goes_on(self, fact: Authorised | SessionPriced | SessionStale | HoldExpiring, at: datetime) -> bool:
        session = self._session(fact, at)
        if session is None:
            return False
        match fact:
            case Authorised(place=place, hold=hold):
                session.holds(place, hold, at)
                return session.first("authorised_at", at)
            case SessionPriced(place=place, hold=hold):
                session.holds(place, hold)
                return session.first("priced_at", at)
            case SessionStale(place=place, hold=hold, policy=policy):
                session.holds(place, hold)
                return session.first("stale_at", at) if policy == "person" else False
            case HoldExpiring():
                return session.first("warned_at", at)

    def _ended(self, fact: SessionCancelled | ChargingEnded, at: datetime) -> bool:
        if fact.operator_id is None:  # a fact of the first days: of the only session of that id
            known = self._ended_nameless.get(fact.session_id)
            self._ended_nameless[fact.session_id] = min(at, known or at)
            return known is None
        session = self._session(fact, at)
        return session is not None and session.first("ended_at", at)

    def _settles(self, fact: Captured | HoldReleased | CaptureFailed, at: datetime, trace: str) -> bool:
        session = self._session(fact, at)
        if session is None:
            return False
        self._settled[str(fact.identity)] = session
        if session.settled_at is None or at < session.settled_at:
            session.outcome, session.trace = _OUTCOMES[type(fact)], trace
        return session.first("settled_at", at)

    def _hold_of(self, fact: SessionDisputed, at: datetime) -> None:
        """A dispute before a price names its hold; one that comes later may be about what was settled long ago."""
        if fact.hold is None or fact.place is None or fact.stands is not None:
            return
        session = self._session(fact, at)
        if session is not None:
            session.holds(fact.place, fact.hold)

    def _session(self, fact: Fact, at: datetime) -> Session | None:
        """What is kept of the session that a fact is about; None where it was settled and no more is."""
        name = str(fact.identity)
        session = self._sessions.get(name)
        if session is None:
            if name in self._names:
                return None
            session = self._sessions[name] = Session(str(fact.operator), fact.key, at)
            self._whose[fact.key] = self._whose.get(fact.key, 0) + 1
        session.last = max(session.last, at)
        self._about = session
        return session

    def _is_whole(self, session: Session) -> bool:
        """Whether everything is known that is told of a settled session, and it is not told yet."""
        if session.settled_at is None or session.hold is None or session.told:
            return False
        return self._end_of(session) is not None

    def _drop(self, name: str) -> None:
        session = self._sessions.pop(name)
        self._settled.pop(name, None)
        left = self._whose[session.session_id] - 1
        if left:
            self._whose[session.session_id] = left
        else:
            del self._whose[session.session_id]

    def _end_of(self, session: Session) -> datetime | None:
        nameless = self._ended_nameless.get(session.session_id)
        if nameless is None or self._whose[session.session_id] > 1 or session.session_id in self._names:
            return session.ended_at
        return min(nameless, session.ended_at or nameless)

    def _disputed(self, name: str, session: Session) -> tuple[str, ...]:
        if name not in self._disputes:
            return ()
        decided = self._is_decided(name, session)
        return tuple(sorted({one.doubt for one in self._disputes.standing(name, decided=decided)}))

    def _is_decided(self, name: str, session: Session | None) -> bool:
        """Whether there is a price or a settlement, which settles what was doubted before it."""
        if session is None:
            return name in self._names
        return session.priced_at is not None or session.settled_at is not None

    def _tell(self, session: Session) -> Settled:
        session.told = True
        return session.as_settled(self._end_of(session))
