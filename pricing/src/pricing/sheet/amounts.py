"""A price as it is shown: exactly where six decimals do, else about, and then it says so."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from tapwatt.money import exponent

_EXACT = 6
"""Decimals that a price may have, as in OCPI; one with VAT or per minute may need more."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A price in major units with the decimals of its currency, or more where it needs them; `exact` if it is all."""

    amount: Decimal
    exact: bool


def shown(exact: Fraction, currency: str) -> Shown:
    """The price as it is shown. One that does not end has two decimals more than the currency, and two digits."""
    least = exponent(currency)
    for decimals in range(least, _EXACT + 1):
        if (exact * 10**decimals).denominator == 1:
            return Shown(_decimal(exact, decimals), exact=True)
    decimals = least + 2
    while exact * 10**decimals < 10:
        decimals += 1
    return Shown(_decimal(exact, decimals), exact=False)


def _decimal(exact: Fraction, decimals: int) -> Decimal:
    # Not what is owed, which is rounded once and elsewhere: a figure on a screen, halves up as on the bill.
    units = int(exact * 10**decimals + Fraction(1, 2))
    return Decimal((0, tuple(map(int, str(units))), -decimals))
