"""The VAT that is in an amount: worked out once for each rate of a bill, and rounded once."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from pricing.engine.totals import Rate, round_once
from tapwatt.money import Money, Rounding


def vat_in(owed: Money, rate: Rate) -> Money:
    """What of an amount at this rate, in percent, is its VAT: owed x rate / (100 + rate), half up as EN 16931 rounds.

    Where an amount before VAT exists that becomes `owed` by its own VAT, rounded (EN 16931, BR-CO-17), this is that
    VAT: then both ways give one answer (ADR 15). An amount to which no VAT applies has none in it.
    """
    percent = Fraction(rate or Decimal(0))
    return round_once(Fraction(owed.major) * percent / (100 + percent), owed.currency, Rounding.HALF_UP)
