"""Says when something happens, from a part of all that can: on Saturdays 00:00-08:00, from 20 kWh on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from itertools import combinations, groupby
from typing import TypeVar

from pricing.checking.finding import listed
from pricing.checking.regions import Box
from pricing.checking.space import CLOCK, CURRENT, DAY, ELAPSED, ENERGY, POWER, Space, pairs
from pricing.engine.line_words import length, plain
from tapwatt.tariffs import DayOfWeek

_NAMES = [day.capitalize() for day in DayOfWeek]
_MOST_JOINED = 40
_MOST = 3
"""Parts of a region that are said; the others are said to exist."""

T = TypeVar("T")


def region_in_words(space: Space, region: Sequence[Box], everything: Box) -> str:
    """When something in this region happens; if that is long, its first parts as examples. Empty if always."""
    said = list(dict.fromkeys(box_in_words(space, box, everything) for box in _joined(region)))
    if "" in said:
        return ""
    more = ", and at other moments" if len(said) > _MOST else ""
    return "; ".join(said[:_MOST]) + more


def _joined(region: Sequence[Box]) -> list[Box]:
    """The region in fewer boxes, where some that differ on one axis only make one: fewer words say the same."""
    found = list(region[:_MOST_JOINED])
    left = len(found) + 1
    while len(found) < left:
        left = len(found)
        for one, other in combinations(found, 2):
            differ = [axis for axis, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
            if len(differ) == 1:
                both = tuple(a | b for a, b in zip(one, other, strict=True))
                found = [both, *(box for box in found if box not in (one, other))]
                break
    return found + list(region[_MOST_JOINED:])


def box_in_words(space: Space, box: Box, everything: Box) -> str:
    """When something in this box happens, next to everything; empty if always. Mixed dates are said by an example."""
    narrowed = [part != whole for part, whole in zip(box, everything, strict=True)]
    said = []
    if narrowed[DAY] or narrowed[CLOCK]:
        days = [_days(space, box[DAY])] if narrowed[DAY] else []
        clock = [_clock(space, box[CLOCK], over_midnight=not narrowed[DAY])] if narrowed[CLOCK] else []
        said.append(" ".join(days + clock))
    if narrowed[ENERGY]:
        said.append(_ranges(space.energy, _cells(box[ENERGY]), _energy))
    if narrowed[ELAPSED]:
        said.append(_ranges(space.elapsed, _cells(box[ELAPSED]), _elapsed))
    for axis, bounds, unit, what in ((POWER, space.power, "kW", "power"), (CURRENT, space.current, "A", "current")):
        if narrowed[axis]:
            said.append(_drawn(box[axis], bounds, unit, what))
    return ", ".join(said)


def _cells(bits: int) -> list[int]:
    return [place for place in range(bits.bit_length()) if bits >> place & 1]


def _runs(cells: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Neighbours together: the first of each run and the one after its last."""
    for _, numbered in groupby(enumerate(cells), key=lambda pair: pair[1] - pair[0]):
        run = [cell for _, cell in numbered]
        yield run[0], run[-1] + 1


def _ranges(bounds: Sequence[T], cells: Sequence[int], say: Callable[[T | None, T | None], str]) -> str:
    def bound(cell: int) -> T | None:
        return bounds[cell] if 0 < cell < len(bounds) else None

    return listed([say(bound(first), bound(end)) for first, end in _runs(cells)])


def _energy(low: Decimal | None, high: Decimal | None) -> str:
    return _measured(low, high, "kWh")


def _measured(low: Decimal | None, high: Decimal | None, unit: str) -> str:
    if low is not None and high is not None:
        return f"from {plain(low)} to {plain(high)} {unit}"
    if low is not None:
        return f"from {plain(low)} {unit} on"
    return f"below {plain(high)} {unit}" if high is not None else f"at any {unit}"


def _elapsed(low: int | None, high: int | None) -> str:
    if low is not None and high is not None:
        return f"from {length(low)} to {length(high)}"
    if low is not None:
        return f"after {length(low)}"
    return f"in the first {length(high)}" if high is not None else "at any time"


def _drawn(bits: int, bounds: Sequence[Decimal], unit: str, what: str) -> str:
    """Power or current: by its values, or, if no value is in the box, by the bound that a reading crosses."""
    cells = pairs(bounds)
    found = [cells[cell] for cell in _cells(bits)]
    points = [bounds.index(low) for low, high in found if low == high]
    if points:
        return _ranges(bounds, points, lambda low, high: _measured(low, high, unit))
    crossed = bounds[bounds.index(found[0][0]) + 1]
    return f"while the {what} crosses {plain(crossed)} {unit} within a charging period"


def _clock(space: Space, bits: int, *, over_midnight: bool) -> str:
    runs = [(space.clock[first], _at(space.clock, end)) for first, end in _runs(_cells(bits))]
    if over_midnight and len(runs) > 1 and runs[0][0] == time(0) == runs[-1][1]:
        runs = [*runs[1:-1], (runs[-1][0], runs[0][1])]
    return listed([f"{_hour(start)}-{_hour(end)}" for start, end in runs])


def _at(clock: Sequence[time], cell: int) -> time:
    return clock[cell] if cell < len(clock) else time(0)


def _hour(at: time) -> str:
    return at.isoformat() if at.second or at.microsecond else at.isoformat(timespec="minutes")


def _days(space: Space, bits: int) -> str:
    """Weekdays and dates, of the first dates that have the same weekdays."""
    spans: dict[tuple[date, date], set[int]] = {}
    possible: dict[tuple[date, date], set[int]] = {}
    for place, cell in enumerate(space.days):
        possible.setdefault((cell.first, cell.end), set()).add(cell.weekday)
        if bits >> place & 1:
            spans.setdefault((cell.first, cell.end), set()).add(cell.weekday)
    chosen = list(spans)[:1]
    for span in list(spans)[1:]:
        if span[0] == chosen[-1][1] and spans[span] == spans[chosen[0]]:
            chosen.append(span)
    weekdays, first, end = spans[chosen[0]], chosen[0][0], chosen[-1][1]
    if end - first == timedelta(days=1):
        return f"on {_NAMES[first.weekday()]} {first.isoformat()}"
    everyday = all(spans[span] == possible[span] for span in chosen)
    said = [] if everyday else [f"on {_weekdays(sorted(weekdays))}"]
    if len(chosen) < len(possible):
        said += [f"from {first.isoformat()}"] if first != space.days[0].first else []
        said += [f"before {end.isoformat()}"] if end != space.days[-1].end else []
    return " ".join(said)


def _weekdays(days: Sequence[int]) -> str:
    runs = list(_runs(days))
    said = []
    for first, end in runs:
        names = [f"{_NAMES[day]}s" for day in range(first, end)]
        said += [f"{names[0]} to {names[-1]}"] if len(names) > 2 else names
    return listed(said)
