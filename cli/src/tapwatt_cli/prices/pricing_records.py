"""Prices a recorded session: its tariff, its time zone, the bill, and how it compares with what the record says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from pricing.checking.doubts import doubts
from pricing.engine.cannot_price import CannotPrice
from pricing.engine.price import Price, price_by_several
from pricing.engine.so_far import so_far
from pricing.engine.totals import tax_unknown
from pricing.ocpi.cdrs import zone_of
from pricing.ocpi.charging_periods import Note, UnreadableCdr
from pricing.ocpi.chosen_tariff import asks_for_the_local_time, tariffs_for, with_vat
from pricing.ocpi.country_zones import zone_in
from pricing.ocpi.documents import quoted
from pricing.ocpi.recorded_usage import Usage
from pricing.ocpi.tariff_reader import notes_on
from tapwatt.facts.fields import ChargingPeriod
from tapwatt.money import Money, Rounding, exponent, round_to_minor
from tapwatt.tariffs import Tariff, contradiction

_MODES = {
    Rounding.HALF_UP: "half up: a tie goes away from zero",
    Rounding.HALF_EVEN: "half even: a tie goes to the even digit",
    Rounding.DOWN: "down: what is left over is dropped",
    Rounding.UP: "up: what is left over counts as a whole one",
}


class Contradiction(CannotPrice):
    """The tariff contradicts itself, whatever the session."""


@dataclass(frozen=True, slots=True)
class How:
    """How to price: `time_zone` where the record has none, `at` for the cost until an instant (UTC).

    `vat`, in percent, is on prices that say none. `offered_notes` is what was let be in each tariff that was handed in,
    by its id; None if none was.
    """

    time_zone: str | None = None
    rounding: Rounding = Rounding.HALF_UP
    idle_grace_s: int = 0
    at: datetime | None = None
    vat: Decimal | None = None
    offered_notes: Mapping[str, Sequence[Note]] | None = None


@dataclass(frozen=True, slots=True)
class Stated:
    """What the record says its session cost, rounded as the price is; after taxes only where it says that."""

    excl: Money
    incl: Money | None


@dataclass(frozen=True, slots=True)
class Priced:
    """A session with its price. Times in UTC; `zone_because` says where the time zone is from.

    `others` are the tariffs of its later parts, where its periods name several.
    """

    usage: Usage
    tariff: Tariff
    time_zone: str
    zone_because: str
    periods: tuple[ChargingPeriod, ...]
    energy_kwh: Decimal
    bill: Price
    rounding: Rounding
    stated: Stated | None
    notes: tuple[Note, ...]
    doubts: tuple[Note, ...] = ()
    others: tuple[Tariff, ...] = ()

    @property
    def running(self) -> bool:
        """Whether this is what it costs so far."""
        return self.usage.running or self.periods[-1].ends_at < self.usage.periods[-1].ends_at

    @property
    def difference(self) -> Money | None:
        """This price less the total that the record says, with VAT where both say that; None if it says none."""
        if self.stated is None:
            return None
        if self.stated.incl is not None and not self.taxes_unknown and self.stated.incl != self.bill.incl_vat:
            return self.bill.incl_vat - self.stated.incl
        return self.bill.excl_vat - self.stated.excl

    @property
    def taxes_unknown(self) -> bool:
        """Whether something in it is priced before taxes of which the tariff says nothing."""
        if self.others:
            return any(_all_unknown(tariff) for tariff in (self.tariff, *self.others))
        elements = {line.element for line in self.bill.lines if line.element is not None}
        components = [c for number in elements for c in self.tariff.elements[number].price_components]
        return any(tax_unknown(component, self.tariff.tax_included) for component in components)

    @property
    def policy(self) -> str:
        """How the amounts were rounded, in words."""
        digits, currency = exponent(self.tariff.currency), self.tariff.currency
        decimals = f"{digits} decimals" if digits else "whole units"
        return (
            f"each total is rounded once, to {decimals} of {currency}, {_MODES[self.rounding]}; "
            "the VAT of each rate is the one in what is owed at it, and the lines add up to both"
        )


def price_usage(usage: Usage, offered: Sequence[Tariff] | None, how: How) -> Priced:
    """The session's price by the tariff offered, or by its own. UnreadableCdr, or CannotPrice with the reason."""
    tariffs = tariffs_for(usage, offered)
    if how.vat is not None:
        tariffs = {name: with_vat(tariff, how.vat) for name, tariff in tariffs.items()}
    tariff = next(iter(tariffs.values()))
    for one in tariffs.values():
        if wrong := contradiction(one):
            raise Contradiction(f"nobody can be billed by tariff {quoted(one.id)}: {wrong}; correct the tariff")
    if how.at is not None:
        usage = usage.until(how.at)
    periods = usage.periods if how.at is None else so_far(usage.periods, how.at)
    whole = periods == usage.periods
    expired = usage.reservation_expired and whole
    zone, because = _zone(usage, list(tariffs.values()), how.time_zone)
    by = _parts(usage, periods, tariffs)
    bill = price_by_several(by, zone, how.rounding, idle_grace_s=how.idle_grace_s, reservation_expired=expired)
    energy_wh = sum((period.energy_wh for period in periods), Decimal(0))
    unsplit = usage.total_kwh if usage.trouble is not None else None
    return Priced(
        usage=usage,
        tariff=tariff,
        time_zone=zone,
        zone_because=because,
        periods=periods,
        energy_kwh=energy_wh.scaleb(-3) if unsplit is None else unsplit,
        bill=bill,
        rounding=how.rounding,
        stated=_stated(usage, tariff, how) if whole and how.at is None else None,
        notes=(*usage.notes, *_notes(usage, tariff, how, expired)),
        doubts=(
            *usage.doubts,
            *(Note(f.path, f.says) for one in tariffs.values() for f in doubts(one, periods[0].starts_at, "tariff")),
        ),
        others=tuple(tariffs.values())[1:],
    )


