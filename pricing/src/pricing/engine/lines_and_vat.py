"""The lines of a bill and its VAT by rate, in whole minor units that add up to what is owed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from pricing.engine.cannot_price import CannotPrice
from pricing.engine.line_words import why_adjusted, why_charged
from pricing.engine.quantities import A_SECOND, to_decimal
from pricing.engine.rounding_shares import line_shares, shared_out
from pricing.engine.totals import A_STEP, NOTHING, Cost, Rate, Used, cost_of, rate_of, rates_of
from pricing.engine.vat_in_it import vat_in
from tapwatt.facts.bill import LineTerms, PriceLine, VatShare, WhenItHolds
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
    """What is taxed at one rate: which of the lines, what each costs exactly, and what is owed at it, exactly."""

    lines: list[int]
    costs: list[Cost]
    steady: list[bool]
    total: Cost

    @property
    def adjustment(self) -> Cost:
        """What a lowest or highest price adds to the lines."""
        return self.total - sum(self.costs, NOTHING)


def lines_of(
    tariff: Tariff, used: Sequence[Used], total: Cost, why: str, owed: Money
) -> tuple[tuple[PriceLine, ...], tuple[VatShare, ...]]:
    """The lines and the VAT summary of what is owed; the amounts of each kind add up to it exactly.

    What is owed is shared out over the rates of VAT. The VAT in each share is worked out once, in
    pricing.engine.vat_in_it, and shared out over the lines, as is the rest. A lowest or highest price is an ADJUSTMENT
    line for each rate, in proportion to what is taxed at it, less than zero when it lowers the price.
    """
    rates = _by_rate(tariff, used, total, why)
    minor = 10 ** exponent(tariff.currency)
    taxed_at = list(rates.values())
    shares = shared_out(
        [t.total.incl * minor for t in taxed_at], owed.minor, steady=[bool(t.lines) and all(t.steady) for t in taxed_at]
    )
    lines: dict[int, PriceLine] = {}
    adjustments: list[PriceLine] = []
    vat: list[VatShare] = []
    for (rate, taxed), share in zip(rates.items(), shares, strict=True):
        vat.append(_vat_share(rate, Money(minor=share, currency=tariff.currency)))
        costs, steady, adjusted = taxed.costs, taxed.steady, taxed.adjustment != NOTHING
        if adjusted:
            costs, steady = [*costs, taxed.adjustment], [*steady, False]
        parts = line_shares(
            [_times(c, minor) for c in costs],
            vat[-1].excl_vat.minor,
            vat[-1].vat.minor,
            gross=tariff.tax_included == "YES",
            steady=steady,
        )
        for number, part in zip(taxed.lines, parts, strict=False):
            lines[number] = _line(tariff, used[number], rate, _money(tariff, part))
        if adjusted:
            adjustments.append(_adjustment(why_adjusted(why, rate, len(rates)), rate, _money(tariff, parts[-1])))
    return (*(lines[number] for number in range(len(used))), *adjustments), tuple(vat)


def _by_rate(tariff: Tariff, used: Sequence[Used], total: Cost, why: str) -> dict[Rate, _Taxed]:
    """What is taxed at each rate, in order of first use, and its share of what the limits made of the whole."""
    numbers: dict[Rate, list[int]] = {}
    for number, one in enumerate(used):
        numbers.setdefault(rate_of(one.component, tariff.tax_included), []).append(number)
    costs = {rate: [cost_of(used[n], tariff.tax_included) for n in lines] for rate, lines in numbers.items()}
    sums = {rate: sum(c, NOTHING) for rate, c in costs.items()}
    if why:
        sums = _within(tariff, sums, total)
    return {
        rate: _Taxed(
            numbers.get(rate, []),
            costs.get(rate, []),
            [used[n].component.type is Dimension.FLAT for n in numbers.get(rate, [])],
            taxed,
        )
        for rate, taxed in sums.items()
    }


def _within(tariff: Tariff, sums: dict[Rate, Cost], total: Cost) -> dict[Rate, Cost]:
    """What is owed in proportion to what each rate costs, with the VAT of that rate, whatever the limits say."""
    before = sum(sums.values(), NOTHING)
    if not before.incl:
        rate = _rate_of_nothing(tariff, total)
        return {**sums, rate: _with_its_vat(total.incl, rate)}
    return {rate: _with_its_vat(total.incl * cost.incl / before.incl, rate) for rate, cost in sums.items()}


def _with_its_vat(incl: Fraction, rate: Rate) -> Cost:
    return Cost(incl * 100 / (100 + Fraction(rate or 0)), incl)


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
        terms=_terms(tariff, used),
    )


def _terms(tariff: Tariff, used: Used) -> LineTerms:
    given = tariff.elements[used.element].restrictions
    step = A_STEP.get(used.component.type, 1)
    return LineTerms(
        prices_include_vat=tariff.tax_included == "YES",
        holds=None if given is None else WhenItHolds.model_validate(given.model_dump(exclude_none=True)),
        step_size=used.component.step_size if used.extra else None,
        added=to_decimal(Fraction(used.extra) / step) if used.extra else None,
        grace_s=to_decimal(Fraction(used.spared) / A_SECOND) if used.spared else None,
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
        terms=LineTerms(limit="both" if "within" in why else "lowest" if "lowest" in why else "highest"),
    )


def _vat_share(rate: Rate, owed: Money) -> VatShare:
    vat = vat_in(owed, rate)
    return VatShare(percent=rate, excl_vat=owed - vat, vat=vat, incl_vat=owed)
