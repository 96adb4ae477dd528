"""Cuts charging periods into stretches in which every tariff element either holds or does not, from end to end."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

from tapwatt.events import ChargingPeriod
from tapwatt.tariffs import TariffElement
from tariff.cannot_price import CannotPrice
from tariff.moments import Moment, kwh_bounds, time_bounds, zone_of

LONGEST = timedelta(days=400)
"""A longer session is a broken clock, and its cuts would never end."""

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a period: energy in Wh and length in s, both exact, and the moment it begins. Times are UTC."""

    moment: Moment
    starts_at: datetime
    ends_at: datetime
    energy_wh: Fraction
    seconds: Fraction


def check_periods(periods: Sequence[ChargingPeriod]) -> None:
    """CannotPrice unless there are periods, in order, that do not overlap, with no energy while reserved."""
    if not periods:
        raise CannotPrice("there are no charging periods, and without a reading there is no price")
    end = periods[0].starts_at
    for number, period in enumerate(periods):
        if period.starts_at < end or period.ends_at < period.starts_at:
            raise CannotPrice(f"periods[{number}] begins before the one before it ended, or ends before it begins")
        if period.activity == "reserved" and period.energy_wh:
            raise CannotPrice(f"periods[{number}] is a reservation and yet {period.energy_wh} Wh were charged in it")
        end = period.ends_at
    if end - periods[0].starts_at > LONGEST:
        raise CannotPrice(f"the session lasts longer than {LONGEST.days} days, so a clock was wrong")


def cut(elements: Sequence[TariffElement], periods: Sequence[ChargingPeriod], time_zone: str) -> Iterator[Stretch]:
    """The stretches of these periods, in order. Energy flows evenly within one; a gap between two costs nothing."""
    zone = zone_of(time_zone)
    began = periods[0].starts_at
    clock, energy = time_bounds(elements, began, periods[-1].ends_at, zone), kwh_bounds(elements)
    used = Fraction(0)
    for period in periods:
        wh, length = Fraction(period.energy_wh), _seconds(period.ends_at - period.starts_at)
        before = _seconds(period.starts_at - began)
        shares = _shares(period, used, clock, energy)
        for left, right in pairwise(shares):
            starts_at = _instant(period, left, length)
            local = starts_at.astimezone(zone)
            yield Stretch(
                moment=Moment(local, used + left * wh, before + left * length, period),
                starts_at=starts_at.astimezone(UTC),
                ends_at=_instant(period, right, length).astimezone(UTC),
                energy_wh=(right - left) * wh,
                seconds=(right - left) * length,
            )
        used += wh


def _shares(
    period: ChargingPeriod, used: Fraction, clock: Sequence[datetime], energy: Sequence[Fraction]
) -> list[Fraction]:
    """Where the period is cut, as shares of it from 0 to 1: by the clock, and by the energy that has flowed."""
    found = {Fraction(0), Fraction(1)}
    length, wh = (period.ends_at - period.starts_at) // _MICROSECOND, Fraction(period.energy_wh)
    for at in clock[bisect_right(clock, period.starts_at) : bisect_left(clock, period.ends_at)]:
        found.add(Fraction((at - period.starts_at) // _MICROSECOND, length))
    for bound in energy[bisect_right(energy, used) : bisect_left(energy, used + wh)]:
        found.add((bound - used) / wh)
    return sorted(found)


def _instant(period: ChargingPeriod, share: Fraction, length: Fraction) -> datetime:
    # Rounded down, an instant between two ticks of the clock stays on the right side of a bound, which is on a tick.
    return period.starts_at + int(share * length * 1_000_000) * _MICROSECOND


def _seconds(length: timedelta) -> Fraction:
    return Fraction(length // _MICROSECOND, 1_000_000)