def _all_unknown(tariff: Tariff) -> bool:
    components = (component for element in tariff.elements for component in element.price_components)
    return any(tax_unknown(component, tariff.tax_included) for component in components)


def _parts(
    usage: Usage, periods: Sequence[ChargingPeriod], tariffs: Mapping[str | None, Tariff]
) -> list[tuple[Tariff, tuple[ChargingPeriod, ...]]]:
    """The periods in runs of one tariff each."""
    if None in tariffs:
        return [(tariffs[None], tuple(periods))]
    runs = groupby(periods, key=lambda period: usage.tariff_id_at(period.starts_at))
    return [(tariffs[name], tuple(run)) for name, run in runs]


def _zone(usage: Usage, tariffs: Sequence[Tariff], asked: str | None) -> tuple[str, str]:
    """The charger's time zone and where it is from: the record, the one who asks, or the country if that is enough."""
    local = any(asks_for_the_local_time(tariff) for tariff in tariffs)
    try:
        own = zone_of(usage)
    except UnreadableCdr:
        if local:
            raise
        own = None
    if own is not None:
        return own, "the record's own"
    if asked is not None:
        return asked, "as asked for"
    if not local:
        return "UTC", "this tariff has the same price at every hour"
    found = None if usage.country is None else zone_in(usage.country, usage.periods[0].starts_at, usage.ends_at)
    if found is not None:
        return found, f"the time in all of {quoted(usage.country or '')[1:-1]}, the record's country"
    where = f"{usage.path}.cdr_location.time_zone"
    problem = f"is missing, and tariff {quoted(tariffs[0].id)} depends on the local time"
    raise UnreadableCdr(where, f"{problem}; say where the charger stands with --time-zone, such as Europe/Amsterdam")


def _stated(usage: Usage, tariff: Tariff, how: How) -> Stated | None:
    if usage.stated is None:
        return None
    excl = round_to_minor(usage.stated.excl, tariff.currency, how.rounding)
    incl = usage.stated.incl
    return Stated(excl, None if incl is None else round_to_minor(incl, tariff.currency, how.rounding))


