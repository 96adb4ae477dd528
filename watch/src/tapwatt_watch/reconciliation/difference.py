"""What reconciliation finds: differences by session, what is not due yet, and what was compared. Amounts are exact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tapwatt_watch.reconciliation.movements import Movement

DUE_WITHIN = timedelta(days=2)
"""A settlement file covers a day and comes a day later."""


GRACE = timedelta(minutes=15)
"""What was done at the provider is said here within that."""


class Difference(StrEnum):
    """What a difference is about. A label of a metric: the list is closed."""

    OPEN_HOLD = "open_hold"
    HOLD = "hold"
    CAPTURE = "capture"
    REFUND = "refund"
    CHARGEBACK = "chargeback"
    ORPHAN = "orphan"
    CONTRADICTION = "contradiction"
    NO_FILE = "no_file"


MEANS: Mapping[Difference, str] = {
    Difference.OPEN_HOLD: "held at the provider, and here it was said to be over, or its time is over",
    Difference.HOLD: "a hold that one side does not have, or with another amount",
    Difference.CAPTURE: "a capture that one side does not have, or with another amount",
    Difference.REFUND: "a refund that one side does not have, or with another amount",
    Difference.CHARGEBACK: "a chargeback that one side does not have, or with another amount",
    Difference.ORPHAN: "money moved at the provider for nobody that we know",
    Difference.CONTRADICTION: "two of our own facts say two amounts of one transaction",
    Difference.NO_FILE: "due to be in a settlement file, and no file goes so far",
}


@dataclass(frozen=True, slots=True)
class Found:
    """One difference: whose session (empty where it is nobody's), what we say, and what the provider says."""

    kind: Difference
    session: str
    reference: str
    ours: str
    theirs: str
    source: str


@dataclass(frozen=True, slots=True)
class Frame:
    """The period, from `start` on and before `end`, seen at `now` (UTC).

    `due_within` is by when a movement has to be in the provider's account; what is younger than `grace` may yet be
    said here.
    """

    start: datetime
    end: datetime
    now: datetime
    due_within: timedelta = timedelta(0)
    grace: timedelta = GRACE

    def has(self, *moments: datetime) -> bool:
        """Whether one of these is within the period: two clocks may see its edge otherwise."""
        return any(self.start <= at < self.end for at in moments)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What came of comparing with one account. `agree` counts the movements that both sides tell alike."""

    source: str
    until: datetime | None
    agree: int
    found: tuple[Found, ...]
    not_yet: tuple[Movement, ...]
    fees: Mapping[str, int]
    notes: tuple[str, ...] = ()
