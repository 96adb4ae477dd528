"""Which prices of a tariff a driver can meet in the next week: what can never win is not worth a line on a screen.

The first price that holds wins, so one that others always come before is never charged. What is asked is every
combination of local time, time and energy since the session began, and power and current: those cells are few, because
nothing changes between two bounds of the tariff. Where there are too many to ask, a price counts as possible: it may be
shown in vain, but none that could be charged is hidden. Time and energy since the start are asked about as if any time
could go with any energy, which errs on the same side.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import reduce
from itertools import combinations_with_replacement
from operator import or_
from typing import Literal
from zoneinfo import ZoneInfo

from pricing.engine.moments import Conditions, Moment, conditions
from pricing.engine.quantities import A_SECOND, Exact
from pricing.engine.restriction_bounds import kwh_bounds, time_bounds
from tapwatt.facts.fields import ChargingPeriod
from tapwatt.tariffs import Restrictions, TariffElement

AHEAD = timedelta(days=7)
"""How far a sheet looks: every day of the week, and longer than a car stays."""

_MOST = 500_000
"""Questions that are asked about one dimension before a price counts as possible without asking."""

Activity = Literal["charging", "parked", "reserved"]
_CLOCK = ("start_time", "end_time", "day_of_week", "start_date", "end_date")
_ELAPSED = ("min_duration", "max_duration")
_USED = ("min_kwh", "max_kwh")
_POWER = ("min_power", "max_power")
_CURRENT = ("min_current", "max_current")
_PARTS = (("start_time", "end_time"), ("day_of_week",), ("start_date",), ("end_date",))


class _TooMany(Exception):
    """There are more questions than anyone should wait for."""


@dataclass(frozen=True, slots=True)
class Chances:
    """Which of the prices may win, by their place in the row that was asked about, and whether none may hold.

    `beaten` are those that may hold while one before them wins.
    """

    winners: frozenset[int]
    beaten: frozenset[int]
    none: bool

    def __or__(self, other: Chances) -> Chances:
        return Chances(self.winners | other.winners, self.beaten | other.beaten, self.none or other.none)


class Row:
    """Prices of one dimension in the order in which they are asked, and the moments at which they may be.

    A car that is parked takes no power, but may have taken energy before; a reserved place has given none yet.
    """

    def __init__(self, asked: Sequence[Restrictions | None], at: datetime, zone: ZoneInfo, activity: Activity) -> None:
        # A reservation is asked about by itself, so that all of these hold in the same kind of session.
        self._asked = [(r or Restrictions()).model_copy(update={"reservation": None}) for r in asked]
        self._everyone = (1 << len(self._asked)) - 1
        self._at, self._zone, self._drawing = at.astimezone(UTC), zone, activity == "charging"
        elements = [TariffElement.model_construct(price_components=(), restrictions=r) for r in self._asked]
        self.instants = [self._at, *sorted(time_bounds(elements, self._at, self._at + AHEAD, zone))]
        seconds = sorted({0, *(int(s) for s in self._values(_ELAPSED))})
        self._clock = [self._moment(at) for at in self.instants]
        self._elapsed = [self._moment(elapsed=s * A_SECOND) for s in seconds]
        self._used = [self._moment(used=e) for e in ([0] if activity == "reserved" else [0, *kwh_bounds(elements)])]
        self._masks: tuple[list[int], list[int], list[int]] | None = None
        self._draws: tuple[set[int], set[int]] = (set(), set())
        with suppress(_TooMany):
            # A reading that crosses a bound is on neither side of it, and may find a price that no other reading
            # does; but nobody is told that charging is free because a reading may be coarse.
            self._draws = (self._drawn(crossing=True), self._drawn(crossing=False))
            self._masks = (
                self._bits(_CLOCK, self._clock),
                self._bits(_ELAPSED, self._elapsed),
                self._bits(_USED, self._used),
            )

    def ever(self) -> Chances:
        """Who may win at some moment of the next week."""
        return self._chances(self._masks or (), {self._everyone})

    def at_start(self, first: int = 0, last: int | None = None) -> Chances:
        """Who may win at the very start of a session, at these of the instants."""
        if self._masks is None:
            return self._unasked()
        clock, elapsed, used = self._masks
        return self._chances((), {mask & elapsed[0] & used[0] for mask in clock[first:last]})

    def once(self) -> Chances:
        """Who may win where the first that holds at any moment is charged, once: most often that is at the start."""
        start = self.at_start()
        return start | self.ever() if start.none else start

    def changes_at(self) -> datetime | None:
        """The first instant (UTC) at which another price holds for whoever starts then; None if not within a week."""
        now = self.at_start(0, 1)
        for place, at in enumerate(self.instants):
            if self._masks and self._masks[0][place] != self._masks[0][0] and self.at_start(place, place + 1) != now:
                return at
        return None

    def narrowed(self, number: int, *, starting: bool) -> Restrictions:
        """What restricts this price at all: without that which always holds in the next week, or when it starts."""
        given = self._asked[number]
        samples = [(part, self._clock) for part in _PARTS]
        samples += [
            (_ELAPSED, self._elapsed[:1] if starting else self._elapsed),
            (_USED, self._used[:1] if starting else self._used),
        ]
        samples += [(part, self._readings(part, crossing=False)) for part in (_POWER, _CURRENT) if _given(given, part)]
        idle = [name for fields, moments in samples if _always(given, fields, moments) for name in fields]
        return given.model_copy(update=dict.fromkeys(idle))

    def _unasked(self) -> Chances:
        everyone = frozenset(range(len(self._asked)))
        return Chances(everyone, everyone - {0}, none=Restrictions() not in self._asked)

    def _chances(self, axes: Iterable[Collection[int]], masks: set[int]) -> Chances:
        try:
            asked = _combined(axes, masks)
            crossing, clear = (_combined([draws], asked) for draws in self._draws)
        except _TooMany:
            return self._unasked()
        if self._masks is None:
            return self._unasked()
        beaten = reduce(or_, (mask & (mask - 1) for mask in clear if mask), 0)
        return Chances(
            winners=frozenset((mask & -mask).bit_length() - 1 for mask in crossing if mask),
            beaten=frozenset(number for number in range(len(self._asked)) if beaten >> number & 1),
            none=0 in clear,
        )

    def _drawn(self, *, crossing: bool) -> set[int]:
        axes = [self._bits(fields, self._readings(fields, crossing=crossing)) for fields in (_POWER, _CURRENT)]
        return _combined(axes, {self._everyone})

    def _bits(self, fields: Sequence[str], moments: Sequence[Moment]) -> list[int]:
        """For each moment, a bit for each price whose restrictions in these fields hold then."""
        by_day: dict[date, list[int]] = {}
        for place, moment in enumerate(moments):
            by_day.setdefault(moment.day, []).append(place)
        masks, left = [0] * len(moments), _MOST
        for number, restrictions in enumerate(self._asked):
            ready = _ready(restrictions, fields)
            # Of two weeks of quarter hours, each with its date, only those of that day are asked about.
            places = [place for day, places in by_day.items() if ready.on(day) for place in places]
            left -= len(places)
            if left < 0:
                raise _TooMany
            for place in places:
                masks[place] |= ready.hold(moments[place]) << number
        return masks

    def _readings(self, fields: Sequence[str], *, crossing: bool) -> list[Moment]:
        """A moment for every power or current between two bounds; if asked, for every reading that crosses some."""
        if not self._drawing:
            return [self._moment()]
        values = sorted({Decimal(0), *(Decimal(v) for v in self._values(fields))})
        pairs = list(combinations_with_replacement(values, 2)) if crossing else [(value, value) for value in values]
        if fields is _CURRENT:
            return [self._moment(amperes=pair) for pair in pairs]
        return [self._moment(watts=(_watts(low), _watts(high))) for low, high in pairs]

    def _moment(
        self,
        at: datetime | None = None,
        used: Exact = 0,
        elapsed: int = 0,
        watts: tuple[Decimal, Decimal] | tuple[None, None] = (None, None),
        amperes: tuple[Decimal, Decimal] | tuple[None, None] = (None, None),
    ) -> Moment:
        local = (at or self._at).astimezone(self._zone)
        # Not checked: these are no readings, and there are many.
        period = ChargingPeriod.model_construct(
            starts_at=self._at,
            ends_at=self._at,
            activity="charging" if self._drawing else "parked",
            min_power_w=watts[0],
            max_power_w=watts[1],
            min_current_a=amperes[0],
            max_current_a=amperes[1],
        )
        return Moment(local.date(), local.time(), used, elapsed, period)

    def _values(self, fields: Sequence[str]) -> set[Decimal | int]:
        return {value for r in self._asked for name in fields if (value := getattr(r, name)) is not None}


def _combined(axes: Iterable[Collection[int]], masks: set[int]) -> set[int]:
    for axis in axes:
        different = set(axis)
        if len(masks) * len(different) > _MOST:
            raise _TooMany
        masks = {mask & other for mask in masks for other in different}
    return masks


def _given(given: Restrictions, fields: Sequence[str]) -> bool:
    return any(getattr(given, name) is not None for name in fields)


def _always(given: Restrictions, fields: Sequence[str], moments: Sequence[Moment]) -> bool:
    if not _given(given, fields):
        return True
    ready = _ready(given, fields)
    return all(ready.hold(moment) for moment in moments)


def _ready(given: Restrictions, fields: Sequence[str]) -> Conditions:
    return conditions(Restrictions.model_construct(**{name: getattr(given, name) for name in fields}))


def _watts(kilowatts: Decimal) -> Decimal:
    # As the bound itself is made ready: a shifted exponent is exact, a product is rounded.
    sign, digits, exponent = kilowatts.as_tuple()
    return Decimal((sign, digits, int(exponent) + 3))
