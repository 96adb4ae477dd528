"""Reads what went on in sessions from OCPI CDRs and Sessions, as much as a price needs and no more.

What a price does not need may be missing or odd: the token, the location's address, a total. What it needs is read
exactly or refused: times, periods, energy. OCPI 2.2.1 and 2.3.0, mod_cdrs and mod_sessions.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, FailFast, Field, TypeAdapter, ValidationError

from pricing.ocpi.charging_periods import (
    MOST_PERIODS,
    Ending,
    Note,
    OcpiPeriod,
    OcpiRecord,
    RecordTime,
    UnreadableCdr,
    Volume,
    charging_periods,
    hours_said,
    says_energy,
)
from pricing.ocpi.dialects import is_2_1_1, understood_record
from pricing.ocpi.documents import fault_of, objects_in, read_json
from pricing.ocpi.doubtful import doubts_of
from pricing.tolerance import FINEST_WH, START_OFF, explained_wh
from tapwatt.facts.fields import ChargingPeriod
from tapwatt.money import Currency

_MOST_NOTES = 4
"""Of the fields that are written in another way, so many are said: the others are the same."""
_Amount = Annotated[Decimal, Field(ge=-(10**9), le=10**9, max_digits=30, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class StatedCost:
    """What a record itself says its session cost, in major units; after taxes only where it says that."""

    excl: Decimal
    incl: Decimal | None


@dataclass(frozen=True, slots=True)
class Usage:
    """What went on in one session. Times in UTC; `running` if it goes on, with what is known of it until `ends_at`.

    `tariff_ids` and `starts` are those of the record's own periods, of which one may be two of `periods`. `trouble` is
    a contradiction about its energy, which matters only where a tariff asks for energy. `doubts` are what
    a person has to look at before the price is believed: times that contradict its totals, more power than there is.
    `older` says that it is of OCPI 2.1.1, whose prices are before VAT.
    """

    path: str
    kind: Literal["CDR", "Session"]
    id: str | None
    periods: tuple[ChargingPeriod, ...]
    ends_at: datetime
    running: bool
    currency: str | None
    time_zone: str | None
    country: str | None
    tariffs: Any
    tariff_ids: tuple[str | None, ...]
    starts: tuple[datetime, ...]
    stated: StatedCost | None
    total_kwh: Decimal | None
    trouble: UnreadableCdr | None
    notes: tuple[Note, ...]
    doubts: tuple[Note, ...] = ()
    older: bool = False

    @property
    def energy_wh(self) -> Decimal:
        """What was charged in all periods."""
        return sum((period.energy_wh for period in self.periods), Decimal(0))

    def tariff_id_at(self, moment: datetime) -> str | None:
        """Which tariff the record's period names that this moment is in; None where it names none."""
        return self.tariff_ids[max(bisect_right(self.starts, moment) - 1, 0)]

    @property
    def reservation_expired(self) -> bool:
        """Whether it is over and nothing but a reservation: the car never came."""
        return not self.running and all(period.activity == "reserved" for period in self.periods)

    def until(self, at: datetime) -> Usage:
        """The same, going on until this instant if it still runs: the time is known, further energy is not."""
        if not self.running or at <= self.ends_at:
            return self
        last = self.periods[-1]
        more = last.model_copy(update={"starts_at": self.ends_at, "ends_at": at, "energy_wh": Decimal(0)})
        said = f"nothing is known of its energy after {self.ends_at:%Y-%m-%dT%H:%M:%SZ}"
        notes = (*self.notes, Note(self.path, said))
        return replace(self, periods=(*self.periods, more), ends_at=at, notes=notes)


class _Tax(OcpiRecord):
    amount: _Amount


class OcpiPrice(OcpiRecord):
    """A cost in major units: excl_vat and incl_vat (2.2.1), or before_taxes and after_taxes or each tax (2.3.0)."""

    before_taxes: _Amount = Field(validation_alias=AliasChoices("before_taxes", "excl_vat"))
    after_taxes: _Amount | None = Field(default=None, validation_alias=AliasChoices("after_taxes", "incl_vat"))
    taxes: Annotated[tuple[_Tax, ...], Field(max_length=100)] | None = None

    @property
    def incl(self) -> Decimal | None:
        """The cost after taxes; None where neither it nor the taxes are said."""
        if self.after_taxes is not None or self.taxes is None:
            return self.after_taxes
        return self.before_taxes + sum((tax.amount for tax in self.taxes), Decimal(0))


