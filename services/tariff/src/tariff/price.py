"""What a session costs, line by line, from its tariff and what went on: no clock, no chance, no float.

The rules are those of OCPI 2.2.1 and 2.3.0 (mod_tariffs, mod_cdrs), computed from the text, not from its examples:
- Elements in order: for each dimension the first element that has it and holds at that moment wins. A dimension without
  one is free. ENERGY is kWh, TIME hours while charging, PARKING_TIME hours of periods that are parked.
- FLAT is charged once, by the first element that has it, at the first moment at which one of these holds.
- step_size is applied once to ENERGY and once to TIME and PARKING_TIME together, by the last component of them.
- A reservation is a session before the session: its own elements, FLAT, step and duration; its hours are TIME.
- The whole is rounded once; each line is a share of it (see tariff.totals).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from tapwatt.bill import PriceLine
from tapwatt.events import ChargingPeriod
from tapwatt.money import Money, Rounding
from tapwatt.tariffs import Dimension, PriceComponent, Tariff, TariffElement
from tariff.cannot_price import CannotPrice
from tariff.moments import Moment, holds
from tariff.stretches import Stretch, check_periods, cut
from tariff.totals import Cost, Used, cost_of, lines_of, round_once, round_up_to_step, to_decimal, within_limits

__all__ = ["CannotPrice", "Price", "exact_cost", "price"]

_EXACT = 20
"""Decimals. A price has up to 6, a quantity of energy 7, and VAT adds some."""


@dataclass(frozen=True, slots=True)
class Price:
    """What is owed, before and after VAT, and the lines that add up to both.

    `exact_excl_vat` and `exact_incl_vat` are what was rounded, in major units, to 20 decimals: all of it, unless it
    does not end, as a third of a cent. `exact_cost` has that, too.
    """

    lines: tuple[PriceLine, ...]
    excl_vat: Money
    incl_vat: Money
    exact_excl_vat: Decimal
    exact_incl_vat: Decimal


@dataclass(slots=True)
class _Account:
    """What was used so far, by element and component, in the order in which it was first used."""

    used: dict[tuple[int, Dimension], Used] = field(default_factory=dict)
    last_energy: Used | None = None
    last_time: Used | None = None


def price(
    tariff: Tariff, periods: Sequence[ChargingPeriod], time_zone: str, rounding: Rounding = Rounding.HALF_UP
) -> Price:
    """What these periods cost under this tariff, in minor units of its currency, at a charger in this IANA time zone.

    Periods that neither last nor give energy cost nothing: nothing happened. CannotPrice when no honest price exists.
    """
    used = _used(tariff, periods, time_zone)
    total, why = _total(tariff, periods, used)
    excl, incl = (round_once(amount, tariff.currency, rounding) for amount in (total.excl, total.incl))
    lines = lines_of(tariff, used, total, why, excl, incl)
    return Price(lines, excl, incl, to_decimal(total.excl, _EXACT), to_decimal(total.incl, _EXACT))


def exact_cost(tariff: Tariff, periods: Sequence[ChargingPeriod], time_zone: str) -> tuple[Fraction, Fraction]:
    """What `price` rounds: the exact cost in major units, before and after VAT."""
    total, _ = _total(tariff, periods, _used(tariff, periods, time_zone))
    return total.excl, total.incl


def _total(tariff: Tariff, periods: Sequence[ChargingPeriod], used: Sequence[Used]) -> tuple[Cost, str]:
    costs = [cost_of(u, tariff.tax_included) for u in used]
    total = Cost(sum((c.excl for c in costs), Fraction(0)), sum((c.incl for c in costs), Fraction(0)))
    return within_limits(tariff, total) if _happened(periods) else (total, "")


def _happened(periods: Iterable[ChargingPeriod]) -> bool:
    return any(p.energy_wh or p.ends_at > p.starts_at for p in periods)


def _used(tariff: Tariff, periods: Sequence[ChargingPeriod], time_zone: str) -> list[Used]:
    check_periods(periods)
    reserved = [p for p in periods if p.activity == "reserved"]
    ordinary = [p for p in periods if p.activity != "reserved"]
    _check_reservation(tariff, reserved, ordinary)
    return [
        used
        for part in (reserved, ordinary)
        if _happened(part)
        for used in _settled(_accounted(tariff.elements, cut(tariff.elements, part, time_zone)))
    ]


def _check_reservation(tariff: Tariff, reserved: Sequence[ChargingPeriod], ordinary: Sequence[ChargingPeriod]) -> None:
    kinds = {e.restrictions.reservation for e in tariff.elements if e.restrictions is not None}
    if reserved and not ordinary and "RESERVATION_EXPIRES" in kinds:
        raise CannotPrice("nobody said whether the reservation expired, and an expired one has a price of its own")
    if reserved and ordinary and ordinary[0].starts_at < reserved[-1].starts_at:
        raise CannotPrice("a reservation begins after the charging session that it is for")


def _accounted(elements: Sequence[TariffElement], stretches: Iterable[Stretch]) -> _Account:
    account, charged_once = _Account(), False
    for stretch in stretches:
        winners = _winners(elements, stretch.moment)
        if not charged_once and Dimension.FLAT in winners:
            _add(account, winners[Dimension.FLAT], stretch, Fraction(1))
            charged_once = True
        if stretch.energy_wh and Dimension.ENERGY in winners:
            account.last_energy = _add(account, winners[Dimension.ENERGY], stretch, stretch.energy_wh)
        spent = Dimension.PARKING_TIME if stretch.moment.period.activity == "parked" else Dimension.TIME
        if stretch.seconds and spent in winners:
            account.last_time = _add(account, winners[spent], stretch, stretch.seconds)
    return account


def _winners(elements: Sequence[TariffElement], moment: Moment) -> dict[Dimension, tuple[int, PriceComponent]]:
    found: dict[Dimension, tuple[int, PriceComponent]] = {}
    for index, element in enumerate(elements):
        if all(c.type in found for c in element.price_components) or not holds(element.restrictions, moment):
            continue
        for component in element.price_components:
            found.setdefault(component.type, (index, component))
    return found


def _add(account: _Account, winner: tuple[int, PriceComponent], stretch: Stretch, quantity: Fraction) -> Used:
    index, component = winner
    used = account.used.setdefault((index, component.type), Used(index, component, stretch.starts_at, stretch.ends_at))
    used.quantity += quantity
    used.ends_at = stretch.ends_at
    return used


def _settled(account: _Account) -> Iterable[Used]:
    used = account.used.values()
    round_up_to_step([u for u in used if u.component.type is Dimension.ENERGY], account.last_energy)
    if account.last_time is not None:
        kind = account.last_time.component.type
        round_up_to_step([u for u in used if u.component.type is kind], account.last_time)
    return used
