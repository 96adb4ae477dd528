"""When a tariff element holds: the charger's local clock, the energy and time so far, and what the car draws.

Every restriction of an element must hold (OCPI 2.2.1 and 2.3.0, mod_tariffs, TariffRestrictions). Choices where it is
silent: a time of day is what the local clock shows, so an hour that the clock shows twice counts twice; a day of the
week or date is the one at that moment, also in a window that began the day before; a window whose two ends are equal is
the whole day; a car that is parked draws nothing. A power that nobody measured is the period's energy over its time:
a CPO cuts periods where the price changes (mod_cdrs, ChargingPeriod), so that is on the side of a bound where the power
was. A current that a restriction asks for and nobody measured is not zero: the session has no honest price, and a human
has to say one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from pricing.engine.cannot_price import CannotPrice
from pricing.engine.quantities import A_KWH, A_SECOND, AN_HOUR, Exact, micros, whole
from tapwatt.facts.fields import ChargingPeriod
from tapwatt.tariffs import DayOfWeek, Restrictions

_MIDNIGHT = time(0)
_DAYS = tuple(DayOfWeek)
_NOTHING = Decimal(0)
_Range = tuple[Decimal | None, Decimal | None]


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of a session: the day and time on the local clock, energy and time since it began, what goes on."""

    day: date
    clock: time
    used: Exact
    elapsed: int
    period: ChargingPeriod


@dataclass(frozen=True, slots=True)
class Conditions:
    """The restrictions of one element, made ready once so that they can be asked at every moment of a session."""

    reservation: Literal["RESERVATION", "RESERVATION_EXPIRES"] | None = None
    first_day: date | None = None
    end_day: date | None = None
    weekdays: frozenset[int] | None = None
    window: tuple[time, time] | None = None
    used: tuple[Exact | None, Exact | None] | None = None
    elapsed: tuple[Exact | None, Exact | None] | None = None
    amperes: _Range | None = None
    watts: _Range | None = None

    def hold(self, moment: Moment) -> bool:
        """Whether every one holds at this moment. Lower bounds are inclusive, upper bounds exclusive."""
        return (
            (self.reservation is not None) == (moment.period.activity == "reserved")
            and self.on(moment.day)
            and (self.window is None or _in_window(self.window, moment.clock))
            and (self.used is None or _between(self.used, moment.used))
            and (self.elapsed is None or _between(self.elapsed, moment.elapsed))
            and (self.amperes is None or _drawing("current", self.amperes, moment.period))
            and (self.watts is None or _drawing("power", self.watts, moment.period))
        )

    def on(self, day: date) -> bool:
        """Whether the dates and days of the week hold on this day."""
        return (
            (self.first_day is None or day >= self.first_day)
            and (self.end_day is None or day < self.end_day)
            and (self.weekdays is None or day.weekday() in self.weekdays)
        )


def conditions(given: Restrictions | None) -> Conditions:
    """What must hold for an element with these restrictions; without any it holds in every session."""
    if given is None:
        return Conditions()
    days = frozenset(_DAYS.index(day) for day in given.day_of_week or ())
    return Conditions(
        reservation=given.reservation,
        first_day=given.start_date,
        end_day=given.end_date,
        weekdays=days or None,
        window=_window(given.start_time or _MIDNIGHT, given.end_time or _MIDNIGHT),
        used=_bounds(given.min_kwh, given.max_kwh, A_KWH),
        elapsed=_bounds(given.min_duration, given.max_duration, A_SECOND),
        amperes=_range(given.min_current, given.max_current),
        watts=_range(_thousandfold(given.min_power), _thousandfold(given.max_power)),
    )


def _window(start: time, end: time) -> tuple[time, time] | None:
    return None if start == end else (start, end)


def _bounds(
    low: Decimal | int | None, high: Decimal | int | None, unit: int
) -> tuple[Exact | None, Exact | None] | None:
    if low is None and high is None:
        return None
    least, most = (None if bound is None else whole(Fraction(bound) * unit) for bound in (low, high))
    return least, most


def _range(low: Decimal | None, high: Decimal | None) -> _Range | None:
    return None if low is None and high is None else (low, high)


def _thousandfold(kilo: Decimal | None) -> Decimal | None:
    return None if kilo is None else kilo * 1000


def _in_window(window: tuple[time, time], now: time) -> bool:
    start, end = window
    if start < end:
        return start <= now < end
    return now >= start or now < end


def _between(bounds: tuple[Exact | None, Exact | None], value: Exact) -> bool:
    low, high = bounds
    return (low is None or value >= low) and (high is None or value < high)


def _drawing(what: Literal["current", "power"], bounds: _Range, period: ChargingPeriod) -> bool:
    readings = (
        (period.min_current_a, period.max_current_a) if what == "current" else (period.min_power_w, period.max_power_w)
    )
    # One measured value stands for both; a period that crosses the bound is on neither side of it.
    measured: list[Decimal | Fraction] = [reading for reading in readings if reading is not None]
    measured = measured or [_unmeasured(what, period)]
    low, high = bounds
    return (low is None or measured[0] >= low) and (high is None or measured[-1] < high)


def _unmeasured(what: Literal["current", "power"], period: ChargingPeriod) -> Decimal | Fraction:
    """What a car drew of which there is no reading, in A or W."""
    if period.activity != "charging":
        return _NOTHING
    length = micros(period.ends_at - period.starts_at)
    if what == "current" or not length:
        raise CannotPrice(
            f"the tariff asks for the {what} and the period from {period.starts_at.isoformat()} has none: "
            "absent is not zero"
        )
    return Fraction(period.energy_wh) * AN_HOUR / length