class _Record(OcpiRecord):
    start_date_time: RecordTime | None = None
    end_date_time: RecordTime | None = None
    currency: Currency | None = None
    charging_periods: Annotated[tuple[OcpiPeriod, ...], FailFast(), Field(max_length=MOST_PERIODS)] = ()
    total_energy: Volume | None = None
    kwh: Volume | None = None
    status: str | None = None
    credit: bool = False


_TIME: TypeAdapter[datetime] = TypeAdapter(RecordTime)


def read_usage(text: str | bytes) -> list[Usage]:
    """What went on in one CDR or Session, a list of them, or an OCPI answer {"data": ...}; numbers are read exactly.

    Raises UnreadableCdr with the JSON path of the first fault.
    """
    found = objects_in(read_json(text, UnreadableCdr), UnreadableCdr)
    return [usage_at(path, one) for path, one in found]


def usage_at(path: str, one: dict[str, Any]) -> Usage:
    """What went on in the session of this object, which stands at this JSON path. Raises UnreadableCdr."""
    if "elements" in one and "charging_periods" not in one:
        raise UnreadableCdr(path, "this is a tariff where a CDR or a session is needed; name the tariff's file first")
    older = is_2_1_1(one)
    one, understood = understood_record(path, one)
    try:
        record = _Record.model_validate(one)
    except ValidationError as error:
        raise UnreadableCdr(*fault_of(error, path)) from None
    kind: Literal["CDR", "Session"] = "Session" if "kwh" in one or "status" in one else "CDR"
    _refuse_what_is_no_session(record, path, kind)
    total, total_path = (
        (record.kwh, f"{path}.kwh") if kind == "Session" else (record.total_energy, f"{path}.total_energy")
    )
    if total is not None and total < 0:
        raise UnreadableCdr(
            total_path, f"says {total} kWh: energy given back to the grid has no price in an OCPI tariff"
        )
    given, notes = _periods(record, path)
    ending = _ending(record, given, one, path, kind)
    periods, more = charging_periods(given, ending, _unsaid(given, total, kind), f"{path}.charging_periods")
    if record.status == "RESERVATION" and not record.charging_periods:
        periods = tuple(period.model_copy(update={"activity": "reserved"}) for period in periods)
    if ending.open and total is not None:
        periods, rest = _with_the_rest(periods, total, path)
        more = [*more, *rest]
    energy, trouble = _compare(periods, given, total, total_path)
    stated, unsaid = _stated(one.get("total_cost"), f"{path}.total_cost")
    location = one.get("cdr_location")
    location = location if isinstance(location, dict) else {}
    return Usage(
        path=path,
        kind=kind,
        id=_name(one.get("id")),
        periods=periods,
        ends_at=ending.at,
        running=ending.open and record.status != "PENDING",
        currency=record.currency,
        time_zone=_name(location.get("time_zone")),
        country=_name(location.get("country")),
        tariffs=one.get("tariffs", []),
        tariff_ids=tuple(_name(period.tariff_id) for period in given),
        starts=tuple(period.start_date_time for period in given),
        stated=stated,
        total_kwh=total,
        trouble=trouble,
        notes=(*understood[:_MOST_NOTES], *notes, *more, *energy, *unsaid),
        older=older,
        doubts=() if ending.open else tuple(doubts_of(one, periods, path)),
    )


def _refuse_what_is_no_session(record: _Record, path: str, kind: str) -> None:
    if record.credit:
        raise UnreadableCdr(
            f"{path}.credit", "this is a credit for another CDR, not a session; price the CDR it is for"
        )
    if kind == "Session" and record.status == "INVALID":
        raise UnreadableCdr(f"{path}.status", "is INVALID, so this session is not billed; leave it out")


def _periods(record: _Record, path: str) -> tuple[tuple[OcpiPeriod, ...], list[Note]]:
    """The record's periods. A Session may still have none: then it has been one since it began."""
    notes = [Note(f"{path}.status", "is PENDING: it has not begun")] if record.status == "PENDING" else []
    if not record.charging_periods:
        if record.kwh is None and record.status is None:
            problem = "there are none, and at least 1 is needed: without them nothing can be priced; add them"
            raise UnreadableCdr(f"{path}.charging_periods", problem)
        if record.start_date_time is None:
            raise UnreadableCdr(f"{path}.start_date_time", "is missing; add it")
        return (OcpiPeriod(start_date_time=record.start_date_time.isoformat()),), notes
    for number, (one, following) in enumerate(pairwise(record.charging_periods), start=1):
        if following.start_date_time < one.start_date_time:
            where = f"{path}.charging_periods[{number}].start_date_time"
            problem = "is before that of the period before it: the periods are out of order; put them in order"
            raise UnreadableCdr(where, problem)
    first, began = record.charging_periods[0].start_date_time, record.start_date_time
    if began is None or began == first:
        return record.charging_periods, notes
    said = f"is {first:%Y-%m-%dT%H:%M:%SZ} and the session starts at another time, {began:%Y-%m-%dT%H:%M:%SZ}"
    where = f"{path}.charging_periods[0].start_date_time"
    if abs(first - began) > START_OFF:
        raise UnreadableCdr(where, f"{said}; correct one of them")
    return record.charging_periods, [*notes, Note(where, f"{said}: the periods count")]


