"""Reads charge detail records (CDRs) of OCPI 2.2.1 and 2.3.0 strictly, so that a recorded session can be replayed.

A replay compares money, so that a record has to be whole and may not have to be understood in one of several ways; for
a price alone `pricing.ocpi.recorded_usage` asks for less.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import Field, ValidationError

from pricing.ocpi.charging_periods import OcpiRecord, RecordTime, UnreadableCdr, Volume
from pricing.ocpi.chosen_tariff import tariff_for, with_vat
from pricing.ocpi.dialects import is_2_1_1, understood_record
from pricing.ocpi.documents import fault_of, objects_in, quoted, read_json
from pricing.ocpi.recorded_usage import OcpiPrice, Usage, usage_at
from tapwatt.facts.fields import ChargingPeriod
from tapwatt.money import Currency
from tapwatt.tariffs import Tariff
from tapwatt.time_zones import zone_named

__all__ = ["RecordedSession", "UnreadableCdr", "read_cdrs"]

_MAX_PERIODS = 2000
"""As many as a ChargingEnded holds."""
_UTC = "UTC"
_LIKE_A_ZONE = re.compile(r"[A-Za-z_/+-]{1,40}[0-9]{0,2}\Z")


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


class _Location(OcpiRecord):
    id: str
    evse_uid: str
    connector_id: str | None = None


class _Cdr(OcpiRecord):
    """What a record has beside its periods and tariffs."""

    country_code: str = "XX"
    party_id: str = "XXX"
    id: str
    start_date_time: RecordTime
    end_date_time: RecordTime
    cdr_location: _Location
    currency: Currency
    total_cost: OcpiPrice
    total_energy: Volume = Field(ge=0)


def read_cdrs(text: str | bytes, time_zone: str = _UTC) -> list[RecordedSession]:
    """The sessions in one CDR, a list of CDRs, or an OCPI answer {"data": [...]}; numbers are read exactly.

    `time_zone` is used where a CDR's location has none. Raises UnreadableCdr with the JSON path of the first fault.
    """
    found = objects_in(read_json(text, UnreadableCdr), UnreadableCdr)
    return [session_at(path, one, time_zone) for path, one in found]


def session_at(path: str, one: dict[str, Any], time_zone: str = _UTC, vat: Decimal | None = None) -> RecordedSession:
    """The session of the CDR at this JSON path. Raises UnreadableCdr.

    A record of OCPI 2.1.1 does not say whose it is: XX-XXX. `vat`, in percent, is on prices that say none.
    """
    understood, _ = understood_record(path, one)
    if not is_2_1_1(one):
        for name in ("country_code", "party_id"):
            if name not in one:
                raise UnreadableCdr(f"{path}.{name}", "is missing; add it")
    try:
        cdr = _Cdr.model_validate(understood)
    except ValidationError as error:
        raise UnreadableCdr(*fault_of(error, path)) from None
    usage = usage_at(path, one)
    _check(usage)
    tariff = tariff_for(usage)
    tariff = tariff if vat is None else with_vat(tariff, vat)
    return RecordedSession(
        id=cdr.id,
        tariff=tariff,
        time_zone=zone_of(usage) or time_zone,
        country_code=cdr.country_code,
        party_id=cdr.party_id,
        location_id=cdr.cdr_location.id,
        evse_uid=cdr.cdr_location.evse_uid,
        connector_id=cdr.cdr_location.connector_id,
        started_at=usage.periods[0].starts_at,
        ended_at=usage.periods[-1].ends_at,
        periods=usage.periods,
        energy_wh=usage.energy_wh,
        total_excl=cdr.total_cost.before_taxes,
        total_incl=cdr.total_cost.incl,
        currency=cdr.currency,
    )


def _check(usage: Usage) -> None:
    if usage.kind != "CDR":
        raise UnreadableCdr(usage.path, "this is a session and not a CDR; replay it once it is sealed as one")
    if len(usage.periods) > _MAX_PERIODS:
        raise UnreadableCdr(f"{usage.path}.charging_periods", f"there are more than {_MAX_PERIODS}")
    if usage.trouble is not None:
        raise usage.trouble
    for note in (note for note in usage.notes if not note.noise):
        raise UnreadableCdr(note.path, f"{note.said}; a replay needs a record that says one thing only")
    for doubt in usage.doubts:
        raise UnreadableCdr(doubt.path, f"{doubt.said}; correct it before it is compared")


def zone_of(usage: Usage) -> str | None:
    """The IANA time zone that the operator put into the record's location. UnreadableCdr if it is none."""
    if usage.time_zone is None:
        return None
    try:
        return zone_named(usage.time_zone).key
    except ValueError:
        where = f"{usage.path}.cdr_location.time_zone"
        name = quoted(usage.time_zone) if _LIKE_A_ZONE.match(usage.time_zone) else "this"
        raise UnreadableCdr(where, f"{name} is not an IANA time zone; use a name such as Europe/Amsterdam") from None
