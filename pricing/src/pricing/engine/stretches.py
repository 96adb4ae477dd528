"""Cuts charging periods into stretches in which every tariff element either holds or does not, from end to end."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

from pricing.engine.cannot_price import CannotPrice
from pricing.engine.idle_grace import free_until
from pricing.engine.moments import Moment
from pricing.engine.quantities import Exact, after, energy, micros, whole
from pricing.engine.restriction_bounds import kwh_bounds, time_bounds, zone_of
from tapwatt.facts.fields import ChargingPeriod
from tapwatt.tariffs import TariffElement

LONGEST = timedelta(days=100)
"""A longer session is a broken clock, and its cuts would never end."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a period: its exact energy and time, the moment it begins, and whether its time is free. UTC."""

    moment: Moment
    starts_at: datetime
    ends_at: datetime
    energy: Exact
    time: Exact
    grace: bool


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


def cut(
    elements: Sequence[TariffElement], periods: Sequence[ChargingPeriod], time_zone: str, idle_grace_s: int
) -> Iterator[Stretch]:
    """The stretches of these periods, in order. Energy flows evenly within one; a gap between two costs nothing."""
    zone = zone_of(time_zone)
    began, free = periods[0].starts_at, free_until(periods, idle_grace_s)
    instants = time_bounds(elements, began, periods[-1].ends_at, zone)
    clock, flowed = sorted(instants | {until for until in free if until is not None}), kwh_bounds(elements)
    used: Exact = 0
    for period, until in zip(periods, free, strict=True):
        flow, length = energy(period.energy_wh), micros(period.ends_at - period.starts_at)
        before = micros(period.starts_at - began)
        for left, right in pairwise(_shares(period, length, clock, (used, flow), flowed)):
            starts_at = after(period.starts_at, left * length).astimezone(UTC)
            local = starts_at.astimezone(zone)
            yield Stretch(
                moment=Moment(
                    local.date(), local.time(), whole(used + left * flow), before + int(left * length), period
                ),
                starts_at=starts_at,
                ends_at=after(period.starts_at, right * length).astimezone(UTC),
                energy=whole((right - left) * flow),
                time=whole((right - left) * length),
                grace=until is not None and starts_at < until,
            )
        used = whole(used + flow)


def _shares(
    period: ChargingPeriod,
    length: int,
    clock: Sequence[datetime],
    energy: tuple[Exact, Exact],
    bounds: Sequence[Exact],
) -> list[Exact]:
    """Where the period is cut, as shares of it from 0 to 1: by the clock, and by the energy that has flowed.

    An instant or moment is rounded down to a tick of the clock, which keeps it on the right side of a bound: those are
    on ticks.
    """
    used, flow = energy
    found = {
        Fraction(micros(at - period.starts_at), length)
        for at in clock[bisect_right(clock, period.starts_at) : bisect_left(clock, period.ends_at)]
    }
    for bound in bounds[bisect_right(bounds, used) : bisect_left(bounds, used + flow)]:
        found.add(Fraction(bound - used) / flow)
    return [0, *sorted(found), 1]
