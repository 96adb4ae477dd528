"""What a unit cost, as the price sheet showed it: per kWh, minute or session, with VAT."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from receipts.formats import number
from receipts.receipt import ReceiptLine
from receipts.words import Words
from tapwatt.money import exponent

_EXACT = 6
"""Decimals that a price may have, as in OCPI; one with VAT or per minute may need more."""
_NOISE = 9
"""Decimals beyond which nothing was meant: a program's 0.44999999999999996 is 0.45."""
_PER = {"kWh": (1, "/kWh"), "h": (60, "/min"), "session": (1, "")}


def unit_price(line: ReceiptLine, words: Words) -> str:
    """The price of a unit with VAT: 0.4719/kWh. One that does not end is said to be about so much."""
    units, per = _PER[line.unit]
    exact = Fraction(round(line.unit_price, _NOISE)) / units
    if line.price_is == "without_vat":
        exact *= 1 + Fraction(line.vat_percent or 0) / 100
    least = exponent(line.incl_vat.currency)
    for decimals in range(least, _EXACT + 1):
        if (exact * 10**decimals).denominator == 1:
            return number(_decimal(exact, decimals), words.language) + per
    decimals = least + 2
    while 0 < exact * 10**decimals < 10:
        decimals += 1
    return words.about.format(number(_decimal(exact, decimals), words.language) + per)


def _decimal(exact: Fraction, decimals: int) -> Decimal:
    # Not what is owed, which is rounded once and elsewhere: a figure on paper, halves up as on the sheet.
    units = int(exact * 10**decimals + Fraction(1, 2))
    return Decimal((0, tuple(map(int, str(units))), -decimals))
