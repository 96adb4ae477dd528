"""Why a line stands on the bill, in plain words: the element that won, what an increment added and a grace spared."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from decimal import Decimal
from fractions import Fraction
from itertools import groupby

from pricing.engine.quantities import A_SECOND, to_decimal
from pricing.engine.totals import A_STEP, Rate, Used
from pricing.engine.winning_element import for_expired
from tapwatt.tariffs import DayOfWeek, Dimension, Restrictions, Tariff, TariffElement

LONGEST = 500
"""Characters of a why (tapwatt.facts.fields, Text)."""

_PRICES = {
    Dimension.ENERGY: "that prices energy",
    Dimension.TIME: "that prices time",
    Dimension.PARKING_TIME: "that prices parking",
    Dimension.FLAT: "with a fee",
}
_UNIT = {Dimension.ENERGY: "Wh", Dimension.TIME: "s", Dimension.PARKING_TIME: "s"}
_DAYS = tuple(DayOfWeek)


def why_charged(tariff: Tariff, used: Used) -> str:
    """Which element this line is from and why it won, what its increment added, what the idle grace kept free."""
    head = f"element {used.element + 1} of {len(tariff.elements)}: "
    tail = "".join(f"; {said}" for said in (_why_it_won(tariff, used), _step(used), _grace(used)) if said)
    held = when(tariff.elements[used.element].restrictions) or "no restrictions"
    room = LONGEST - len(head) - len(tail)
    return head + (held if len(held) <= room else held[: room - 1] + "…") + tail


def why_adjusted(why: str, rate: Rate, rates: int) -> str:
    """Why there is an adjustment, and of which part of the price if several rates of VAT share it."""
    if rates == 1:
        return why
    return f"{why}: the part " + ("without VAT" if rate is None else f"with {plain(rate)} % VAT")


def when(given: Restrictions | None) -> str:
    """When an element with these restrictions holds, as 17:00-20:00, Monday-Friday; empty if there are none."""
    return "" if given is None else ", ".join(_when(given))


def _when(given: Restrictions) -> Iterator[str]:
    if given.reservation is not None:
        yield "a reservation" if given.reservation == "RESERVATION" else "a reservation that expired"
    if given.start_time is not None or given.end_time is not None:
        yield _window(given.start_time or time(0), given.end_time or time(0))
    if given.day_of_week:
        yield _weekdays({_DAYS.index(day) for day in given.day_of_week})
    if given.start_date is not None:
        yield f"from {given.start_date.isoformat()}"
    if given.end_date is not None:
        yield f"before {given.end_date.isoformat()}"
    yield from _range(given.min_kwh, given.max_kwh, "kWh")
    if given.min_duration is not None:
        yield f"after {length(given.min_duration)}"
    if given.max_duration is not None:
        yield f"in the first {length(given.max_duration)}"
    yield from _range(given.min_current, given.max_current, "A")
    yield from _range(given.min_power, given.max_power, "kW")


def _window(start: time, end: time) -> str:
    return "all day" if start == end else f"{_clock(start)}-{_clock(end)}"


def _clock(at: time) -> str:
    return at.isoformat() if at.second or at.microsecond else at.isoformat(timespec="minutes")


def _weekdays(days: set[int]) -> str:
    if len(days) == len(_DAYS):
        return "every day"
    found = []
    # What stands at the same distance from its place in the row is a run without a gap.
    for _, numbered in groupby(enumerate(sorted(days)), key=lambda pair: pair[1] - pair[0]):
        run = [_DAYS[day].capitalize() for _, day in numbered]
        found.append(f"{run[0]}-{run[-1]}" if len(run) > 2 else ", ".join(run))
    return ", ".join(found)


def _range(low: Decimal | None, high: Decimal | None, unit: str) -> Iterator[str]:
    if low is not None and high is not None:
        yield f"{plain(low)}-{plain(high)} {unit}"
    elif low is not None:
        yield f"from {plain(low)} {unit}"
    elif high is not None:
        yield f"below {plain(high)} {unit}"


def plain(number: Decimal) -> str:
    """A number without zeros that say nothing: 20, 35.5."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def length(seconds: int) -> str:
    """A length of time, as 1 h 30 min."""
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    parts = [f"{number} {unit}" for number, unit in ((hours, "h"), (minutes, "min"), (rest, "s")) if number]
    return " ".join(parts) or "0 s"


def _why_it_won(tariff: Tariff, used: Used) -> str:
    dimension, element = used.component.type, tariff.elements[used.element]
    prices = _PRICES[dimension]
    if for_expired(element):
        return f"the first {prices} for it"
    before = any(_has(other, dimension) for other in tariff.elements[: used.element])
    if when(element.restrictions):
        return f"the first {prices} then"
    return f"the fallback {prices}" if before else f"the first {prices}"


def _has(element: TariffElement, dimension: Dimension) -> bool:
    return any(component.type is dimension for component in element.price_components)


def _step(used: Used) -> str:
    if not used.extra:
        return ""
    kind = used.component.type
    added = to_decimal(Fraction(used.extra) / A_STEP[kind])
    return f"billed per {used.component.step_size} {_UNIT[kind]}: {added} {_UNIT[kind]} added"


def _grace(used: Used) -> str:
    if not used.spared:
        return ""
    seconds, rest = divmod(used.spared, A_SECOND)
    spared = length(int(seconds)) if not rest else f"{to_decimal(Fraction(used.spared) / A_SECOND)} s"
    return f"{spared} of grace not charged"
