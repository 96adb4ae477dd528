"""What a tariff charges, in words that its author can compare with what was meant."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pricing.checking.finding import Subject, listed
from pricing.checking.prices import in_percent
from pricing.engine.line_words import plain, when
from tapwatt.money import exponent
from tapwatt.tariffs import Dimension, PriceLimit

_UNITS: dict[str | None, dict[Dimension, str]] = {
    None: {
        Dimension.ENERGY: "per kWh",
        Dimension.TIME: "per hour of charging",
        Dimension.PARKING_TIME: "per hour parked without charging",
        Dimension.FLAT: "a session",
    },
    "RESERVATION": {Dimension.TIME: "per hour reserved", Dimension.FLAT: "a reservation"},
    "RESERVATION_EXPIRES": {
        Dimension.TIME: "per hour of a reservation that expires",
        Dimension.FLAT: "a reservation that expires",
    },
}
_MOST = 4
"""Prices of one dimension that are said."""


def charges(subject: Subject) -> str:
    """All prices in one sentence: what per kWh, per hour and a session, when, the limits, and the VAT."""
    prices = (
        f"{listed(found)} {unit}"
        for reservation, units in _UNITS.items()
        for dimension, unit in units.items()
        if (found := _prices(subject, dimension, reservation))
    )
    return f"{'; '.join([*prices, *_limits(subject)])}; {_vat(subject)}"


def _prices(subject: Subject, dimension: Dimension, reservation: str | None) -> list[str]:
    found: list[str] = []
    for number, element in enumerate(subject.tariff.elements):
        given = subject.restrictions(number)
        price = next((c.price for c in element.price_components if c.type is dimension), None)
        if price is not None and given.reservation == reservation:
            held = when(given.model_copy(update={"reservation": None}))
            found.append(f"{_amount(subject, price)}{f' ({held})' if held else ' otherwise' if found else ''}")
    return [*found[:_MOST], *([f"{len(found) - _MOST} more"] if len(found) > _MOST else [])]


def _limits(subject: Subject) -> Iterator[str]:
    for word, limit in (("at least", subject.tariff.min_price), ("at most", subject.tariff.max_price)):
        if limit is not None:
            yield f"{word} {_limit(subject, limit)} a session"
    asked = subject.tariff.preauthorize_amount
    if asked:
        yield f"{_amount(subject, asked)} held on the card"


def _limit(subject: Subject, limit: PriceLimit) -> str:
    if limit.after_taxes is None:
        return f"{_amount(subject, limit.before_taxes)} before taxes"
    return f"{_amount(subject, limit.after_taxes)} after taxes ({_amount(subject, limit.before_taxes)} before)"


def _amount(subject: Subject, major: Decimal) -> str:
    """An amount with at least the decimals of its currency: 0.30 EUR, 0.2995 EUR."""
    whole, _, decimals = plain(major).partition(".")
    decimals = decimals.ljust(exponent(subject.tariff.currency), "0")
    return f"{whole}.{decimals} {subject.tariff.currency}" if decimals else f"{whole} {subject.tariff.currency}"


def _vat(subject: Subject) -> str:
    rates = in_percent(subject)
    if subject.tariff.tax_included == "NO" and not rates:
        return "before taxes, which are not known"
    if subject.tariff.tax_included == "N/A" or not rates:
        return "taxes included" if subject.tariff.tax_included == "YES" else "no VAT"
    which = f"{listed(rates)} % VAT"
    return f"{which} included" if subject.tariff.tax_included == "YES" else f"plus {which}"
