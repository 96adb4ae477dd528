"""The lines of a bill and its VAT by rate, in whole minor units that add up to what is owed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from pricing.engine.cannot_price import CannotPrice
from pricing.engine.line_words import why_adjusted, why_charged
from pricing.engine.quantities import to_decimal
from pricing.engine.rounding_shares import bill_shares
from pricing.engine.totals import NOTHING, Cost, Rate, Used, cost_of, rate_of, rates_of
from tapwatt.facts.bill import PriceLine, VatShare
from tapwatt.money import LARGEST_MINOR, Money, exponent
from tapwatt.tariffs import Dimension, Tariff

_UNIT: dict[Dimension, Literal["kWh", "h", "session"]] = {
    Dimension.ENERGY: "kWh",
    Dimension.TIME: "h",
    Dimension.PARKING_TIME: "h",
    Dimension.FLAT: "session",
}


@dataclass(frozen=True, slots=True)
class _Taxed:
    """What is taxed at one rate: which of the lines, what each costs exactly, and all of it within the limits."""

    lines: list[int]
    costs: list[Cost]
    total: Cost

    @property
    def adjustment(self) -> Cost:
        """What a lowest or highest price adds to the lines."""
        return self.total - sum(self.costs, NOTHING)


def lines_of(
    tariff: Tariff, used: Sequence[Used], total: Cost, why: str, excl: Money, incl: Money
) -> tuple[tuple[PriceLine, ...], tuple[VatShare, ...]]:
    """The lines and the VAT summary; the amounts of each kind add up to the rounded totals exactly.

    The totals are shared out over the rates of VAT, and each of these over its lines. A lowest or highest price is an
    ADJUSTMENT line for each rate, in proportion to what is taxed at it, less than zero when it lowers the price.
    """
    rates = _by_rate(tariff, used, total, why)
    gross, minor = tariff.tax_included == "YES", 10 ** exponent(tariff.currency)
    shares = bill_shares([_times(t.total, minor) for t in rates.values()], excl.minor, incl.minor, gross=gross)
    lines: dict[int, PriceLine] = {}
    adjustments: list[PriceLine] = []
    for (rate, taxed), share in zip(rates.items(), shares, strict=True):
        adjusted = taxed.adjustment != NOTHING
        costs = [*taxed.costs, taxed.adjustment] if adjusted else taxed.costs
        parts = bill_shares([_times(c, minor) for c in costs], *share, gross=gross)
        for number, part in zip(taxed.lines, parts, strict=False):
            lines[number] = _line(tariff, used[number], rate, _money(tariff, part))
        if adjusted:
            adjustments.append(_adjustment(why_adjusted(why, rate, len(rates)), rate, _money(tariff, parts[-1])))
    vat = tuple(_vat_share(rate, _money(tariff, share)) for rate, share in zip(rates, shares, strict=True))
    return (*(lines[number] for number in range(len(used))), *adjustments), vat


def _by_rate(tariff: Tariff, used: Sequence[Used], total: Cost, why: str) -> dict[Rate, _Taxed]:
    """What is taxed at each rate, in order of first use, and its share of what the limits made of the whole."""
    numbers: dict[Rate, list[int]] = {}
    for number, one in enumerate(used):
        numbers.setdefault(rate_of(one.component, tariff.tax_included), []).append(number)
    costs = {rate: [cost_of(used[n], tariff.tax_included) for n in lines] for rate, lines in numbers.items()}
    sums = {rate: sum(c, NOTHING) for rate, c in costs.items()}
    if why:
        sums = _within(tariff, sums, total)
    return {rate: _Taxed(numbers.get(rate, []), costs.get(rate, []), taxed) for rate, taxed in sums.items()}


def _within(tariff: Tariff, sums: dict[Rate, Cost], total: Cost) -> dict[Rate, Cost]:
    """The total in proportion to what each rate costs: the amounts before VAT, and the taxes."""
    before = sum(sums.values(), NOTHING)
    if not before.excl:
        rate = _rate_of_nothing(tariff, total)
        return {**sums, rate: total}
    price = total.excl / before.excl
    found = {}
    for rate, cost in sums.items():
        # A limit may bring a tax that nothing used has; then it is shared as the amounts are.
        tax = total.vat * (cost.vat / before.vat if before.vat else cost.excl / before.excl)
        found[rate] = Cost(cost.excl * price, cost.excl * price + tax)
    return found


def _rate_of_nothing(tariff: Tariff, total: Cost) -> Rate:
    """The VAT of a lowest price where nothing was used: the tariff's only rate, else what its two amounts say."""
    rates = rates_of(tariff)
    factor = total.incl / total.excl
    same = [rate for rate in rates if 1 + Fraction(rate or 0) / 100 == factor]
    if same or len(rates) == 1:
        return (same or rates)[0]
    return to_decimal((factor - 1) * 100, 2)


def _times(cost: Cost, minor: int) -> Cost:
    return Cost(cost.excl * minor, cost.incl * minor)


def _money(tariff: Tariff, minor: tuple[int, int]) -> tuple[Money, Money]:
    """One line's amounts: they may be out of all bounds although a highest price keeps the total within them."""
    if max(abs(part) for part in minor) > LARGEST_MINOR:
        raise CannotPrice("a line of the price is larger than any session at a charger could cost")
    excl, incl = (Money(minor=part, currency=tariff.currency) for part in minor)
    return excl, incl


def _line(tariff: Tariff, used: Used, rate: Rate, money: tuple[Money, Money]) -> PriceLine:
    component = used.component
    return PriceLine(
        dimension=component.type,
        quantity=to_decimal(used.billed),
        unit=_UNIT[component.type],
        unit_price=component.price,
        vat_percent=rate,
        excl_vat=money[0],
        incl_vat=money[1],
        element=used.element,
        starts_at=used.starts_at,
        ends_at=used.ends_at,
        why=why_charged(tariff, used),
    )


def _adjustment(why: str, rate: Rate, money: tuple[Money, Money]) -> PriceLine:
    excl, incl = money
    return PriceLine(
        dimension="ADJUSTMENT",
        quantity=Decimal(1),
        unit="session",
        unit_price=excl.major,
        vat_percent=rate,
        excl_vat=excl,
        incl_vat=incl,
        why=why,
    )


def _vat_share(rate: Rate, money: tuple[Money, Money]) -> VatShare:
    excl, incl = money
    return VatShare(percent=rate, excl_vat=excl, vat=incl - excl, incl_vat=incl)
