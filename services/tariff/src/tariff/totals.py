"""From what was used to what is owed: steps, VAT, the lowest and highest price, and one rounding for the whole bill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from tapwatt.bill import PriceLine
from tapwatt.money import LARGEST_MINOR, Money, Rounding, exponent, round_to_minor
from tapwatt.tariffs import Dimension, PriceComponent, PriceLimit, Tariff
from tariff.cannot_price import CannotPrice

_UNIT: dict[Dimension, Literal["kWh", "h", "session"]] = {
    Dimension.ENERGY: "kWh",
    Dimension.TIME: "h",
    Dimension.PARKING_TIME: "h",
    Dimension.FLAT: "session",
}
_PER_UNIT = {Dimension.ENERGY: 1000, Dimension.TIME: 3600, Dimension.PARKING_TIME: 3600, Dimension.FLAT: 1}
_DECIMALS = 9
_TO_TIE = (Fraction(1, 2), Decimal("0.25"), Decimal("0.5"), Decimal("0.75"))


@dataclass(slots=True)
class Used:
    """What was used under one price component: Wh, s or times, before and after its step."""

    element: int
    component: PriceComponent
    starts_at: datetime
    ends_at: datetime
    quantity: Fraction = Fraction(0)
    extra: Fraction = field(default=Fraction(0))

    @property
    def billed(self) -> Fraction:
        """The quantity in the units of the price: kWh, h or sessions."""
        return (self.quantity + self.extra) / _PER_UNIT[self.component.type]


@dataclass(frozen=True, slots=True)
class Cost:
    """An exact amount in major units, before and after VAT."""

    excl: Fraction
    incl: Fraction


def round_up_to_step(used: Sequence[Used], last: Used | None) -> None:
    """Round the total of these quantities up to the last component's step; its price is charged for the difference.

    A step of 0 rounds nothing, of 1 to a whole Wh or second (OCPI 2.2.1, mod_cdrs, step_size).
    """
    if last is None or not last.component.step_size:
        return
    total, step = sum((u.quantity for u in used), Fraction(0)), last.component.step_size
    last.extra = -(-total // step) * step - total


def cost_of(used: Used, tax_included: str | None) -> Cost:
    """What this costs. A component without VAT has none; N/A says that no tax applies to the whole tariff."""
    amount = used.billed * Fraction(used.component.price)
    vat = _vat(used.component, tax_included)
    if tax_included == "YES":
        return Cost(amount / (1 + vat), amount)
    return Cost(amount, amount * (1 + vat))


def _vat(component: PriceComponent, tax_included: str | None) -> Fraction:
    return Fraction(0) if tax_included == "N/A" else Fraction(component.vat or 0) / 100


def within_limits(tariff: Tariff, cost: Cost) -> tuple[Cost, str]:
    """The cost raised to the lowest and then lowered to the highest price, and why it changed, if it did.

    The limits before and after tax both apply (OCPI, mod_tariffs, Tariff). Where only one of them is reached, or only
    one is given, the other amount follows in proportion, so that the tax stays the tax on what is charged. Limits that
    cannot both hold with that tax have no honest price.
    """
    _check_limits(tariff)
    why = ""
    for limit, lowest in ((tariff.min_price, True), (tariff.max_price, False)):
        limited = cost if limit is None else _limited(tariff, cost, limit, lowest=lowest)
        if limited != cost:
            cost, why = limited, "raised to the lowest price" if lowest else "lowered to the highest price"
    if tariff.min_price is not None and _limited(tariff, cost, tariff.min_price, lowest=True) != cost:
        raise CannotPrice("with the VAT of this session, no price is both as high as min_price and as low as max_price")
    return cost, why


def _check_limits(tariff: Tariff) -> None:
    for name, limit in (("min_price", tariff.min_price), ("max_price", tariff.max_price)):
        if limit is not None and limit.after_taxes is not None and limit.after_taxes < limit.before_taxes:
            raise CannotPrice(f"{name} is lower after taxes than before taxes, so the limit is not what was meant")
    low, high = tariff.min_price, tariff.max_price
    if low is not None and high is not None and low.before_taxes > high.before_taxes:
        raise CannotPrice(f"min_price {low.before_taxes} is higher than max_price {high.before_taxes}")


def _limited(tariff: Tariff, cost: Cost, limit: PriceLimit, *, lowest: bool) -> Cost:
    before = Fraction(limit.before_taxes)
    given = limit.after_taxes if tariff.tax_included != "N/A" else limit.before_taxes
    after = None if given is None else Fraction(given)
    before_broken = cost.excl < before if lowest else cost.excl > before
    after_broken = after is not None and (cost.incl < after if lowest else cost.incl > after)
    if before_broken and after_broken and after is not None:
        return Cost(before, after)
    if before_broken:
        return Cost(before, before * _tax_factor(tariff, cost))
    if after_broken and after is not None:
        return Cost(after / _tax_factor(tariff, cost), after)
    return cost


def _tax_factor(tariff: Tariff, cost: Cost) -> Fraction:
    if cost.excl:
        return cost.incl / cost.excl
    rates = {_vat(c, tariff.tax_included) for e in tariff.elements for c in e.price_components}
    if len(rates) > 1:
        raise CannotPrice("nothing was used and the components have different VAT, so the VAT on min_price is unknown")
    return 1 + rates.pop()


def round_once(exact: Fraction, currency: str, rounding: Rounding) -> Money:
    """Round an exact amount of major units; what no decimal can hold stays on its side of the tie."""
    whole, rest = divmod(exact * 10 ** exponent(currency), 1)
    half, below, tie, above = _TO_TIE
    kept = Decimal(0) if not rest else tie if rest == half else below if rest < half else above
    try:
        return round_to_minor((int(whole) + kept).scaleb(-exponent(currency)), currency, rounding)
    except (ValueError, ArithmeticError) as error:
        raise CannotPrice("the price is larger than any session at a charger could cost") from error


def _money(minor: int, currency: str) -> Money:
    """One line's amount: it may be out of all bounds although a highest price keeps the total within them."""
    if abs(minor) > LARGEST_MINOR:
        raise CannotPrice("a line of the price is larger than any session at a charger could cost")
    return Money(minor=minor, currency=currency)


