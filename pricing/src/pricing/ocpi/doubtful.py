"""What in a recorded session is not believed: totals of time that its periods contradict, power that nobody has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pricing.ocpi.charging_periods import Note, Volume
from tapwatt.facts.fields import ChargingPeriod

MOST_POWER_W = 1_000_000
"""As much as a charger for lorries gives; the tariff service believes no more either unless it is told to."""
_READ_AFTER = timedelta(minutes=1)
"""A meter is read so often at most: energy may have flowed so much longer than a period says."""
_OFF = timedelta(seconds=36)
"""A total of hours is rounded to a hundredth."""
_MICROSECOND, _HOUR = timedelta(microseconds=1), timedelta(hours=1)
_HOURS: TypeAdapter[Decimal] = TypeAdapter(Volume)


def doubts_of(record: dict[str, Any], periods: Sequence[ChargingPeriod], path: str) -> Iterator[Note]:
    """The doubts about the record at this JSON path, whose periods are these."""
    spent = {kind: _lasting(periods, kind) for kind in ("charging", "parked", "reserved")}
    session = spent["charging"] + spent["parked"]
    totals = (
        # Of a reservation before it the specification does not say whether it is in the total.
        ("total_time", "last", {session, session + spent["reserved"]}),
        ("total_parking_time", "are parked for", {spent["parked"]}),
    )
    for name, does, possible in totals:
        said = _hours(record.get(name))
        if said is not None and all(abs(said - one) > _OFF for one in possible):
            nearest = min(possible, key=lambda one: abs(said - one))
            what = f"says {_plain(said)} h, and the periods {does} {_plain(nearest)} h"
            yield Note(f"{path}.{name}", f"{what}: one of them is wrong, and with it perhaps the price")
    for number, period in enumerate(periods):
        length = period.ends_at - period.starts_at
        most = MOST_POWER_W * Fraction((length + _READ_AFTER) // _MICROSECOND, _HOUR // _MICROSECOND)
        if period.energy_wh > most:
            seconds = f"{length.total_seconds():g} s"
            what = f"{period.energy_wh.normalize():f} Wh in {seconds} is more than {MOST_POWER_W // 1000} kW can give"
            yield Note(
                f"{path}.charging_periods", f"{what} (from {period.starts_at:%Y-%m-%dT%H:%M:%SZ}, stretch {number})"
            )


def _lasting(periods: Sequence[ChargingPeriod], kind: str) -> timedelta:
    return sum((p.ends_at - p.starts_at for p in periods if p.activity == kind), timedelta(0))


def _hours(value: object) -> timedelta | None:
    """A total of hours; None where there is none, or none that could be meant: no price depends on it."""
    try:
        return int(_HOURS.validate_python(value) * 3_600_000_000) * _MICROSECOND
    except ValidationError:
        return None


def _plain(length: timedelta) -> str:
    return f"{round(Decimal(length // _MICROSECOND) / 3_600_000_000, 4).normalize():f}"
