"""From what was used to what is owed: billing increments, VAT, lowest and highest price, one rounding for the bill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from pricing.engine.cannot_price import CannotPrice
from pricing.engine.quantities import A_KWH, A_SECOND, A_WH, AN_HOUR, Exact
from tapwatt.money import Money, Rounding, exponent, round_to_minor
from tapwatt.tariffs import Dimension, PriceComponent, PriceLimit, Tariff, contradicting_limits

_PER_UNIT = {Dimension.ENERGY: A_KWH, Dimension.TIME: AN_HOUR, Dimension.PARKING_TIME: AN_HOUR, Dimension.FLAT: 1}
A_STEP = {Dimension.ENERGY: A_WH, Dimension.TIME: A_SECOND, Dimension.PARKING_TIME: A_SECOND}
"""What a step_size of 1 is, in the unit of the quantity (OCPI, mod_tariffs, TariffDimensionType)."""
_TO_TIE = (Fraction(1, 2), Decimal("0.25"), Decimal("0.5"), Decimal("0.75"))

Rate = Decimal | None
"""VAT in percent. None says that no VAT applies, which is not the same as VAT of 0 %."""


@dataclass(slots=True)
class Used:
    """What was used under one price component, what its increment added, and what the idle grace kept free."""

    element: int
    component: PriceComponent
    starts_at: datetime
    ends_at: datetime
    quantity: Exact = 0
    extra: Exact = 0
    spared: Exact = 0

    @property
    def billed(self) -> Fraction:
        """The quantity in the units of the price: kWh, h or sessions."""
        return Fraction(self.quantity + self.extra) / _PER_UNIT[self.component.type]


@dataclass(frozen=True, slots=True)
class Cost:
    """An exact amount in major units, before and after VAT."""

    excl: Fraction
    incl: Fraction

    @property
    def vat(self) -> Fraction:
        """The tax in it."""
        return self.incl - self.excl

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.excl + other.excl, self.incl + other.incl)

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.excl - other.excl, self.incl - other.incl)


NOTHING = Cost(Fraction(0), Fraction(0))


def round_up_to_step(used: Sequence[Used], last: Used | None) -> None:
    """Round the total of these quantities up to the last component's billing increment; its price is charged
    for the difference.

    An increment of 0 rounds nothing, of 1 to a whole Wh or second (OCPI 2.2.1, mod_cdrs, step_size).
    """
    if last is None or not last.component.step_size:
        return
    step = last.component.step_size * A_STEP[last.component.type]
    last.extra = -sum(u.quantity for u in used) % step


def cost_of(used: Used, tax_included: str | None) -> Cost:
    """What this costs. A component without VAT has none; N/A says that no tax applies to the whole tariff."""
    amount = used.billed * Fraction(used.component.price)
    factor = 1 + _vat(rate_of(used.component, tax_included))
    return Cost(amount / factor, amount) if tax_included == "YES" else Cost(amount, amount * factor)


def rate_of(component: PriceComponent, tax_included: str | None) -> Rate:
    """The VAT on this component, in percent; None where no VAT applies."""
    return None if tax_included == "N/A" else component.vat


def tax_unknown(component: PriceComponent, tax_included: str | None) -> bool:
    """Whether this price is said to be before taxes, and nothing says which: what it is after them is not known."""
    return tax_included == "NO" and component.vat is None and component.price > 0


def _vat(rate: Rate) -> Fraction:
    return Fraction(rate or 0) / 100


def within_limits(tariff: Tariff, cost: Cost, *, session: bool = True) -> tuple[Cost, str]:
    """The cost within the lowest and the highest price, and why it changed, if it did. Only a session has a lowest one.

    The limits before and after tax both apply, each to its own total: one may be reached earlier than the other (OCPI,
    mod_tariffs, Tariff). Where only the one before tax is given the tax follows in proportion, so that it stays the tax
    on what is charged. CannotPrice where no price is within the limits.
    """
    wrong = contradicting_limits(tariff)
    if wrong is not None:
        raise CannotPrice(wrong)
    lowest = tariff.min_price if session else None
    limits = [(limit, within) for limit, within in ((lowest, max), (tariff.max_price, min)) if limit]
    excl, incl = cost.excl, cost.incl
    for limit, within in limits:
        limited = within(excl, Fraction(limit.before_taxes))
        if limited != excl and _after(tariff, limit) is None:
            incl = limited * _tax_factor(tariff, cost)
        excl = limited
    for limit, within in limits:
        after = _after(tariff, limit)
        incl = incl if after is None else within(incl, after)
    return Cost(excl, incl), _why_limited(cost, Cost(excl, incl))


def _after(tariff: Tariff, limit: PriceLimit) -> Fraction | None:
    given = limit.before_taxes if tariff.tax_included == "N/A" else limit.after_taxes
    return None if given is None else Fraction(given)


def _why_limited(cost: Cost, limited: Cost) -> str:
    raised = limited.excl > cost.excl or limited.incl > cost.incl
    lowered = limited.excl < cost.excl or limited.incl < cost.incl
    if raised and lowered:
        return "brought within the lowest and the highest price"
    return "raised to the lowest price" if raised else "lowered to the highest price" if lowered else ""


def _tax_factor(tariff: Tariff, cost: Cost) -> Fraction:
    if cost.excl:
        return cost.incl / cost.excl
    rates = {_vat(rate) for rate in rates_of(tariff)}
    if len(rates) > 1:
        raise CannotPrice("nothing was used and the components have different VAT, so the VAT on min_price is unknown")
    return 1 + rates.pop()


def rates_of(tariff: Tariff) -> list[Rate]:
    """The rates of VAT in the tariff, each once, in its order."""
    return list(dict.fromkeys(rate_of(c, tariff.tax_included) for e in tariff.elements for c in e.price_components))


def round_within_limits(tariff: Tariff, total: Cost, rounding: Rounding) -> tuple[Money, Money]:
    """Both totals rounded once: as asked, unless that left a limit which is finer than the currency."""
    low, high = tariff.min_price, tariff.max_price
    before = (
        None if low is None else Fraction(low.before_taxes),
        None if high is None else Fraction(high.before_taxes),
    )
    after = (None if low is None else _after(tariff, low), None if high is None else _after(tariff, high))
    return (
        _round_between(total.excl, tariff.currency, rounding, before),
        _round_between(total.incl, tariff.currency, rounding, after),
    )


def _round_between(
    exact: Fraction, currency: str, rounding: Rounding, limits: tuple[Fraction | None, Fraction | None]
) -> Money:
    money = round_once(exact, currency, rounding)
    low, high = limits
    if high is not None and exact <= high < Fraction(money.major):
        return round_once(exact, currency, Rounding.DOWN)
    if low is not None and exact >= low > Fraction(money.major):
        return round_once(exact, currency, Rounding.UP)
    return money


def round_once(exact: Fraction, currency: str, rounding: Rounding) -> Money:
    """Round an exact amount of major units; what no decimal can hold stays on its side of the tie."""
    whole, rest = divmod(exact * 10 ** exponent(currency), 1)
    half, below, tie, above = _TO_TIE
    kept = Decimal(0) if not rest else tie if rest == half else below if rest < half else above
    try:
        return round_to_minor((int(whole) + kept).scaleb(-exponent(currency)), currency, rounding)
    except (ValueError, ArithmeticError) as error:
        raise CannotPrice("the price is larger than any session at a charger could cost") from error