def _ending(record: _Record, given: Sequence[OcpiPeriod], one: dict[str, Any], path: str, kind: str) -> Ending:
    """When it ended; for a Session that goes on, until when it is known."""
    if record.end_date_time is not None:
        return Ending(record.end_date_time)
    if kind == "CDR" or record.status == "COMPLETED":
        raise UnreadableCdr(f"{path}.end_date_time", "is missing, and without it the last period has no end; add it")
    last = given[-1]
    at = last.start_date_time + hours_said(last)
    if "last_updated" in one and record.status != "PENDING":
        try:
            at = max(at, _TIME.validate_python(one["last_updated"]))
        except ValidationError as error:
            raise UnreadableCdr(*fault_of(error, f"{path}.last_updated")) from None
    return Ending(at, open=True)


def _unsaid(given: Sequence[OcpiPeriod], total: Decimal | None, kind: str) -> Decimal:
    """What the last period charged if it says nothing: all of an only period's, in a Session what the others leave."""
    if total is None or (kind == "CDR" and len(given) > 1) or says_energy(given[-1]):
        return Decimal(0)
    said = sum((d.volume for p in given for d in p.dimensions if d.type == "ENERGY"), Decimal(0))
    return max(total - said, Decimal(0))


def _with_the_rest(
    periods: tuple[ChargingPeriod, ...], total: Decimal, path: str
) -> tuple[tuple[ChargingPeriod, ...], list[Note]]:
    """A Session that goes on may tell its energy before its periods: the rest was charged in the last of them."""
    last = periods[-1]
    rest = total.scaleb(3) - sum((p.energy_wh for p in periods), Decimal(0))
    if last.activity != "charging" or rest <= explained_wh(len(periods)):
        return periods, []
    rest = rest.quantize(FINEST_WH)
    said = f"is {_kwh(rest)} kWh more than its periods say, which is taken to have been charged in the last of them"
    whole = last.model_copy(update={"energy_wh": last.energy_wh + rest})
    return (*periods[:-1], whole), [Note(f"{path}.kwh", said)]


def _kwh(wh: Decimal) -> str:
    return f"{wh.scaleb(-3).normalize():f}"


def _compare(
    periods: Sequence[ChargingPeriod], given: Sequence[OcpiPeriod], total: Decimal | None, where: str
) -> tuple[list[Note], UnreadableCdr | None]:
    """The total beside the periods: the same, off by what records round, or a contradiction."""
    charged = sum((p.energy_wh for p in periods), Decimal(0)).scaleb(-3)
    if total is None:
        if charged or any(says_energy(p) for p in given) or all(p.activity != "charging" for p in periods):
            return [], None
        return [], UnreadableCdr(where, "is missing, and no charging period says its ENERGY; add one of them")
    if charged == total:
        return [], None
    said = f"says {total} kWh and the periods add up to {charged.normalize():f} kWh{_instead(given)}"
    most = explained_wh(len(given)).scaleb(-3)
    if abs(charged - total) <= most:
        explained = f"{said}: within the {most.normalize():f} kWh that rounding explains, so the periods count"
        return [Note(where, explained, noise=True)], None
    return [], UnreadableCdr(where, f"{said}, further apart than rounding explains ({most.normalize():f}); correct one")


def _instead(given: Sequence[OcpiPeriod]) -> str:
    """What the periods have in place of ENERGY, where none of them has it."""
    kinds = {dimension.type for period in given for dimension in period.dimensions}
    found = sorted(kinds & {"ENERGY_IMPORT", "ENERGY_EXPORT"})
    return (
        f" of ENERGY, by which OCPI prices: they have {' and '.join(found)}" if found and "ENERGY" not in kinds else ""
    )


def _name(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _stated(value: object, where: str) -> tuple[StatedCost | None, list[Note]]:
    """What the record says of its cost; a note where it is not in the form of OCPI: no price depends on it."""
    if value is None:
        return None, []
    try:
        price = OcpiPrice.model_validate(value)
    except ValidationError as error:
        at, problem = fault_of(error, where)
        return None, [Note(at, f"{problem.split(';')[0]}: this price is compared with nothing")]
    return StatedCost(price.before_taxes, price.incl), []
