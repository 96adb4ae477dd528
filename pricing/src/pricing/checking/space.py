"""All that can happen in a session, cut where a tariff's restrictions begin and end: nothing changes within a cell.

Six axes: the day (date and weekday together, as a date has one), the time of day on the local clock, the energy and the
time since the session began, the power and the current. A reading of power or current has a lowest and a highest value,
and one that crosses a bound is on neither side of it (pricing.engine.moments), so a cell of these is a pair. A parked
car draws nothing; in a reservation no energy flows either. Any energy may go with any time: who knows how fast a car
charges.
Clock changes are left out: an hour that a day lacks counts as one it has.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from itertools import combinations_with_replacement, pairwise
from typing import TypeVar

from pricing.checking.regions import MOST_BOXES, Box, TooMany
from tapwatt.tariffs import DayOfWeek, Restrictions, Tariff

DAY, CLOCK, ENERGY, ELAPSED, POWER, CURRENT = range(6)
"""The axes of a box, in order."""

_DAYS = tuple(DayOfWeek)
_ZONES = timedelta(days=1)
"""The charger's time zone is not in a tariff: its day may be the next or the one before."""
_LAST_SESSION = timedelta(days=1)
"""A session that begins while the tariff is valid is billed by it to its end."""

Bound = TypeVar("Bound", time, Decimal, int)
Cell = TypeVar("Cell")


@dataclass(frozen=True, slots=True)
class DayCell:
    """The days of one weekday (0 is Monday) from one date until before another, in which no restriction changes."""

    first: date
    end: date
    weekday: int


@dataclass(frozen=True, slots=True)
class Space:
    """The cells of every axis by what they begin with; they end where the next begins, the last one never."""

    days: tuple[DayCell, ...]
    clock: tuple[time, ...]
    energy: tuple[Decimal, ...]
    elapsed: tuple[int, ...]
    power: tuple[Decimal, ...]
    current: tuple[Decimal, ...]

    @classmethod
    def of(cls, restrictions: Sequence[Restrictions], first: date, end: date) -> Space:
        """The space of a tariff with these restrictions, from one local day until before another. TooMany if large."""

        def bounds(nothing: Bound, names: tuple[str, str]) -> tuple[Bound, ...]:
            return _few(
                sorted({nothing, *(v for r in restrictions for n in names if (v := getattr(r, n)) is not None)})
            )

        dates = {d for r in restrictions for d in (r.start_date, r.end_date) if d is not None and first < d < end}
        return cls(
            days=_few(_day_cells([first, *sorted(dates), end])),
            clock=bounds(time(0), ("start_time", "end_time")),
            energy=bounds(Decimal(0), ("min_kwh", "max_kwh")),
            elapsed=bounds(0, ("min_duration", "max_duration")),
            power=_few_pairs(bounds(Decimal(0), ("min_power", "max_power"))),
            current=_few_pairs(bounds(Decimal(0), ("min_current", "max_current"))),
        )

    def everything(self, *, drawing: bool = True, flowing: bool = True) -> Box:
        """All that can happen while the car may draw power, and after energy may have flowed."""
        return (
            _all(len(self.days)),
            _all(len(self.clock)),
            _all(len(self.energy)) if flowing else 1,
            _all(len(self.elapsed)),
            _all(len(pairs(self.power))) if drawing else 1,
            _all(len(pairs(self.current))) if drawing else 1,
        )

    def box(self, given: Restrictions) -> Box:
        """Where these restrictions hold; on an axis without cells they never do. Reservations are asked elsewhere."""
        return (
            _bits(_on(given, cell) for cell in self.days),
            self._in_window(given.start_time or time(0), given.end_time or time(0)),
            _bits(_between(given.min_kwh, given.max_kwh, at, at) for at in self.energy),
            _bits(_between(given.min_duration, given.max_duration, at, at) for at in self.elapsed),
            _bits(_between(given.min_power, given.max_power, *pair) for pair in pairs(self.power)),
            _bits(_between(given.min_current, given.max_current, *pair) for pair in pairs(self.current)),
        )

    def _in_window(self, start: time, end: time) -> int:
        """The cells of the clock from a time to another, over midnight where it is earlier: both begin a cell."""
        every = _all(len(self.clock))
        if start == end:
            return every
        before_start, before_end = _all(bisect_left(self.clock, start)), _all(bisect_left(self.clock, end))
        return before_end & ~before_start if start < end else every & ~before_start | before_end

    def at_a_point(self) -> Box:
        """All that can happen while no reading crosses a bound."""
        everything = self.everything()
        return (
            *everything[:POWER],
            _bits(low == high for low, high in pairs(self.power)),
            _bits(low == high for low, high in pairs(self.current)),
        )


def at_start(box: Box) -> Box:
    """The part of a box in which the session begins: no time has passed and no energy has flowed."""
    return (*box[:ENERGY], box[ENERGY] & 1, box[ELAPSED] & 1, *box[POWER:])


def days_of(tariff: Tariff, on: date) -> tuple[date, date]:
    """The first local day on which a session may be billed by this tariff, from `on`, and the day after the last.

    A tariff that has ended before `on` is looked at as it was.
    """
    begins = _shifted(tariff.start_date_time.date(), -_ZONES) if tariff.start_date_time else date.min
    ends = _shifted(tariff.end_date_time.date(), _ZONES + _LAST_SESSION) if tariff.end_date_time else date.max
    first = max(begins, on)
    if first < ends:
        return first, ends
    return (begins, ends) if begins < ends else (on, date.max)


def pairs(bounds: Sequence[Decimal]) -> list[tuple[Decimal, Decimal]]:
    """The cells of power or current: a reading's lowest value is in one, its highest in the same or a later one."""
    return list(combinations_with_replacement(bounds, 2))


def _shifted(day: date, by: timedelta) -> date:
    return date.fromordinal(min(max(day.toordinal() + by.days, 1), date.max.toordinal()))


def _day_cells(dates: Sequence[date]) -> list[DayCell]:
    found = []
    for first, end in pairwise(dates):
        weekdays = {(first.weekday() + later) % 7 for later in range(min(7, (end - first).days))}
        found += [DayCell(first, end, weekday) for weekday in sorted(weekdays)]
    return found


def _few(cells: Sequence[Cell], of_each: int = 1) -> tuple[Cell, ...]:
    if len(cells) * of_each > MOST_BOXES:
        raise TooMany
    return tuple(cells)


def _few_pairs(bounds: Sequence[Decimal]) -> tuple[Decimal, ...]:
    return _few(bounds, (len(bounds) + 1) // 2)


def _all(cells: int) -> int:
    return (1 << cells) - 1


def _bits(held: Iterable[bool]) -> int:
    return sum(1 << place for place, one in enumerate(held) if one)


def _on(given: Restrictions, cell: DayCell) -> bool:
    return (
        (given.start_date is None or cell.first >= given.start_date)
        and (given.end_date is None or cell.first < given.end_date)
        and (not given.day_of_week or _DAYS[cell.weekday] in given.day_of_week)
    )


def _between(low: Decimal | int | None, high: Decimal | int | None, least: Decimal | int, most: Decimal | int) -> bool:
    # Both are what a cell begins with; a bound is never inside a cell.
    return (low is None or least >= low) and (high is None or most < high)
