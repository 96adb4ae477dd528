"""An amount that a person has typed, in the currency of the session that it is about."""

from __future__ import annotations

from decimal import Decimal

from tapwatt.errors import TapwattError
from tapwatt.money import Money, exponent


class NoAmount(TapwattError):
    """There is no such amount in this currency."""


def money_typed(amount: Decimal, currency: str) -> Money:
    """So much in major units. NoAmount if the currency has fewer decimals."""
    try:
        return Money.of(amount, currency)
    except ValueError:
        decimals = exponent(currency) or "no"
        raise NoAmount(f"{amount} is no amount in {currency}, which has {decimals} decimals") from None
