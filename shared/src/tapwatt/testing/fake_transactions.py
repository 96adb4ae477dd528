"""What the provider in memory knows of its transactions beyond what it tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tapwatt.facts.bill import CardSlip
from tapwatt.provider.port import Kind, Request, Status, Transaction
from tapwatt.testing.fake_terminals import BankCard


@dataclass(slots=True)
class Known:
    """A transaction; `ask` is None for what was done by hand, `due` is when time ends it."""

    told: Transaction
    ask: Request | None
    due: datetime | None = None
    seen: BankCard | None = None

    @property
    def slip(self) -> CardSlip | None:
        """What a receipt shows of the card of this hold, if it stands or stood."""
        held = (self.told.kind, self.told.status) == (Kind.AUTHORISE, Status.SUCCESS)
        return self.seen.slip if held and self.seen is not None else None


@dataclass(frozen=True, slots=True)
class Remembered:
    """The answer once given to an idempotency reference."""

    ask: Request
    answer: Transaction
    until: datetime


@dataclass(slots=True)
class Late:
    """A request whose answer was lost and which is done later."""

    due: datetime
    ask: Request
