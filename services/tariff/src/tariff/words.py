"""The words that were heard of a session, and which of them stands: the rule by which a later word replaces another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from pricing.tolerance import explained_wh
from tapwatt.facts.events import AuthorisationDeclined, Authorised, SessionCancelled, SessionPriced, SettlementDecided
from tariff.reading import Reading, at, plain

Began = Authorised | AuthorisationDeclined


@dataclass(frozen=True, slots=True)
class Ended:
    """A charger's word, and when it was heard first (UTC)."""

    reading: Reading
    heard_at: datetime


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody said of how a session ended. `name` is one for all that say the same.

    `stands` once the price that was said follows from it, `disputed` once that was said of it.
    """

    name: str
    said: Ended | SessionCancelled | SettlementDecided
    stands: bool = False
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """What is known of a session: how it began, every different word of its end, and its price once it was said.

    `so_far` is its last reading, as if it had ended with that.
    """

    began: Began | None = None
    words: tuple[Word, ...] = ()
    priced: SessionPriced | None = None
    so_far: Ended | None = None

    @property
    def endings(self) -> list[tuple[Word, Ended]]:
        """What chargers said."""
        return [(word, word.said) for word in self.words if isinstance(word.said, Ended)]

    @property
    def has_charged(self) -> bool:
        """Whether its meter has shown energy."""
        return self.so_far is not None and self.so_far.reading.energy_wh > 0

    @property
    def cancelled(self) -> Word | None:
        """That charging never began."""
        return next((word for word in self.words if isinstance(word.said, SessionCancelled)), None)

    @property
    def decisions(self) -> list[tuple[Word, SettlementDecided]]:
        """What a person decided, in that person's order."""
        found = [(word, word.said) for word in self.words if isinstance(word.said, SettlementDecided)]
        return sorted(found, key=lambda one: (one[1].decided_at, one[0].name))


def standing(believed: Sequence[tuple[Word, Ended]]) -> Word | None:
    """Which of these stands before a price was said: the one that ended last, if none has more energy.

    A charger that went on after a restart says a later and larger word, and it holds the earlier one within it. Where
    the later one is smaller, nobody knows which is true, and none stands. The order in which they were heard does not
    matter.
    """
    if not believed:
        return None
    last, ended = max(believed, key=lambda one: (one[1].reading.ended_at, one[1].reading.energy_wh, one[0].name))
    most = max(other.reading.energy_wh for _, other in believed)
    return last if most - ended.reading.energy_wh <= _off(ended.reading) else None


def same_energy(one: Decimal, reading: Reading) -> bool:
    """Whether this energy is the reading's, as far as rounding explains."""
    return abs(one - reading.energy_wh) <= _off(reading)


def replaced(word: Word) -> str:
    """How a price notes a word that it replaces."""
    match word.said:
        case Ended(reading=reading):
            return f"a word of {plain(reading.energy_wh)} Wh until {at(reading.ended_at)} is replaced by this one"
        case SessionCancelled(reason=reason):
            return f"a word that charging never began ({reason}) is replaced by this one"
        case SettlementDecided(amount=amount, decided_by=person):
            return f"a decision for {amount} by {person} is replaced by this one"


def _off(reading: Reading) -> Decimal:
    return explained_wh(len(reading.periods))
