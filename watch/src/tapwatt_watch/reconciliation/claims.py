"""What our facts say has become of money: every hold, capture, release, refund and chargeback that was said.

Pure: facts in, with the time of each (UTC). They may come in any order, and twice: what is claimed depends on neither.
"""

from __future__ import annotations

from copy import copy
from datetime import datetime

from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    Captured,
    CaptureFailed,
    ChargedBack,
    HoldReleased,
    Refunded,
    SessionRequested,
)
from tapwatt.facts.fact import Fact
from tapwatt_watch.reconciliation.movements import Kind, Movement

OF_SETTLEMENTS: tuple[type[Fact], ...] = (Captured, HoldReleased, Refunded, ChargedBack)
"""What has to be read to be compared with a settlement file."""

OF_HOLDS: tuple[type[Fact], ...] = (
    SessionRequested,
    AuthorisationDeclined,
    Authorised,
    CaptureFailed,
    *OF_SETTLEMENTS,
)
"""What has to be read to be compared with an account that tells of holds, too."""


class Claims:
    """What was said, by the provider's references. `sessions` are all that were spoken of, as operator/session.

    `expires` says when each hold runs out; `ended` are the holds of which it was said what became of them, `failed`
    those of them that the provider refused to take, `by_hand` those that a person let go or cancelled there. `orders`
    are the names under which the provider was asked, by session; `spoken` when each was first and last spoken of;
    `otherwise` what was said with two amounts.
    """

    def __init__(self) -> None:
        self.movements: dict[tuple[Kind, str], Movement] = {}
        self.sessions: set[str] = set()
        self.session_of: dict[str, str] = {}
        self.expires: dict[str, datetime] = {}
        self.ended: set[str] = set()
        self.failed: set[str] = set()
        self.by_hand: set[str] = set()
        self.orders: dict[str, set[str]] = {}
        self.spoken: dict[str, tuple[datetime, datetime]] = {}
        self.otherwise: dict[tuple[Kind, str], set[Movement]] = {}

    def note(self, fact: Fact, at: datetime) -> None:
        """Take note of a fact that came to the log then. One of another kind than OF_HOLDS is let be."""
        session = _session(fact)
        first, last = self.spoken.get(session, (at, at))
        self.spoken[session] = min(first, at), max(last, at)
        match fact:
            case SessionRequested() | AuthorisationDeclined():
                self.sessions.add(session)
            case Authorised(hold=hold):
                self._claim(
                    Movement(Kind.HOLD, hold.reference, hold.amount, hold.authorised_at, session, hold.reference)
                )
                self.expires[hold.reference] = hold.expires_at
                self.orders.setdefault(session, set()).add(hold.order_reference or fact.session_id)
            case Captured():
                self._captured(fact, session, fact.captured_at or at)
            case HoldReleased(hold_reference=hold):
                self._ended(hold, session)
                if fact.reason == "by_hand":
                    self.by_hand.add(hold)
                else:
                    self._claim(Movement(Kind.RELEASE, hold, fact.released, at, session, hold))
            case CaptureFailed(hold_reference=hold):
                self._ended(hold, session)
                self.failed.add(hold)
            case Refunded():
                at = fact.refunded_at or at
                self._claim(Movement(Kind.REFUND, fact.refund_reference, fact.amount, at, session))
            case ChargedBack():
                at = fact.charged_back_at or at
                self._claim(Movement(Kind.CHARGEBACK, fact.chargeback_reference, fact.amount, at, session))
            case _:
                return

    def knows(self, movement: Movement) -> str:
        """Which session of ours a movement is about, by what it follows or by its name; empty where none is."""
        found = self.session_of.get(movement.hold)
        if found is None and movement.session in self.sessions:
            found = movement.session
        return found or ""

    def of(self, operator: str) -> Claims:
        """The claims of one operator's sessions, and of those of the first days that do not say whose they are."""
        mine = copy(self)
        mine.movements = {key: one for key, one in self.movements.items() if is_of(operator, one.session)}
        mine.otherwise = {
            key: every for key, every in self.otherwise.items() if any(is_of(operator, one.session) for one in every)
        }
        mine.spoken = {session: times for session, times in self.spoken.items() if is_of(operator, session)}
        return mine

    def whose(self, movement: Movement) -> str:
        """The session of a movement as we know it, else as it is told."""
        return self.session_of.get(movement.reference) or self.knows(movement) or movement.session

    def _captured(self, fact: Captured, session: str, at: datetime) -> None:
        hold = fact.hold_reference
        self._ended(hold, session)
        self._claim(Movement(Kind.CAPTURE, fact.capture_reference, fact.taken, at, session, hold))
        if fact.released:
            self._claim(Movement(Kind.RELEASE, hold, fact.released, at, session, hold))

    def _claim(self, movement: Movement) -> None:
        """The first time that it was said counts; at one time, the smaller amount."""
        self.sessions.add(movement.session)
        for name in filter(None, (movement.hold, movement.reference)):
            self.session_of[name] = movement.session
        known = self.movements.setdefault(movement.key, movement)
        if known.amount != movement.amount:
            self.otherwise.setdefault(movement.key, set()).update((known, movement))
        if _order(movement) < _order(known):
            self.movements[movement.key] = movement

    def _ended(self, hold: str, session: str) -> None:
        self.sessions.add(session)
        self.ended.add(hold)
        self.session_of[hold] = session


def is_of(operator: str, session: str) -> bool:
    """Whether a session is this operator's, or nobody says whose it is."""
    return "/" not in session or session.startswith(f"{operator}/")


def _order(movement: Movement) -> tuple[datetime, str, int]:
    return movement.at, movement.amount.currency, movement.amount.minor


def _session(fact: Fact) -> str:
    """operator/session; the session's id alone where a fact of the first days does not say whose it is."""
    session_id: str = getattr(fact, "session_id", "")
    return f"{fact.operator}/{session_id}" if fact.operator is not None else session_id
