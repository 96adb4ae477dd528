"""Reads charge detail records (CDRs) of OCPI 2.2.1 and 2.3.0, so that a recorded session can be priced again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from tapwatt.events import ChargingPeriod
from tapwatt.money import Currency
from tapwatt.tariffs import OcpiTime, Tariff

_DIGITS = 25  # more would be rounded by the arithmetic of decimals, and a record is read exactly or not at all
_Volume = Annotated[Decimal, Field(ge=0, le=10**6, max_digits=_DIGITS, allow_inf_nan=False)]
_Total = Annotated[Decimal, Field(ge=0, le=10**9, allow_inf_nan=False)]
_MAX_PERIODS = 2000
_UTC = "UTC"
_HOURS = ("TIME", "PARKING_TIME", "RESERVATION_TIME")
_MOST_OFF_S = 36
"""Records round their hours; a hundredth of an hour, in seconds, is the coarsest rounding that is believed."""


class UnreadableCdr(ValueError):
    """A record that cannot be read honestly: the JSON path, and in one sentence what is wrong there."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path


@dataclass(frozen=True, slots=True)
class RecordedSession:
    """A session as an operator recorded it: energy in Wh, times in UTC, totals in major units of the currency."""

    id: str
    tariff: Tariff
    time_zone: str
    country_code: str
    party_id: str
    location_id: str
    evse_uid: str
    connector_id: str | None
    started_at: datetime
    ended_at: datetime
    periods: tuple[ChargingPeriod, ...]
    energy_wh: Decimal
    total_excl: Decimal
    total_incl: Decimal | None
    currency: str

    @property
    def operator_id(self) -> str:
        """The operator as one name: NL-TNM."""
        return f"{self.country_code}-{self.party_id}"


