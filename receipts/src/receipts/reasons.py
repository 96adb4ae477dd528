"""Why a line stands on the bill, in a driver's words and as the price sheet said it before charging."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import time, timedelta
from decimal import Decimal

from receipts.formats import clock, day, length, plain, weekdays
from receipts.words import REASONS, ReasonWords
from tapwatt.facts.bill import LineTerms
from tapwatt.tariffs import Dimension, Restrictions

GLUE = "\N{NO-BREAK SPACE}"
_MIDNIGHT = time(0)
_A_KWH = 1000


def reason(terms: LineTerms | None, what: str, language: str) -> str:
    """Why, in this language; nothing where there is nothing to say, or nothing is known."""
    return "; ".join(_reasons(terms, what, language)) if terms is not None else ""


def _reasons(terms: LineTerms, what: str, language: str) -> Iterator[str]:
    words = REASONS[language]
    if terms.settled:
        yield words.settled
    if terms.limit is not None:
        yield {"lowest": words.lowest, "highest": words.highest, "both": words.both}[terms.limit]
    if terms.holds is not None and (held := ", ".join(one for one in _held(terms.holds, words, language) if one)):
        yield held
    if terms.step_size is not None and terms.added is not None:
        step, added = (_measure(Decimal(one), what, language) for one in (terms.step_size, terms.added))
        yield words.steps.format(step=step, added=added)
    if terms.grace_s is not None:
        yield words.grace.format(length(terms.grace_s, language))


def _measure(much: Decimal, what: str, language: str) -> str:
    """Wh or seconds."""
    if what != Dimension.ENERGY:
        return length(much, language)
    return f"{plain(much, language)}{GLUE}Wh" if much < _A_KWH else f"{plain(much / _A_KWH, language)}{GLUE}kWh"


def _held(given: Restrictions, words: ReasonWords, language: str) -> Iterator[str]:
    if given.reservation is not None:
        yield words.reservation if given.reservation == "RESERVATION" else words.reservation_expired
    days = weekdays(given.day_of_week, language) if given.day_of_week else ""
    yield " ".join(said for said in (_window(given), days) if said)
    if given.start_date is not None:
        yield words.from_date.format(day(given.start_date, language))
    if given.end_date is not None:
        # OCPI's end is the first day without, people's the last day with.
        yield words.to_date.format(day(given.end_date - timedelta(days=1), language))
    energy = [None if one is None else f"{plain(one, language)}{GLUE}kWh" for one in (given.min_kwh, given.max_kwh)]
    yield _range(energy, (words.above, words.up_to, words.between))
    lasting = [None if one is None else length(one, language) for one in (given.min_duration, given.max_duration)]
    yield _range(lasting, (words.after_start, words.until_after_start, words.between_after_start))
    for low, high, unit in ((given.min_power, given.max_power, "kW"), (given.min_current, given.max_current, "A")):
        bounds = [None if one is None else f"{plain(one, language)}{GLUE}{unit}" for one in (low, high)]
        yield _range(bounds, (words.power_from, words.power_below, words.power_between))


def _window(given: Restrictions) -> str:
    start, end = given.start_time or _MIDNIGHT, given.end_time or _MIDNIGHT
    if start == end:
        return ""
    return f"{clock(start)}-{'24:00' if end == _MIDNIGHT else clock(end)}"


def _range(bounds: Sequence[str | None], said: tuple[str, str, str]) -> str:
    low, high = bounds
    above, below, between = said
    if low is None:
        return "" if high is None else below.format(high)
    return above.format(low) if high is None else between.format(low, high)
