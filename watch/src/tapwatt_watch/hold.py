"""One session's hold: what is kept of it while it is open, and what is told of it. Times are UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from sys import intern
from typing import Literal

from tapwatt.facts.fields import Hold, Place
from tapwatt.money import Money

State = Literal["charging", "ended", "priced"]
Outcome = Literal["captured", "released", "failed"]
Step = Literal["authorised_at", "ended_at", "priced_at", "stale_at", "warned_at", "settled_at"]


@dataclass(frozen=True, slots=True)
class OpenHold:
    """A hold that stands and is not settled.

    `since` is when it was authorised, `in_state_since` since when its session is where it is. `disputed` are the doubts
    that nobody has settled, `stale` says that nobody has ended it until its deadline and a person has to, `warned` that
    its fleet was told that it runs out.
    """

    operator_id: str
    session_id: str
    site_id: str
    evse_id: str
    amount: Money
    since: datetime
    expires_at: datetime
    state: State
    in_state_since: datetime
    disputed: tuple[str, ...] = ()
    stale: bool = False
    warned: bool = False

    @property
    def waits_for_a_person(self) -> bool:
        """Whether no service of ours can bring it on."""
        return bool(self.disputed) or self.stale


@dataclass(frozen=True, slots=True)
class Settled:
    """A session that was settled, when it began and ended, and the W3C trace id of its settlement, where it has one."""

    outcome: Outcome
    authorised_at: datetime
    ended_at: datetime | None
    settled_at: datetime
    trace: str = ""


@dataclass(frozen=True, slots=True)
class _Held:
    """The hold as a fact tells it. `authorised` is whether its own fact does."""

    site_id: str
    evse_id: str
    amount: Money
    authorised_at: datetime
    expires_at: datetime
    authorised: bool


class Session:
    """What is kept of a session: its hold, and when each step of it first came to the log."""

    __slots__ = (
        "authorised_at",
        "ended_at",
        "hold",
        "last",
        "operator_id",
        "outcome",
        "priced_at",
        "session_id",
        "settled_at",
        "stale_at",
        "told",
        "trace",
        "warned_at",
    )

    def __init__(self, operator_id: str, session_id: str, last: datetime) -> None:
        self.operator_id = intern(operator_id)
        self.session_id = session_id
        self.last = last
        self.hold: _Held | None = None
        self.authorised_at: datetime | None = None
        self.ended_at: datetime | None = None
        self.priced_at: datetime | None = None
        self.stale_at: datetime | None = None
        self.warned_at: datetime | None = None
        self.settled_at: datetime | None = None
        self.outcome: Outcome = "captured"
        self.trace = ""
        self.told = False

    def first(self, step: Step, at: datetime) -> bool:
        """A step came to the log; the first time counts. Whether the step was not known yet."""
        known: datetime | None = getattr(self, step)
        setattr(self, step, at if known is None else min(known, at))
        return known is None

    def holds(self, place: Place, hold: Hold, authorised: datetime | None = None) -> None:
        """A fact tells the hold. What Authorised says counts before what later facts repeat."""
        held = _Held(
            intern(place.site_id),
            intern(place.evse_id),
            hold.amount,
            hold.authorised_at,
            hold.expires_at,
            authorised is not None,
        )
        if self.hold is None or _rank(held) < _rank(self.hold):
            self.hold = held

    def as_open(self, ended_at: datetime | None, disputed: tuple[str, ...]) -> OpenHold:
        """What is told of it while it is not settled."""
        assert self.hold is not None
        since = self.authorised_at or self.hold.authorised_at
        state: State = "charging" if ended_at is None else "ended"
        in_state_since = ended_at or since
        if self.priced_at is not None:
            state, in_state_since = "priced", self.priced_at
        return OpenHold(
            operator_id=self.operator_id,
            session_id=self.session_id,
            site_id=self.hold.site_id,
            evse_id=self.hold.evse_id,
            amount=self.hold.amount,
            since=since,
            expires_at=self.hold.expires_at,
            state=state,
            in_state_since=in_state_since,
            disputed=disputed,
            stale=state == "charging" and self.stale_at is not None,
            warned=self.warned_at is not None,
        )

    def as_settled(self, ended_at: datetime | None) -> Settled:
        """What is told of it once it is settled."""
        assert self.hold is not None
        assert self.settled_at is not None
        authorised_at = self.authorised_at or self.hold.authorised_at
        return Settled(self.outcome, authorised_at, ended_at, self.settled_at, self.trace)


def _rank(held: _Held) -> tuple[bool, datetime, datetime, int, str, str, str]:
    """Which of two tellings counts, whichever came first."""
    return (
        not held.authorised,
        held.authorised_at,
        held.expires_at,
        held.amount.minor,
        held.amount.currency,
        held.site_id,
        held.evse_id,
    )