class _Ocpi(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class _Dimension(_Ocpi):
    type: str
    volume: Annotated[Decimal, Field(ge=-(10**6), le=10**6, max_digits=_DIGITS, allow_inf_nan=False)]


class _Period(_Ocpi):
    start_date_time: OcpiTime
    dimensions: tuple[_Dimension, ...]
    tariff_id: str | None = None


class _Tax(_Ocpi):
    amount: _Total


class _Price(_Ocpi):
    """2.2.1 says excl_vat and incl_vat; 2.3.0 before_taxes and either after_taxes or the taxes one by one."""

    before_taxes: _Total = Field(validation_alias=AliasChoices("before_taxes", "excl_vat"))
    after_taxes: _Total | None = Field(default=None, validation_alias=AliasChoices("after_taxes", "incl_vat"))
    taxes: tuple[_Tax, ...] | None = None

    @property
    def incl(self) -> Decimal | None:
        if self.after_taxes is not None or self.taxes is None:
            return self.after_taxes
        return self.before_taxes + sum((t.amount for t in self.taxes), Decimal(0))


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not an IANA time zone") from error
    return name


class _Location(_Ocpi):
    id: str
    evse_uid: str
    connector_id: str | None = None
    time_zone: Annotated[str, AfterValidator(_zone)] | None = None


class _Cdr(_Ocpi):
    country_code: str
    party_id: str
    id: str
    start_date_time: OcpiTime
    end_date_time: OcpiTime
    cdr_location: _Location
    currency: Currency
    tariffs: tuple[Tariff, ...]
    charging_periods: Annotated[tuple[_Period, ...], Field(min_length=1, max_length=_MAX_PERIODS)]
    total_cost: _Price
    total_energy: _Volume
    credit: bool = False


def read_cdrs(text: str | bytes, time_zone: str = _UTC) -> list[RecordedSession]:
    """The sessions in one CDR, a list of CDRs, or an OCPI answer {"data": [...]}; numbers are read exactly.

    `time_zone` is used where a CDR's location has none. Raises UnreadableCdr with the JSON path of the first fault.
    """
    try:
        found = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise UnreadableCdr("$", f"this is not JSON ({error})") from error
    path, records = "$", found
    if isinstance(found, dict) and "data" in found:
        path, records = "$.data", found["data"]
    if isinstance(records, list):
        return [_session(record, f"{path}[{number}]", time_zone) for number, record in enumerate(records)]
    return [_session(records, path, time_zone)]


def _no_number(word: str) -> Decimal:
    raise ValueError(f"{word} is not a number")


def _session(record: Any, path: str, time_zone: str) -> RecordedSession:
    try:
        cdr = _Cdr.model_validate(record)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise UnreadableCdr(path + _path(first["loc"]), first["msg"]) from error
    if cdr.credit:
        raise UnreadableCdr(f"{path}.credit", "this is a credit for another CDR, not a session")
    zone = cdr.cdr_location.time_zone or time_zone
    tariff = _tariff(cdr, path)
    periods = _periods(cdr, path)
    energy = sum((p.energy_wh for p in periods), Decimal(0))
    if energy != cdr.total_energy * 1000:
        problem = f"says {cdr.total_energy} kWh and the periods add up to {energy / 1000} kWh"
        raise UnreadableCdr(f"{path}.total_energy", problem)
    return RecordedSession(
        id=cdr.id,
        tariff=tariff,
        time_zone=zone,
        country_code=cdr.country_code,
        party_id=cdr.party_id,
        location_id=cdr.cdr_location.id,
        evse_uid=cdr.cdr_location.evse_uid,
        connector_id=cdr.cdr_location.connector_id,
        started_at=periods[0].starts_at,
        ended_at=periods[-1].ends_at,
        periods=periods,
        energy_wh=energy,
        total_excl=cdr.total_cost.before_taxes,
        total_incl=cdr.total_cost.incl,
        currency=cdr.currency,
    )


def _tariff(cdr: _Cdr, path: str) -> Tariff:
    """The one tariff of the session. A change of tariff on the way is not something a driver accepted."""
    named = {p.tariff_id for p in cdr.charging_periods if p.tariff_id is not None}
    for number, period in enumerate(cdr.charging_periods):
        # Without the field no tariff is relevant (OCPI, mod_cdrs, ChargingPeriod), unless the record never uses it.
        if named and period.tariff_id is None:
            where = f"{path}.charging_periods[{number}].tariff_id"
            raise UnreadableCdr(where, "is missing, and other periods have one")
    if len(named) > 1:
        raise UnreadableCdr(f"{path}.charging_periods", f"they name several tariffs: {', '.join(sorted(named))}")
    found = [t for t in cdr.tariffs if not named or t.id in named]
    if len(found) != 1:
        which = f"tariff {named.pop()}" if named else "tariff that the periods are priced by"
        raise UnreadableCdr(f"{path}.tariffs", f"there are {len(found)} where one {which} is needed")
    if found[0].currency != cdr.currency:
        raise UnreadableCdr(f"{path}.currency", f"is {cdr.currency} and the tariff is in {found[0].currency}")
    return found[0]


def _periods(cdr: _Cdr, path: str) -> tuple[ChargingPeriod, ...]:
    """A period ends where the next one starts, the last one when the session ended (OCPI, mod_cdrs, ChargingPeriod).

    The only period of a session has all of its energy, also where the record says so in total_energy alone.
    """
    if cdr.charging_periods[0].start_date_time != cdr.start_date_time:
        raise UnreadableCdr(f"{path}.charging_periods[0].start_date_time", "the session starts at another time")
    ends = [p.start_date_time for p in cdr.charging_periods[1:]] + [cdr.end_date_time]
    whole = cdr.total_energy if len(ends) == 1 else Decimal(0)
    intervals = list(zip(cdr.charging_periods, ends, strict=True))
    for number, (period, ends_at) in enumerate(intervals):
        if ends_at < period.start_date_time:
            where = f"{path}.charging_periods[{number}].start_date_time"
            raise UnreadableCdr(where, "is after the start of the next period or the end")
    return tuple(
        _period(period, ends_at, whole, f"{path}.charging_periods[{number}]")
        for number, (period, ends_at) in enumerate(intervals)
    )


def _period(period: _Period, ends_at: datetime, unsaid_kwh: Decimal, where: str) -> ChargingPeriod:
    volumes: dict[str, Decimal] = {}
    for number, dimension in enumerate(period.dimensions):
        if dimension.type in volumes:
            raise UnreadableCdr(f"{where}.dimensions[{number}].type", f"{dimension.type} is given twice")
        volumes[dimension.type] = dimension.volume
    length_s = Decimal((ends_at - period.start_date_time) // timedelta(microseconds=1)).scaleb(-6)
    activity = _activity(volumes, length_s, where)
    try:
        return ChargingPeriod(
            starts_at=period.start_date_time,
            ends_at=ends_at,
            energy_wh=volumes.get("ENERGY", unsaid_kwh if activity == "charging" else Decimal(0)) * 1000,
            activity=activity,
            min_current_a=volumes.get("MIN_CURRENT"),
            max_current_a=volumes.get("MAX_CURRENT"),
            min_power_w=_watts(volumes.get("MIN_POWER")),
            max_power_w=_watts(volumes.get("MAX_POWER")),
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise UnreadableCdr(f"{where}.dimensions", f"{first['loc'][0]}: {first['msg']}") from error


def _activity(volumes: dict[str, Decimal], length_s: Decimal, where: str) -> Literal["charging", "parked", "reserved"]:
    """What went on. The hours that a record gives are checked; it is the interval between two times that counts."""
    said = {kind: volumes[kind] for kind in _HOURS if kind in volumes}
    spent = [kind for kind, hours in said.items() if hours]
    if len(spent) > 1:
        problem = f"has both {spent[0]} and {spent[1]}, and when one became the other is not known"
        raise UnreadableCdr(f"{where}.dimensions", problem)
    if said and abs(sum(said.values()) * 3600 - length_s) > _MOST_OFF_S:
        problem = f"say {sum(said.values())} h of {' and '.join(said)}, and the period lasts {length_s.normalize():f} s"
        raise UnreadableCdr(f"{where}.dimensions", problem)
    if spent == ["PARKING_TIME"]:
        return "parked"
    return "reserved" if spent == ["RESERVATION_TIME"] else "charging"


def _watts(kilowatts: Decimal | None) -> Decimal | None:
    return None if kilowatts is None else kilowatts * 1000


def _path(steps: Sequence[int | str]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
