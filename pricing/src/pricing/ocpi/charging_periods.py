"""Turns the charging periods of an OCPI CDR or Session into stretches in which one thing went on.

A period ends where the next one starts, the last one when the session ended (OCPI 2.2.1 and 2.3.0, mod_cdrs,
ChargingPeriod). The hours that a record gives are checked; it is the interval between two times that counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, FailFast, Field, ValidationError

from pricing.ocpi.documents import UnreadableOcpi, fault_of, quoted
from pricing.tolerance import FINEST_WH, HOURS_OF_A_SECOND
from tapwatt.facts.fields import ChargingPeriod
from tapwatt.tariffs import OcpiTime

MOST_PERIODS = 20_000
_DIGITS = 25  # more would be rounded by the arithmetic of decimals, and a record is read exactly or not at all
_MOST_OFF_S = 36
"""Records round their hours; a hundredth of an hour, in seconds, is the coarsest rounding that is believed."""
_FIRST_YEAR, _LAST_YEAR = 2000, 2199
_MICROSECOND = timedelta(microseconds=1)

_HOURS = ("TIME", "PARKING_TIME", "RESERVATION_TIME")
_LIMITS = ("MIN_CURRENT", "MAX_CURRENT", "MIN_POWER", "MAX_POWER")
_NOT_PRICED = ("CURRENT", "ENERGY_EXPORT", "ENERGY_IMPORT", "POWER", "STATE_OF_CHARGE")
"""Dimensions for a Session's reader to look at; no tariff prices them (OCPI, mod_cdrs, CdrDimensionType)."""

_LIKE_A_KIND = re.compile(r"[A-Za-z_]{1,40}\Z")

Activity = Literal["charging", "parked", "reserved"]
_ACTIVITY: dict[str, Activity] = {"TIME": "charging", "PARKING_TIME": "parked", "RESERVATION_TIME": "reserved"}


class UnreadableCdr(UnreadableOcpi):
    """A record that cannot be read honestly: the JSON path, and in one sentence what is wrong there."""


@dataclass(frozen=True, slots=True)
class Note:
    """What in a record had to be understood in one of several ways, and in which: the JSON path, and a sentence.

    `noise` says that only rounding had to be: nobody could have meant another session.
    """

    path: str
    said: str
    noise: bool = False


