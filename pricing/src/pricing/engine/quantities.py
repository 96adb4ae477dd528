"""Exact quantities of energy and time, as small whole numbers wherever they are whole, which is nearly always."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

Exact = int | Fraction
"""A quantity, exactly. Energy is in ten-thousandths of a Wh, the finest that a reading has; time in microseconds."""

A_WH = 10_000
A_KWH = 1_000 * A_WH
A_SECOND = 1_000_000
AN_HOUR = 3_600 * A_SECOND

_MICROSECOND = timedelta(microseconds=1)
_DECIMALS = 9


def energy(wh: Decimal) -> Exact:
    """This many Wh, exactly."""
    return whole(Fraction(wh) * A_WH)


def micros(length: timedelta) -> int:
    """This length of time in microseconds."""
    return length // _MICROSECOND


def after(start: datetime, time: Exact) -> datetime:
    """The instant so many microseconds after the start, rounded down to one that a clock can show."""
    return start + int(time) * _MICROSECOND


def whole(exact: Exact) -> Exact:
    """The same quantity, as an integer if it is one."""
    return exact.numerator if exact.denominator == 1 else exact


def to_decimal(exact: Fraction, decimals: int = _DECIMALS) -> Decimal:
    """A quantity or amount, not less than zero, for people to read; what is owed is worked out from the exact one."""
    units, rest = divmod(round(exact * 10**decimals), 10**decimals)
    return Decimal(f"{units}.{rest:0{decimals}d}".rstrip("0").rstrip("."))
