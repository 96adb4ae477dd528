"""The lines of a bill and its VAT by rate, in whole minor units that add up to what is owed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from pricing.engine.cannot_price import CannotPrice
from pricing.engine.line_words import LONGEST, why_adjusted, why_charged
from pricing.engine.quantities import A_SECOND, to_decimal
from pricing.engine.rounding_shares import line_shares, shared_out
from pricing.engine.totals import A_STEP, NOTHING, Cost, Rate, Used, cost_of, rate_of, rates_of, tax_unknown
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
class Part:
    """What was used under one tariff, what it costs exactly within the tariff's limits, and why these changed it."""

    tariff: Tariff
    used: Sequence[Used]
    total: Cost
    why: str


@dataclass(slots=True)
class _Taxed:
    """What is taxed at one rate: its lines and what each costs exactly, and what the limits of each part add."""

    lines: list[tuple[Part, int]] = field(default_factory=list)
    costs: list[Cost] = field(default_factory=list)
    adjusted: list[tuple[Part, Cost, int]] = field(default_factory=list)

    @property
    def total(self) -> Cost:
        """All of it."""
        return sum((*self.costs, *(cost for _, cost, _ in self.adjusted)), NOTHING)

    @property
    def steady(self) -> list[bool]:
        """Which of the lines are fees."""
        return [part.used[number].component.type is Dimension.FLAT for part, number in self.lines]

    @property
    def gross(self) -> bool:
        """Whether the prices are given with VAT."""
        parts = [part for part, _ in self.lines] + [part for part, _, _ in self.adjusted]
        return all(part.tariff.tax_included == "YES" for part in parts)


def lines_of(parts: Sequence[Part], owed: Money) -> tuple[tuple[PriceLine, ...], tuple[VatShare, ...]]:
    """The lines and the VAT summary of what is owed; the amounts of each kind add up to it exactly.

    What is owed is shared out over the rates of VAT. The VAT in each share is worked out once, in
    pricing.engine.vat_in_it, and shared out over the lines, as is the rest. A lowest or highest price is an ADJUSTMENT
    line for each rate, in proportion to what is taxed at it, less than zero when it lowers the price.
    """
    rates = _by_rate(parts)
    minor = 10 ** exponent(owed.currency)
    taxed_at = list(rates.values())
    shares = shared_out(
        [t.total.incl * minor for t in taxed_at], owed.minor, steady=[bool(t.lines) and all(t.steady) for t in taxed_at]
    )
    lines: dict[tuple[int, int], PriceLine] = {}
    adjustments: list[PriceLine] = []
    vat: list[VatShare] = []
    for (rate, taxed), share in zip(rates.items(), shares, strict=True):
        vat.append(_vat_share(rate, Money(minor=share, currency=owed.currency)))
        divided = line_shares(
            [_times(cost, minor) for cost in (*taxed.costs, *(cost for _, cost, _ in taxed.adjusted))],
            vat[-1].excl_vat.minor,
            vat[-1].vat.minor,
            gross=taxed.gross,
            steady=[*taxed.steady, *(False for _ in taxed.adjusted)],
        )
        money = [_money(owed.currency, one) for one in divided]
        for (part, number), amounts in zip(taxed.lines, money, strict=False):
            line = _line(part.tariff, part.used[number], rate, amounts)
            if len(parts) > 1:
                line = line.model_copy(update={"why": f"tariff {part.tariff.id}, {line.why}"[:LONGEST]})
            lines[_place(parts, part), number] = line
        for (part, _, several), amounts in zip(taxed.adjusted, money[len(taxed.lines) :], strict=True):
            adjustments.append(_adjustment(why_adjusted(part.why, rate, several), rate, amounts))
    return (*(lines[place] for place in sorted(lines)), *adjustments), tuple(vat)


def _place(parts: Sequence[Part], part: Part) -> int:
    return next(place for place, one in enumerate(parts) if one is part)


def _by_rate(parts: Sequence[Part]) -> dict[Rate, _Taxed]:
    """What is taxed at each rate, in order of first use, and its share of what the limits made of each part."""
    found: dict[Rate, _Taxed] = {}
    for part in parts:
        sums: dict[Rate, Cost] = {}
        for number, one in enumerate(part.used):
            rate, cost = rate_of(one.component, part.tariff.tax_included), cost_of(one, part.tariff.tax_included)
            taxed = found.setdefault(rate, _Taxed())
            taxed.lines.append((part, number))
            taxed.costs.append(cost)
            sums[rate] = sums.get(rate, NOTHING) + cost
        if part.why:
            limited = _within(part.tariff, sums, part.total)
            for rate, total in limited.items():
                added = total - sums.get(rate, NOTHING)
                if added != NOTHING:
                    found.setdefault(rate, _Taxed()).adjusted.append((part, added, len(limited)))
    return found


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


def _money(currency: str, minor: tuple[int, int]) -> tuple[Money, Money]:
    """One line's amounts: they may be out of all bounds although a highest price keeps the total within them."""
    if max(abs(part) for part in minor) > LARGEST_MINOR:
        raise CannotPrice("a line of the price is larger than any session at a charger could cost")
    excl, incl = (Money(minor=part, currency=currency) for part in minor)
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
        tax_unknown=tax_unknown(used.component, tariff.tax_included),
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