def _text(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("is not a time; give it in UTC, as 2026-03-29T08:00:00Z")
    return value


def _in_our_days(moment: datetime) -> datetime:
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError(f"is not between the years {_FIRST_YEAR} and {_LAST_YEAR}, so a clock was wrong")
    return moment.astimezone(UTC)


RecordTime = Annotated[OcpiTime, BeforeValidator(_text), AfterValidator(_in_our_days)]
Volume = Annotated[Decimal, Field(ge=-(10**6), le=10**6, max_digits=_DIGITS, allow_inf_nan=False)]


class OcpiRecord(BaseModel):
    """Part of a record as it was exchanged; what is not asked for is let be."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class OcpiDimension(OcpiRecord):
    """An amount of one thing: kWh, hours, A or kW."""

    type: str
    volume: Volume


class OcpiPeriod(OcpiRecord):
    """A charging period as it was exchanged."""

    start_date_time: RecordTime
    dimensions: Annotated[tuple[OcpiDimension, ...], FailFast(), Field(max_length=100)] = ()
    tariff_id: Any = None


@dataclass(frozen=True, slots=True)
class Ending:
    """When the last period ends (UTC); `open` if the session goes on, and its hours so far are no check."""

    at: datetime
    open: bool = False


def charging_periods(
    given: Sequence[OcpiPeriod], ending: Ending, unsaid_kwh: Decimal, path: str
) -> tuple[tuple[ChargingPeriod, ...], list[Note]]:
    """The periods at this JSON path, in the words of our facts. The last has `unsaid_kwh` if it says no ENERGY.

    UnreadableCdr where a period contradicts itself, or says what has no price.
    """
    found: list[ChargingPeriod] = []
    notes: list[Note] = []
    ends = [period.start_date_time for period in given[1:]] + [ending.at]
    intervals = list(zip(given, ends, strict=True))
    for number, (period, ends_at) in enumerate(intervals):
        if ends_at < period.start_date_time:
            problem = "is after the start of the next period or the end; put the times in order"
            raise UnreadableCdr(f"{path}[{number}].start_date_time", problem)
    for number, (period, ends_at) in enumerate(intervals):
        where = f"{path}[{number}]"
        last = number + 1 == len(given)
        one = _One(period, ends_at, _volumes(period, where), ending.open and last, where)
        found.extend(one.parts(unsaid_kwh if last else Decimal(0), notes))
    return tuple(found), notes


def says_energy(period: OcpiPeriod) -> bool:
    """Whether the period says how much energy was charged in it."""
    return any(dimension.type == "ENERGY" for dimension in period.dimensions)


def hours_said(period: OcpiPeriod) -> timedelta:
    """How long the period has lasted by its own hours; nothing if it says none."""
    hours = sum((d.volume for d in period.dimensions if d.type in _HOURS and 0 <= d.volume <= 10_000), Decimal(0))
    return int(hours * 3_600_000_000) * _MICROSECOND


@dataclass(frozen=True, slots=True)
class _One:
    """A period with its end and its volumes by kind."""

    period: OcpiPeriod
    ends_at: datetime
    volumes: dict[str, Decimal]
    open: bool
    where: str

    def parts(self, unsaid_kwh: Decimal, notes: list[Note]) -> list[ChargingPeriod]:
        """One stretch; two where it both charged and stood parked: then the charging comes first."""
        spent = self._spent()
        if spent == ["TIME", "PARKING_TIME"]:
            parked_at = min(self.period.start_date_time + _length(self.volumes["TIME"]), self.ends_at)
            said = "has both TIME and PARKING_TIME, so the charging is taken to have come first, all of it"
            notes.append(Note(self.where, f"{said}, until {parked_at:%Y-%m-%dT%H:%M:%SZ}"))
            charging = self._part("charging", self.period.start_date_time, parked_at, self._wh(unsaid_kwh, notes))
            return [charging, self._part("parked", parked_at, self.ends_at, Decimal(0))]
        activity = _ACTIVITY[spent[0]] if spent else "charging"
        energy = self._wh(unsaid_kwh if activity == "charging" else Decimal(0), notes)
        return [self._part(activity, self.period.start_date_time, self.ends_at, energy)]

    def _spent(self) -> list[str]:
        said = {kind: self.volumes[kind] for kind in _HOURS if kind in self.volumes}
        spent = [kind for kind, hours in said.items() if hours]
        length_s = Decimal((self.ends_at - self.period.start_date_time) // _MICROSECOND).scaleb(-6)
        hours = sum(said.values(), Decimal(0))
        if said and not self.open and abs(hours * 3600 - length_s) > _MOST_OFF_S:
            kinds = " and ".join(said)
            problem = f"say {hours} h of {kinds}, and the period lasts {length_s.normalize():f} s; correct one of them"
            raise UnreadableCdr(f"{self.where}.dimensions", problem)
        if len(spent) > 1 and "RESERVATION_TIME" in spent:
            problem = (
                f"has both {spent[0]} and {spent[1]}, and when one became the other is not known; split the period"
            )
            raise UnreadableCdr(f"{self.where}.dimensions", problem)
        return spent

    def _wh(self, unsaid_kwh: Decimal, notes: list[Note]) -> Decimal:
        exact = self.volumes.get("ENERGY", unsaid_kwh).scaleb(3)
        kept = exact.quantize(FINEST_WH, rounding=ROUND_HALF_EVEN)
        if kept != exact:
            said = f"its energy is counted to the ten-thousandth of a Wh, as {_plain(kept)} Wh"
            notes.append(Note(self.where, said, noise=True))
        return kept

    def _part(self, activity: Activity, starts_at: datetime, ends_at: datetime, energy_wh: Decimal) -> ChargingPeriod:
        try:
            return ChargingPeriod(
                starts_at=starts_at,
                ends_at=ends_at,
                energy_wh=energy_wh,
                activity=activity,
                min_current_a=self.volumes.get("MIN_CURRENT"),
                max_current_a=self.volumes.get("MAX_CURRENT"),
                min_power_w=_watts(self.volumes.get("MIN_POWER")),
                max_power_w=_watts(self.volumes.get("MAX_POWER")),
            )
        except ValidationError as error:
            # The fault is in one of ours, made of a dimension: its name says of which.
            field, problem = fault_of(error, "")
            raise UnreadableCdr(f"{self.where}.dimensions", f"{field[1:]} {problem}") from None


def _volumes(period: OcpiPeriod, where: str) -> dict[str, Decimal]:
    volumes: dict[str, Decimal] = {}
    for number, dimension in enumerate(period.dimensions):
        kind, place = dimension.type, f"{where}.dimensions[{number}]"
        if kind in _NOT_PRICED:
            continue
        if kind not in ("ENERGY", *_HOURS, *_LIMITS):
            named = quoted(kind) if _LIKE_A_KIND.match(kind) else "this"
            problem = f"{named} is not a dimension of OCPI 2.2.1 or 2.3.0; correct it or leave it out"
            raise UnreadableCdr(f"{place}.type", problem)
        if kind in volumes:
            raise UnreadableCdr(f"{place}.type", f"{kind} is given twice in one period; leave the one that is meant")
        volume = dimension.volume
        if kind in _HOURS and -HOURS_OF_A_SECOND <= volume < 0:
            # Two clocks that are a moment apart: a period without length, whose times count anyway.
            volume = Decimal(0)
        if volume < 0:
            raise UnreadableCdr(f"{place}.volume", _negative(kind, volume))
        volumes[kind] = volume
    return volumes


def _negative(kind: str, volume: Decimal) -> str:
    if kind in _HOURS:
        return f"says {volume} h of {kind}, and no time is less than nothing; correct it"
    return (
        f"says {volume} of {kind}: energy that a car gives back to the grid has no price in an OCPI tariff; "
        "settle it apart from this session"
    )


def _length(hours: Decimal) -> timedelta:
    return int(hours * 3_600_000_000) * _MICROSECOND


def _watts(kilowatts: Decimal | None) -> Decimal | None:
    return None if kilowatts is None else kilowatts.scaleb(3)


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
