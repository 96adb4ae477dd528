"""Numbers, dates, lengths of time and days as a language writes them (CLDR)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from itertools import groupby

from babel.dates import format_date, format_datetime, get_day_names
from babel.numbers import format_decimal
from babel.units import format_unit

from receipts.catalogue import locale
from tapwatt.money import Money
from tapwatt.tariffs import DayOfWeek

_DAYS = tuple(DayOfWeek)
_PARTS = ((3600, "duration-hour"), (60, "duration-minute"), (1, "duration-second"))


def amount(money: Money, language: str) -> str:
    """An amount with all the decimals of its currency, and without the currency: 1.234,50."""
    return number(money.major, language)


def number(exact: Decimal, language: str) -> str:
    """A number with all its decimals."""
    decimals = len(f"{exact:f}".partition(".")[2])
    pattern = f"#,##0.{'0' * decimals}" if decimals else "#,##0"
    return format_decimal(exact, pattern, locale(language))


def plain(exact: Decimal, language: str, least: int = 0) -> str:
    """A number without zeros that say nothing, but with this many decimals at least."""
    whole, _, decimals = f"{exact:f}".partition(".")
    kept = decimals.rstrip("0").ljust(least, "0")
    return number(Decimal(f"{whole}.{kept}" if kept else whole), language)


def percent(rate: Decimal, language: str) -> str:
    """A rate, given in percent: 21 % or 21%, as the language writes it."""
    pattern: str = locale(language).percent_formats[None].pattern
    return pattern.replace("#,##0", plain(rate, language))


def moment(local: datetime, language: str) -> str:
    """A date and a time of day, to the second."""
    return format_datetime(local.replace(tzinfo=None), "medium", locale=locale(language))


def day(on: date, language: str) -> str:
    """A date: 6 March 2026."""
    return format_date(on, "long", locale=locale(language))


def length(seconds: Decimal | int, language: str) -> str:
    """A length of time in full words: 4 hours, 1 hour 30 minutes."""
    left, said = int(seconds), []
    for size, unit in _PARTS:
        count, left = divmod(left, size)
        if count:
            said.append(format_unit(count, unit, "long", locale=locale(language)))
    return " ".join(said) or format_unit(0, "duration-second", "long", locale=locale(language))


def minutes(hours: Decimal, language: str) -> str:
    """Time as it is charged, in minutes and seconds: 40 min, 23 min 10 s."""
    whole, seconds = divmod(int((hours * 3600).quantize(Decimal(1))), 60)
    said = [f"{number(Decimal(whole), language)}\N{NO-BREAK SPACE}min"] if whole or not seconds else []
    return " ".join([*said, *([f"{seconds}\N{NO-BREAK SPACE}s"] if seconds else [])])


def clock(at: time) -> str:
    """A time of day: 17:00."""
    return at.isoformat(timespec="seconds" if at.second else "minutes")


def weekdays(given: Iterable[DayOfWeek], language: str) -> str:
    """Days of the week, three and more in a row as a range: Monday-Friday."""
    names = get_day_names("wide", "stand-alone", locale(language))
    found: list[str] = []
    # What stands at the same distance from its place in the row is a run without a gap.
    for _, numbered in groupby(enumerate(sorted({_DAYS.index(one) for one in given})), key=lambda one: one[1] - one[0]):
        run = [names[place] for _, place in numbered]
        found += [f"{run[0]}-{run[-1]}"] if len(run) > 2 else run
    return ", ".join(found)
