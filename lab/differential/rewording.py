"""Says a case in other words: so that what another engine cannot read is not there, or means to it what it should."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from lab.differential.cases import Case, Json, ends, hours, instant, put, volume

Change = Callable[[Case], Case]
HOURS_OF = ("TIME", "PARKING_TIME", "RESERVATION_TIME")


def each(change: Callable[[Json], None], of: Callable[[Case], list[Json]]) -> Change:
    """A change of every part of a case that `of` finds."""

    def change_all(case: Case) -> None:
        for part in of(case):
            change(part)

    return lambda case: case.changed(change_all)


def restrictions(case: Case) -> list[Json]:
    """The restrictions of the tariff's elements."""
    return [e["restrictions"] for e in case.tariff["elements"] if "restrictions" in e]


def without(*names: str) -> Change:
    """Leaves these restrictions out."""

    def leave_out(given: Json) -> None:
        for name in names:
            given.pop(name, None)

    return each(leave_out, restrictions)


def hours_by_the_clock(case: Case) -> None:
    """Hours that are written become those between the times of the record."""
    for period, end in zip(case.periods, ends(case), strict=True):
        for kind in HOURS_OF:
            if volume(period, kind) is not None:
                put(period, kind, _lasts(period, end))


def missing_hours(case: Case) -> None:
    """A period without hours gets those of its times, as charging time."""
    for period, end in zip(case.periods, ends(case), strict=True):
        if all(volume(period, k) is None for k in HOURS_OF):
            put(period, "TIME", _lasts(period, end))


def _lasts(period: Json, end: datetime) -> Decimal:
    return hours(Fraction((end - instant(period["start_date_time"])) // timedelta(microseconds=1), 10**6))


def whole_day(given: Json) -> None:
    """A window from a time to the same time, or only until or from midnight, is no restriction."""
    start, end = given.get("start_time", "00:00"), given.get("end_time", "00:00")
    if start == end:
        given.pop("start_time", None)
        given.pop("end_time", None)


def end_of_day(given: Json) -> None:
    """A window until midnight has no end."""
    whole_day(given)
    if given.get("end_time") == "00:00":
        del given["end_time"]


def two_windows(case: Case) -> None:
    """A window over midnight as two elements, one after the other: until midnight, and from it."""
    elements: list[Json] = []
    for element in case.tariff["elements"]:
        given = element.get("restrictions", {})
        start, end = given.get("start_time"), given.get("end_time")
        if start and end and "00:00" < end < start:
            evening = {k: v for k, v in given.items() if k != "end_time"}
            morning = {k: v for k, v in given.items() if k != "start_time"}
            elements += [{**element, "restrictions": evening}, {**element, "restrictions": morning}]
        else:
            elements.append(element)
    case.tariff["elements"] = elements


def last_day(given: Json) -> None:
    """The day before the end date, for whoever takes that to be the last one."""
    if "end_date" in given:
        given["end_date"] = (date.fromisoformat(given["end_date"]) - timedelta(days=1)).isoformat()


def local_offsets(case: Case) -> None:
    """The same instants, written as the local clock showed them, in a country of which nobody knows the zone."""
    zone = ZoneInfo(case.zone)
    for holder, name in [
        (case.cdr, "start_date_time"),
        (case.cdr, "end_date_time"),
        *((p, "start_date_time") for p in case.periods),
    ]:
        holder[name] = instant(holder[name]).astimezone(zone).isoformat()
    case.cdr["cdr_location"]["country"] = "ATA"


def after_the_reservation(case: Case) -> None:
    """Only the session for which was reserved."""
    kept = [p for p in case.periods if volume(p, "RESERVATION_TIME") is None]
    case.cdr["charging_periods"] = kept
    case.cdr["start_date_time"] = kept[0]["start_date_time"]


def without_reservations(case: Case) -> None:
    """Neither the reservation nor what the tariff asks for one."""
    after_the_reservation(case)
    case.tariff["elements"] = [e for e in case.tariff["elements"] if "reservation" not in e.get("restrictions", {})]
    if not case.tariff["elements"]:
        case.tariff["elements"] = [{"price_components": [{"type": "FLAT", "price": 0, "step_size": 1}]}]


def not_measured(case: Case) -> Case:
    """Without restrictions on what nobody measured in this session."""
    for what in ("POWER", "CURRENT"):
        if not _measured(case, what):
            case = without(f"min_{what.lower()}", f"max_{what.lower()}")(case)
    return case


def read_as_ours(case: Case) -> None:
    """The measured extremes so that a peer that asks the wrong one comes to our answer; a parked car draws 0."""
    for what in ("POWER", "CURRENT"):
        if not _measured(case, what):
            continue
        for period in case.periods:
            least, most = volume(period, f"MIN_{what}"), volume(period, f"MAX_{what}")
            if least is None and most is None and volume(period, "PARKING_TIME") is not None:
                least = most = Decimal(0)
            put(period, f"MIN_{what}", most if most is not None else least)
            put(period, f"MAX_{what}", least if least is not None else most)


def _measured(case: Case, what: str) -> bool:
    return any(volume(p, f"{end}_{what}") is not None for p in case.periods for end in ("MIN", "MAX"))


def a_second_sooner(given: Json) -> None:
    """Bounds of duration a second lower, for whoever measures a duration a hair too short."""
    for name in ("min_duration", "max_duration"):
        if given.get(name):
            given[name] -= 1


def no_empty_energy(period: Json) -> None:
    """No ENERGY dimension where no energy flowed."""
    if not volume(period, "ENERGY"):
        put(period, "ENERGY", None)


def changed(change: Callable[[Case], None]) -> Change:
    """A change of a copy."""
    return lambda case: case.changed(change)


def periods(case: Case) -> list[Json]:
    """The charging periods."""
    return case.periods
