"""Makes sessions up: one to twelve periods, in several time zones, also on the days on which their clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

from lab.differential.cases import Case, Json, ends, hours, instant, put, volume, written
from lab.differential.cutting import cut
from lab.differential.tariffs import tariff

COUNTRIES = {
    "Europe/Amsterdam": "NLD",
    "Europe/Berlin": "DEU",
    "Europe/London": "GBR",
    "America/New_York": "USA",
    "America/St_Johns": "CAN",
    "Asia/Kathmandu": "NPL",
    "Australia/Lord_Howe": "AUS",
}
"""St John's and Kathmandu are not whole hours from UTC, and Lord Howe's summer time is half an hour."""

SPENT = {"charging": "TIME", "parked": "PARKING_TIME", "reserved": "RESERVATION_TIME"}
WH_PER_SECOND = (1, 2, 3, 5, 10, 20)
_PHASE_VOLTS = Decimal("0.23")
_FOUR = Decimal("0.0001")


def case(seed: int, number: int) -> Case:
    """The case of this number: the same seed gives the same case, however many others are asked for."""
    chance = Random(f"{seed}:{number}")
    zone = chance.choice(sorted(COUNTRIES))
    day = (
        chance.choice(_changes(zone)) if chance.random() < 0.3 else date(2025, 1, 1) + timedelta(chance.randrange(365))
    )
    begins = datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC) + timedelta(
        minutes=chance.randrange(-6 * 60, 22 * 60), seconds=chance.choice((0, 0, 0, 17))
    )
    made = Case(number, zone, _cdr(chance, zone, begins, tariff(chance, day)))
    if chance.random() < 0.5:
        made = cut(made)
    _write_hours(made, chance.choices(("exact", "four", "none"), (65, 25, 10))[0])
    return made


@cache
def _changes(zone: str) -> tuple[date, ...]:
    """The local days of 2025 that do not have 24 hours; its first day in a zone whose clocks never change."""
    days = [date(2025, 1, 1) + timedelta(days=n) for n in range(365)]
    offsets = [datetime.combine(day, time(), ZoneInfo(zone)).utcoffset() for day in days]
    changes = tuple(day for day, (now, next_day) in zip(days, pairwise(offsets), strict=False) if now != next_day)
    return changes or (days[0],)


def _cdr(chance: Random, zone: str, begins: datetime, shown: Json) -> Json:
    periods: list[Json] = []
    at = begins
    measured = chance.random() < 0.95
    for activity in _activities(chance):
        lasts = chance.choice((chance.randint(1, 90) * 60, chance.randint(1, 300) * 36, chance.randint(1, 9999)))
        periods.append(_period(chance, at, activity, lasts, measured))
        at += timedelta(seconds=lasts)
    energy = sum((volume(p, "ENERGY") or Decimal(0) for p in periods), Decimal(0))
    return {
        "country_code": "NL",
        "party_id": "TAP",
        "id": "CDR1",
        "start_date_time": written(begins),
        "end_date_time": written(at),
        "cdr_location": {"id": "L1", "evse_uid": "E1", "country": COUNTRIES[zone], "time_zone": zone},
        "currency": shown["currency"],
        "tariffs": [shown],
        "charging_periods": periods,
        "total_cost": {"excl_vat": 0, "incl_vat": 0},
        "total_energy": energy,
        "total_time": hours(Fraction(int((at - begins).total_seconds()))),
        "last_updated": written(at),
    }


def _activities(chance: Random) -> list[str]:
    """What goes on: charging first and parked last, and at times in any other order, or after a reservation."""
    count = chance.choices((1, 2, 3, 4, 6, 8, 12), (25, 20, 15, 15, 10, 10, 5))[0]
    if chance.random() < 0.25:
        found = [chance.choice(("charging", "charging", "parked")) for _ in range(count)]
    else:
        parked = chance.randint(0, count - 1)
        found = ["charging"] * (count - parked) + ["parked"] * parked
    if count > 1 and chance.random() < 0.04:
        found[0] = "reserved"
    return found


def _period(chance: Random, at: datetime, activity: str, lasts: int, measured: bool) -> Json:
    made: Json = {"start_date_time": written(at), "dimensions": [], "tariff_id": "T1"}
    put(made, SPENT[activity], hours(Fraction(lasts)))
    if activity == "charging":
        wh = Decimal(lasts * chance.choice(WH_PER_SECOND))
        if chance.random() < 0.2:
            wh += Decimal(chance.randint(1, 9999)).scaleb(-1)
        put(made, "ENERGY", wh.scaleb(-3).normalize())
        if measured:
            _measure(made, wh, lasts, chance.choices((0, 3), (90, 10))[0])
    elif activity == "parked" and chance.random() < 0.5:
        put(made, "ENERGY", Decimal(0))
    return made


def _measure(period: Json, wh: Decimal, lasts: int, spread: int) -> None:
    """Average power in kW and the current of one phase in A, and so much more or less in the course of the period."""
    kilowatts = (wh * Decimal("3.6") / lasts).quantize(_FOUR)
    amperes = (kilowatts / _PHASE_VOLTS).quantize(_FOUR)
    for what, average in (("POWER", kilowatts), ("CURRENT", amperes)):
        put(period, f"MIN_{what}", max(average - spread, Decimal(0)))
        put(period, f"MAX_{what}", average + spread)


def _write_hours(case: Case, style: str) -> None:
    """Hours as records have them: exact, rounded to OCPI's four decimals, or TIME left to the clock."""
    for period, end in zip(case.periods, ends(case), strict=True):
        kind = next(k for k in SPENT.values() if volume(period, k) is not None)
        lasts = Fraction((end - instant(period["start_date_time"])) // timedelta(microseconds=1), 10**6)
        exact = hours(lasts)
        put(period, kind, exact if style == "exact" else exact.quantize(_FOUR))
        if style == "none" and kind == "TIME":
            put(period, kind, None)
