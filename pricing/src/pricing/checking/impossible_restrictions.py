"""Restrictions that can never hold, or no longer, whatever the rest of the tariff says; and some that say nothing."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pricing.checking.finding import Finding, Subject, listed, note, warning
from pricing.checking.space import days_of
from pricing.engine.line_words import plain
from tapwatt.tariffs import Restrictions

_RANGES = (
    ("min_kwh", "max_kwh", "kWh"),
    ("min_current", "max_current", "A"),
    ("min_power", "max_power", "kW"),
    ("min_duration", "max_duration", "s"),
)
_ASKED = (
    (
        "power",
        "where it is not measured, the energy of a charging period over its time decides",
        "Make sure that the fleet sends the power, or begins a period where the power changes.",
    ),
    (
        "current",
        "a session with a charging period in which it was not measured cannot be priced",
        "Make sure that the fleet sends the current with every charging period.",
    ),
)
"""What nobody knows who did not measure it, and what the price does then (pricing.engine.moments)."""


def never_holds(subject: Subject) -> dict[int, list[Finding]]:
    """Why an element can never hold, for each of those that cannot by their own restrictions."""
    found = {number: list(_reasons(subject, number)) for number in range(len(subject.tariff.elements))}
    return {number: reasons for number, reasons in found.items() if reasons}


def _reasons(subject: Subject, number: int) -> Iterator[Finding]:
    given, path = subject.restrictions(number), f"{subject.at(number)}.restrictions"
    yield from _dates(subject, given, path)
    yield from impossible_bounds(subject, number)


def impossible_bounds(subject: Subject, number: int) -> Iterator[Finding]:
    """Ranges of an element that nothing is in: max_kwh of 0."""
    given, path = subject.restrictions(number), f"{subject.at(number)}.restrictions"
    for low_name, high_name, unit in _RANGES:
        low, high = _bound(given, low_name), _bound(given, high_name)
        if high is not None and high <= (low or 0):
            least = f"{low_name} {plain(low)}" if low is not None else "0"
            yield warning(
                f"{path}.{high_name}",
                f"this element can never hold: {high_name} {plain(high)} {unit} is not above {least}",
                f"{high_name} is exclusive: it ends before that; give a higher one or leave it out.",
            )


def _bound(given: Restrictions, name: str) -> Decimal | None:
    bound = getattr(given, name)
    return None if bound is None else Decimal(bound)


def _dates(subject: Subject, given: Restrictions, path: str) -> Iterator[Finding]:
    start, end = given.start_date, given.end_date
    first, after_last = days_of(subject.tariff, subject.on)
    if start is not None and end is not None and start >= end:
        yield warning(
            f"{path}.end_date",
            f"this element can never hold: end_date {end} is not after start_date {start}",
            "end_date is exclusive, the day after the last; give a later one.",
        )
    elif end is not None and end <= first == subject.on:
        yield warning(
            f"{path}.end_date",
            f"this element holds no longer: it ended before {end}, and it is {first} now",
            "Leave it out, or give the dates of the next time; --on DATE looks at another day.",
        )
    elif end is not None and end <= first:
        yield warning(
            f"{path}.end_date",
            f"this element can never hold: it ends before {end}, and the tariff begins later",
            "Give a later end_date, or an earlier start_date_time to the tariff.",
        )
    if start is not None and start >= after_last:
        yield warning(
            f"{path}.start_date",
            f"this element can never hold: it begins on {start}, and the tariff ends earlier",
            "Give an earlier start_date, or a later end_date_time to the tariff.",
        )


def says_nothing(subject: Subject) -> Iterator[Finding]:
    """Restrictions that restrict nothing, or something else than they seem to."""
    for number in range(len(subject.tariff.elements)):
        given, path = subject.restrictions(number), f"{subject.at(number)}.restrictions"
        if given.start_time is not None and given.start_time == given.end_time:
            yield note(
                f"{path}.end_time",
                "start_time and end_time are the same, so this element holds all day",
                "Leave both out if that is meant.",
            )
        if given.day_of_week == ():
            yield note(f"{path}.day_of_week", "the list is empty, so this element holds every day", "Leave it out.")
        if given.day_of_week is not None and len(set(given.day_of_week)) != len(given.day_of_week):
            yield note(f"{path}.day_of_week", "a day stands twice", "Name each day once.")
    yield from _measured(subject)


def _measured(subject: Subject) -> Iterator[Finding]:
    for what, says, hint in _ASKED:
        asking = [
            f"elements[{place}]"
            for number, place in enumerate(subject.numbers)
            if any(_bound(subject.restrictions(number), f"{side}_{what}") is not None for side in ("min", "max"))
        ]
        if asking:
            says = f"{listed(asking)} ask{'s' if len(asking) == 1 else ''} for the {what}: {says}"
            yield note(f"{subject.path}.elements", says, hint)
