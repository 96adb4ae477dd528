"""The books of the provider in memory: what is held, taken, let go and given back, and what is refused."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from tapwatt.money import Money
from tapwatt.provider.port import Failure


@dataclass(frozen=True, slots=True)
class Held:
    """One hold. authorised = captured + released + reversed + what still stands.

    What was refunded and charged back is part of captured.
    """

    reference: str
    order_reference: str
    authorised: Money
    captured: Money
    released: Money
    reversed: Money
    refunded: Money
    charged_back: Money
    expires_at: datetime
    captures: int = 0

    @property
    def rest(self) -> Money:
        """What still stands."""
        return self.authorised - self.captured - self.released - self.reversed

    @property
    def kept(self) -> Money:
        """What was taken, and has not gone back to the card in one way or another."""
        return self.captured - self.refunded - self.charged_back


class Books:
    """Every hold, and the rules of the provider for each movement of money."""

    def __init__(self, auto_release: bool, captures_once: bool) -> None:
        self._auto_release = auto_release
        self._captures_once = captures_once
        self._holds: dict[str, Held] = {}

    def holds(self, now: datetime) -> list[Held]:
        """Every hold as it stands now, oldest first."""
        return [self._current(held, now) for held in self._holds.values()]

    def hold(self, reference: str, now: datetime) -> Held | None:
        """How one hold stands now."""
        held = self._holds.get(reference)
        return None if held is None else self._current(held, now)

    def place(self, reference: str, order_reference: str, amount: Money, expires_at: datetime) -> None:
        """Money is held."""
        none = Money.zero(amount.currency)
        self._holds[reference] = Held(reference, order_reference, amount, none, none, none, none, none, expires_at)

    def expire(self, reference: str, now: datetime) -> None:
        """The hold's window ends now."""
        self._holds[reference] = replace(self._holds[reference], expires_at=now)

    def refuses_take(self, reference: str, amount: Money, now: datetime) -> Failure | None:
        """Why so much cannot be taken of the hold, or None if it can."""
        held = self.hold(reference, now)
        if held is None:
            return Failure.REJECTED
        if held.captures and self._captures_once:
            return Failure.REJECTED
        if not held.rest:
            return self._why_empty(held)
        return Failure.AMOUNT_REFUSED if held.rest < amount else None

    def take(self, reference: str, amount: Money) -> None:
        """Money is taken; the rest is let go where the provider does so by itself.

        Whether it may be was decided when it was asked for: a window that ended since then changes nothing.
        """
        held = self._holds[reference]
        held = replace(held, captured=held.captured + amount, captures=held.captures + 1)
        self._holds[reference] = replace(held, released=held.released + held.rest) if self._auto_release else held

    def refuses_let_go(self, reference: str, now: datetime) -> Failure | None:
        """Why the hold cannot be let go, or None if it can."""
        held = self.hold(reference, now)
        if held is None or (held.captures and self._auto_release):
            return Failure.REJECTED
        return None if held.rest else self._why_empty(held)

    def let_go(self, reference: str) -> Money:
        """What stands is let go; how much that was."""
        held = self._holds[reference]
        changed = (
            replace(held, released=held.released + held.rest)
            if held.captures
            else replace(held, reversed=held.reversed + held.rest)
        )
        self._holds[reference] = changed
        return held.rest

    def refuses_give_back(self, reference: str, amount: Money, now: datetime) -> Failure | None:
        """Why so much cannot be given back, or None if it can."""
        held = self.hold(reference, now)
        if held is None:
            return Failure.REJECTED
        return Failure.AMOUNT_REFUSED if held.kept < amount else None

    def give_back(self, reference: str, amount: Money) -> None:
        """Taken money goes back."""
        held = self._holds[reference]
        self._holds[reference] = replace(held, refunded=held.refunded + amount)

    def charge_back(self, reference: str, amount: Money) -> None:
        """The issuer takes it back for its cardholder."""
        held = self._holds[reference]
        self._holds[reference] = replace(held, charged_back=held.charged_back + amount)

    def _current(self, held: Held, now: datetime) -> Held:
        return replace(held, released=held.released + held.rest) if held.expires_at <= now else held

    def _why_empty(self, held: Held) -> Failure:
        return Failure.EXPIRED if held.released and not held.captures else Failure.REJECTED