def shared_out(exact: Sequence[Fraction], total: int, most: Sequence[int] | None = None) -> list[int]:
    """Whole minor units that add up to the total: each amount rounded down, what remains to the largest remainders.

    `most` says how far a part should not be raised, as a part before VAT above the same part after it.
    """
    parts = [int(e // 1) for e in exact]
    order = sorted(
        range(len(parts)), key=lambda i: (most is not None and parts[i] >= most[i], -(exact[i] - parts[i]), i)
    )
    for turn in range(total - sum(parts)):
        parts[order[turn % len(order)]] += 1
    return parts


def lines_of(
    tariff: Tariff, used: Sequence[Used], total: Cost, why: str, excl: Money, incl: Money
) -> tuple[PriceLine, ...]:
    """The lines of the bill; the amounts of each kind add up to the rounded totals exactly.

    A lowest or highest price is a line of its own, ADJUSTMENT, less than zero when it lowers the price.
    """
    costs = [cost_of(u, tariff.tax_included) for u in used]
    if why:
        costs.append(
            Cost(total.excl - sum(c.excl for c in costs), total.incl - sum(c.incl for c in costs)),
        )
    minor = 10 ** exponent(tariff.currency)
    incl_parts = shared_out([c.incl * minor for c in costs], incl.minor)
    excl_parts = shared_out([c.excl * minor for c in costs], excl.minor, most=incl_parts)
    money = [
        (_money(e, tariff.currency), _money(i, tariff.currency)) for e, i in zip(excl_parts, incl_parts, strict=True)
    ]
    lines = [_line(tariff, u, *m) for u, m in zip(used, money, strict=False)]
    if why:
        lines.append(_adjustment(why, *money[-1]))
    return tuple(lines)


def _line(tariff: Tariff, used: Used, excl: Money, incl: Money) -> PriceLine:
    component = used.component
    unit = {"kWh": "Wh", "h": "s"}.get(_UNIT[component.type], "")
    return PriceLine(
        dimension=component.type,
        quantity=to_decimal(used.billed),
        unit=_UNIT[component.type],
        unit_price=component.price,
        vat_percent=None if tariff.tax_included == "N/A" else component.vat,
        excl_vat=excl,
        incl_vat=incl,
        element=used.element,
        starts_at=used.starts_at,
        ends_at=used.ends_at,
        why=f"billed per {component.step_size} {unit}: {to_decimal(used.extra)} {unit} added" if used.extra else "",
    )


def _adjustment(why: str, excl: Money, incl: Money) -> PriceLine:
    return PriceLine(
        dimension="ADJUSTMENT",
        quantity=Decimal(1),
        unit="session",
        unit_price=excl.major,
        excl_vat=excl,
        incl_vat=incl,
        why=why,
    )


def to_decimal(exact: Fraction, decimals: int = _DECIMALS) -> Decimal:
    """A quantity or amount, not less than zero, for people to read; what is owed is worked out from the exact one."""
    whole, rest = divmod(round(exact * 10**decimals), 10**decimals)
    return Decimal(f"{whole}.{rest:0{decimals}d}".rstrip("0").rstrip("."))
