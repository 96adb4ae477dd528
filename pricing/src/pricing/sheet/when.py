"""When a price holds, in the words of a driver's language: 17:00-20:00 Monday-Friday, above 20 kWh."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import groupby
from zoneinfo import ZoneInfo

from pricing.sheet.words import Words
from tapwatt.tariffs import DayOfWeek, Restrictions

GLUE = "\u00a0"
"""Between what belongs on one line, as a number and its unit, until lines are made."""

_DAYS = tuple(DayOfWeek)
_MIDNIGHT = time(0)


def when(given: Restrictions, words: Words, *, parked: bool) -> str:
    """When a price with these restrictions holds; empty if there are none."""
    return ", ".join(said for said in _when(given, words, parked) if said)


def _when(given: Restrictions, words: Words, parked: bool) -> Iterator[str]:
    yield " ".join(said for said in (_window(given), _weekdays(given, words)) if said)
    if given.start_date is not None:
        yield words.from_date.format(day(given.start_date, words))
    if given.end_date is not None:
        # OCPI's end is the first day without, people's the last day with.
        yield words.to_date.format(day(given.end_date - timedelta(days=1), words))
    low, high = given.min_kwh, given.max_kwh
    yield _range(low, high, "kWh", (words.at_least, words.at_most, words.between), words)
    yield _durations(given.min_duration, given.max_duration, words, parked)
    for low, high, unit in ((given.min_power, given.max_power, "kW"), (given.min_current, given.max_current, "A")):
        yield _range(low, high, unit, (words.draws_from, words.draws_below, words.draws_between), words)


def day(on: date, words: Words) -> str:
    """A day of the year: 6 March."""
    return f"{_day_of_month(on, words)}{GLUE}{words.months[on.month - 1]}"


def whole_date(on: date, words: Words) -> str:
    """A date: Friday 6 March 2026."""
    return words.date.format(
        weekday=words.weekdays[on.weekday()],
        day=words.first_of_month if on.day == 1 else on.day,
        month=words.months[on.month - 1],
        year=on.year,
    )


def until(at: datetime, since: datetime, zone: ZoneInfo, words: Words) -> str:
    """The local time of an instant within a week, with its day if that is another one: Saturday 07:00."""
    local = at.astimezone(zone)
    name = "" if local.date() == since.astimezone(zone).date() else words.weekdays[local.weekday()] + GLUE
    return name + clock(local.time())


def clock(at: time) -> str:
    """A time of day: 17:00."""
    return at.isoformat(timespec="seconds" if at.second else "minutes")


def length(words: Words, seconds: int) -> str:
    """A length of time in the largest unit that fits it: 15 minutes."""
    return _lengths(words, "{}", seconds)


def energy(wh: int) -> str:
    """An amount of energy: 500 Wh, 1 kWh."""
    return f"{wh}{GLUE}Wh" if wh % 1000 else f"{wh // 1000}{GLUE}kWh"


def number(value: Decimal, words: Words) -> str:
    """A number with the language's decimal point, and without zeros that say nothing."""
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace(".", words.decimal_point)


def _window(given: Restrictions) -> str:
    start, end = given.start_time or _MIDNIGHT, given.end_time or _MIDNIGHT
    if start == end:
        return ""
    return f"{clock(start)}-{'24:00' if end == _MIDNIGHT else clock(end)}"


def _weekdays(given: Restrictions, words: Words) -> str:
    found = []
    days = sorted({_DAYS.index(day) for day in given.day_of_week or ()})
    # What stands at the same distance from its place in the row is a run without a gap.
    for _, numbered in groupby(enumerate(days), key=lambda pair: pair[1] - pair[0]):
        run = [words.weekdays[day] for _, day in numbered]
        found.extend([f"{run[0]}-{run[-1]}"] if len(run) > 2 else run)
    return ", ".join(found)


def _range(low: Decimal | None, high: Decimal | None, unit: str, said: tuple[str, str, str], words: Words) -> str:
    above, below, between = said
    ends = [number(bound, words) for bound in (low, high) if bound is not None]
    if not ends:
        return ""
    ends[-1] += GLUE + unit
    return (between if len(ends) > 1 else above if low is not None else below).format(*ends)


def _durations(low: int | None, high: int | None, words: Words, parked: bool) -> str:
    if low is None and high is None:
        return ""
    # Of a car that is parked after charging, time might be taken to count from when it stopped.
    from_start = (words.after_start, words.until_after_start, words.between_after_start)
    after, up_to, between = from_start if parked else (words.after, words.up_to, words.between)
    said = between if low is not None and high is not None else after if high is None else up_to
    return _lengths(words, said, *(bound for bound in (low, high) if bound is not None))


def _lengths(words: Words, said: str, *seconds: int) -> str:
    second, minute, hour = words.units
    # Two hours and more are said in hours, if they are whole.
    size, unit = next(
        (size, unit)
        for size, least, unit in ((3600, 7200, hour), (60, 60, minute), (1, 0, second))
        if all(s % size == 0 for s in seconds) and max(seconds) >= least
    )
    counts = [str(s // size) for s in seconds]
    counts[-1] += GLUE + unit[seconds[-1] != size]
    return said.format(*counts)


def _day_of_month(on: date, words: Words) -> str:
    # The way a language writes a date tells whether a point follows the day.
    point = "." if "{day}." in words.date else ""
    return (words.first_of_month if on.day == 1 else str(on.day)) + point
