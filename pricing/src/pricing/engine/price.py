"""What a session costs, line by line, from its tariff and what went on: no clock, no chance, no float.

The rules are those of OCPI 2.2.1 and 2.3.0 (mod_tariffs, mod_cdrs), computed from the text, not from its examples:
- Elements in order: for each dimension the first element that has it and holds at that moment wins. A dimension without
  one is free. ENERGY is kWh, TIME hours while charging, PARKING_TIME hours of periods that are parked.
- FLAT is charged once, by the first element that has it, at the first moment at which one of these holds.
- step_size is applied once to ENERGY and once to TIME and PARKING_TIME together, by the last component of them.
- A reservation is a session before the session: its own elements, FLAT, billing increment and duration; its hours
  are TIME. One that expired asks the elements for that first (see pricing.engine.winning_element), and no session
  follows it.
- The whole is rounded once; its VAT is worked out once for each rate, and each line is a share of both (see
  pricing.engine.lines_and_vat).

One rule is ours, an operator's promise to the driver that OCPI has no word for: the first `idle_grace_s` seconds of an
uninterrupted run of parked periods, with no charging between them, have no TIME and no PARKING_TIME. They pass for
every restriction, a fee is still due in them, and energy, if any flows, is billed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from pricing.engine.cannot_price import CannotPrice
from pricing.engine.lines_and_vat import Part, lines_of
from pricing.engine.quantities import Exact, to_decimal
from pricing.engine.stretches import Stretch, check_periods, cut
from pricing.engine.totals import (
    NOTHING,
    Cost,
    Used,
    cost_of,
    round_once,
    round_up_to_step,
    round_within_limits,
    within_limits,
)
from pricing.engine.winning_element import Answer, Asked
from tapwatt.facts.bill import PriceLine, VatShare
from tapwatt.facts.fields import ChargingPeriod
from tapwatt.money import Money, Rounding
from tapwatt.tariffs import Dimension, Tariff

__all__ = ["CannotPrice", "Price", "exact_cost", "price", "price_by_several"]

_EXACT = 20
"""Decimals. A price has up to 6, a quantity of energy 7, and VAT adds some."""


@dataclass(frozen=True, slots=True)
class Price:
    """What is owed (`incl_vat`), the lines and the VAT by rate that add up to it, and OCPI's two totals.

    `excl_vat` is OCPI's total before VAT, which is rounded on its own. What the lines and the rates have before VAT is
    `taxable`: it adds up to what is owed with a VAT that fits its rate, and so may be a minor unit off (ADR 15).
    `exact_excl_vat` and `exact_incl_vat` are what was rounded, in major units, to 20 decimals: all of it, unless it
    does not end, as a third of a cent. `exact_cost` has that, too.
    """

    lines: tuple[PriceLine, ...]
    vat: tuple[VatShare, ...]
    excl_vat: Money
    incl_vat: Money
    exact_excl_vat: Decimal
    exact_incl_vat: Decimal

    @property
    def taxable(self) -> Money:
        """What is owed less its VAT, in minor units."""
        return sum((share.excl_vat for share in self.vat), Money.zero(self.incl_vat.currency))


def price(
    tariff: Tariff,
    periods: Sequence[ChargingPeriod],
    time_zone: str,
    rounding: Rounding = Rounding.HALF_UP,
    *,
    idle_grace_s: int = 0,
    reservation_expired: bool = False,
) -> Price:
    """What these periods cost under this tariff, in minor units of its currency, at a charger in this IANA time zone.

    Periods that neither last nor give energy cost nothing: nothing happened. CannotPrice when no honest price exists.
    """
    by = [(tariff, periods)]
    return price_by_several(by, time_zone, rounding, idle_grace_s=idle_grace_s, reservation_expired=reservation_expired)


def price_by_several(
    by: Sequence[tuple[Tariff, Sequence[ChargingPeriod]]],
    time_zone: str,
    rounding: Rounding = Rounding.HALF_UP,
    *,
    idle_grace_s: int = 0,
    reservation_expired: bool = False,
) -> Price:
    """The same for a session of which each part, in order, has a tariff of its own (OCPI, ChargingPeriod, tariff_id).

    Time and energy of a tariff's restrictions count from the start of the session. It has one fee, that of the first
    tariff with one; billing increments and limits are those of each part. CannotPrice for tariffs in two currencies.
    """
    if len({tariff.currency for tariff, _ in by}) > 1:
        raise CannotPrice("its tariffs are in several currencies, so there is no one total")
    parts: list[Part] = []
    before: list[ChargingPeriod] = []
    for tariff, periods in by:
        fee = any(one.component.type is Dimension.FLAT for part in parts for one in part.used)
        used = _used(tariff, periods, time_zone, idle_grace_s, reservation_expired, (before, fee))
        parts.append(Part(tariff, used, *_total(tariff, periods, used)))
        before.extend(periods)
    total = sum((part.total for part in parts), NOTHING)
    excl, incl = _rounded(parts, total, rounding)
    lines, vat = lines_of(parts, incl)
    return Price(lines, vat, excl, incl, to_decimal(total.excl, _EXACT), to_decimal(total.incl, _EXACT))


def _rounded(parts: Sequence[Part], total: Cost, rounding: Rounding) -> tuple[Money, Money]:
    tariff = parts[0].tariff
    if len(parts) == 1:
        return round_within_limits(tariff, total, rounding)
    excl, incl = (round_once(amount, tariff.currency, rounding) for amount in (total.excl, total.incl))
    return excl, incl


def exact_cost(
    tariff: Tariff,
    periods: Sequence[ChargingPeriod],
    time_zone: str,
    *,
    idle_grace_s: int = 0,
    reservation_expired: bool = False,
) -> tuple[Fraction, Fraction]:
    """What `price` rounds: the exact cost in major units, before and after VAT."""
    used = _used(tariff, periods, time_zone, idle_grace_s, reservation_expired)
    total, _ = _total(tariff, periods, used)
    return total.excl, total.incl


def _total(tariff: Tariff, periods: Sequence[ChargingPeriod], used: Sequence[Used]) -> tuple[Cost, str]:
    total = sum((cost_of(u, tariff.tax_included) for u in used), NOTHING)
    if not _happened(periods):
        return total, ""
    # A reservation that no charging followed is no session (mod_cdrs, session_id), and has no lowest price.
    return within_limits(tariff, total, session=any(p.activity != "reserved" for p in periods))


def _happened(periods: Iterable[ChargingPeriod]) -> bool:
    return any(p.energy_wh or p.ends_at > p.starts_at for p in periods)


def _used(
    tariff: Tariff,
    periods: Sequence[ChargingPeriod],
    time_zone: str,
    idle_grace_s: int,
    reservation_expired: bool,
    earlier: tuple[Sequence[ChargingPeriod], bool] = ((), False),
) -> list[Used]:
    """What is used in these periods. `earlier` are those of the session before them, and whether they had a fee."""
    before, fee = earlier
    check_periods([*before, *periods])
    reserved = [p for p in periods if p.activity == "reserved"]
    ordinary = [p for p in periods if p.activity != "reserved"]
    _check_reservation(reserved, ordinary, reservation_expired)
    asked = Asked.of(tariff.elements, reservation_expired=reservation_expired)
    used: list[Used] = []
    for part, reserving in ((reserved, True), (ordinary, False)):
        if _happened(part):
            account = _Account(asked, charged_once=fee)
            same = [p for p in before if (p.activity == "reserved") is reserving]
            for stretch in cut(tariff.elements, [*same, *part], time_zone, idle_grace_s):
                if stretch.starts_at >= part[0].starts_at:
                    account.add(stretch)
            used.extend(account.settled())
    return used


def _check_reservation(
    reserved: Sequence[ChargingPeriod], ordinary: Sequence[ChargingPeriod], reservation_expired: bool
) -> None:
    if ordinary and reservation_expired:
        raise CannotPrice("the reservation is said to have expired, and yet the car was at the charger")
    if reserved and ordinary and ordinary[0].starts_at < reserved[-1].starts_at:
        raise CannotPrice("a reservation begins after the charging session that it is for")


@dataclass(slots=True)
class _Account:
    """What was used so far, by element and dimension, in the order in which it was first used."""

    asked: Asked
    used: dict[tuple[int, Dimension], Used] = field(default_factory=dict)
    charged_once: bool = False
    last_energy: Used | None = None
    last_time: Used | None = None
    spared: Exact = 0

    def add(self, stretch: Stretch) -> None:
        """Charge what went on in one more stretch, which is none if it neither lasts nor gives energy."""
        if not stretch.energy and not stretch.time:
            return
        moment = stretch.moment
        if not self.charged_once and (fee := self.asked.answer(Dimension.FLAT, moment)):
            self._use(fee, stretch, 1)
            self.charged_once = True
        if stretch.energy and (found := self.asked.answer(Dimension.ENERGY, moment)):
            self.last_energy = self._use(found, stretch, stretch.energy)
        spent = Dimension.PARKING_TIME if moment.period.activity == "parked" else Dimension.TIME
        if stretch.time and (found := self.asked.answer(spent, moment)):
            self._spend(found, stretch)

    def _spend(self, found: Answer, stretch: Stretch) -> None:
        if stretch.grace:
            self.spared += stretch.time
            return
        self.last_time = self._use(found, stretch, stretch.time)
        if found.component.type is Dimension.PARKING_TIME:
            self.last_time.spared += self.spared
            self.spared = 0

    def _use(self, answer: Answer, stretch: Stretch, quantity: Exact) -> Used:
        component = answer.component
        used = self.used.get((answer.element, component.type))
        if used is None:
            used = Used(answer.element, component, stretch.starts_at, stretch.ends_at)
            self.used[answer.element, component.type] = used
        used.quantity += quantity
        used.ends_at = stretch.ends_at
        return used

    def settled(self) -> list[Used]:
        """All that was used, its billing increments applied."""
        used = list(self.used.values())
        for last in (self.last_energy, self.last_time):
            if last is not None:
                round_up_to_step([u for u in used if u.component.type is last.component.type], last)
        return used
