"""What truly happened in a session, as its fleet and its driver know it: by that the oracle judges."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from tapwatt.facts.fields import Place
from tapwatt.testing.fake_provider import BankCard

EXPONENT = {"EUR": 2, "JPY": 0, "KWD": 3}


@dataclass(frozen=True, slots=True)
class Price:
    """So much for a kilowatt-hour and, where energy flowed or not, so much for having begun; in major units."""

    per_kwh: Decimal
    flat: Decimal
    currency: str

    def of(self, energy_wh: Decimal) -> int:
        """What a session owes, in minor units: exact, and rounded once, half up."""
        exact = self.per_kwh * energy_wh / 1000 + self.flat
        return int((exact * 10 ** EXPONENT[self.currency]).quantize(Decimal(1), ROUND_HALF_UP))


@dataclass(frozen=True, slots=True)
class Word:
    """One thing that was said of a session. `owed` is in minor units; None where nobody can believe it.

    `may_be_refused`: whoever hears it may also refuse it aloud, such as other content under a known name.
    """

    kind: str
    at: float
    energy_wh: Decimal
    ended_at: float
    owed: int | None
    may_be_refused: bool = False


@dataclass(slots=True)
class Truth:
    """One session of one operator."""

    operator: str
    session: str
    place: Place
    card: BankCard
    price: Price
    life: int = 1
    """Which session of this name it is: a counter may begin again."""
    words: list[Word] = field(default_factory=list)
    refunds: dict[str, list[int]] = field(default_factory=dict)
    """What was asked for under each refund_id: one of them is given, whichever is heard first."""
    by_hand: list[str] = field(default_factory=list)
    begun_at: float | None = None
    heard_no: bool = False
    charged_without_hold: bool = False
    odd: set[str] = field(default_factory=set)
    """What the provider did to it that nobody can act on but a person: manual, amount."""

    @property
    def name(self) -> str:
        """operator/session."""
        return f"{self.operator}/{self.session}"

    @property
    def tag(self) -> str:
        """What the ids of its fleet's events begin with: they are new whenever the counter begins again."""
        return self.session if self.life == 1 else f"{self.session}.{self.life}"

    def of(self, *kinds: str) -> list[Word]:
        """What was said of these kinds, in the order it was said."""
        return sorted((word for word in self.words if word.kind in kinds), key=lambda word: word.at)