def _notes(usage: Usage, tariff: Tariff, how: How, expired: bool) -> list[Note]:
    notes = []
    if usage.trouble is not None:
        notes.append(
            Note(usage.trouble.path, f"{usage.trouble.problem.split(';')[0]}; this tariff does not ask for it")
        )
    if expired:
        notes.append(Note(usage.path, "this is a reservation and nothing else, so it is priced as one that expired"))
    notes += _not_read(usage, tariff, how)
    if usage.older and tariff.tax_included == "NO" and how.vat is None:
        notes.append(
            Note(usage.path, "is of OCPI 2.1.1, whose prices are before VAT: say with --vat which, such as 21")
        )
    if not tariff.valid_at(usage.periods[0].starts_at):
        notes.append(Note(usage.path, f"tariff {quoted(tariff.id)} was not valid when this session began"))
    if usage.time_zone is not None and how.time_zone not in (None, usage.time_zone):
        notes.append(
            Note(f"{usage.path}.cdr_location.time_zone", "is the record's own and counts, not the one asked for")
        )
    return notes


def _not_read(usage: Usage, tariff: Tariff, how: How) -> list[Note]:
    """What is let be in the tariff: in the file that was handed in, else in the record."""
    if how.offered_notes is not None:
        return list(how.offered_notes.get(tariff.id, ()))
    inside = [(n, one) for n, one in enumerate(usage.tariffs) if isinstance(one, dict) and one.get("id") == tariff.id]
    return [note for number, one in inside[:1] for note in notes_on(f"{usage.path}.tariffs[{number}]", one)]


def document(priced: Priced) -> dict[str, Any]:
    """The price for scripts: amounts as strings in major units, with exactly the currency's decimals."""
    bill, usage = priced.bill, priced.usage
    return {
        "total_cost": {
            "excl_vat": _major(bill.excl_vat),
            "incl_vat": None if priced.taxes_unknown else _major(bill.incl_vat),
        },
        "taxes_unknown": priced.taxes_unknown,
        "taxable": _major(bill.taxable),
        "currency": priced.tariff.currency,
        "exact": {"excl_vat": plain(bill.exact_excl_vat), "incl_vat": plain(bill.exact_incl_vat)},
        "lines": [
            {
                "dimension": str(line.dimension),
                "element": line.element,
                "starts_at": _utc(line.starts_at),
                "ends_at": _utc(line.ends_at),
                "quantity": plain(line.quantity),
                "unit": line.unit,
                "unit_price": f"{line.unit_price:f}",
                "vat_percent": None if line.vat_percent is None else plain(line.vat_percent),
                "excl_vat": _major(line.excl_vat),
                "incl_vat": _major(line.incl_vat),
                "why": line.why,
            }
            for line in bill.lines
        ],
        "vat": [
            {
                "vat_percent": None if share.percent is None else plain(share.percent),
                "excl_vat": _major(share.excl_vat),
                "vat": _major(share.vat),
                "incl_vat": _major(share.incl_vat),
            }
            for share in bill.vat
        ],
        "rounding": {"mode": str(priced.rounding), "policy": priced.policy},
        "tariff_id": priced.tariff.id,
        "other_tariff_ids": [tariff.id for tariff in priced.others],
        "record": {"kind": usage.kind, "id": usage.id, "path": usage.path},
        "running": priced.running,
        "starts_at": _utc(priced.periods[0].starts_at),
        "ends_at": _utc(priced.periods[-1].ends_at),
        "time_zone": priced.time_zone,
        "time_zone_because": priced.zone_because,
        "energy_kwh": plain(priced.energy_kwh),
        "stated": _stated_document(priced),
        "doubts": [{"path": doubt.path, "said": doubt.said} for doubt in priced.doubts],
        "notes": [{"path": note.path, "said": note.said} for note in priced.notes],
    }


def _stated_document(priced: Priced) -> dict[str, Any] | None:
    stated, bill = priced.stated, priced.bill
    if stated is None:
        return None
    incl = stated.incl
    return {
        "total_cost": {"excl_vat": _major(stated.excl), "incl_vat": None if incl is None else _major(incl)},
        "difference": {
            "excl_vat": _major(bill.excl_vat - stated.excl),
            "incl_vat": None if incl is None or priced.taxes_unknown else _major(bill.incl_vat - incl),
        },
    }


def plain(number: Decimal) -> str:
    """A number without zeros that say nothing and without an exponent: 20, 35.5."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _major(money: Money) -> str:
    return f"{money.major:f}"


def _utc(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")
