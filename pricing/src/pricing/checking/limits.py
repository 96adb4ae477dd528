"""The lowest and highest price and the hold: whether they can be kept at all, and together."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pricing.checking.finding import Finding, Subject, error, note, warning
from pricing.engine.line_words import plain
from pricing.engine.totals import rates_of
from tapwatt.money import exponent
from tapwatt.tariffs import PriceLimit, Tariff


def limits(subject: Subject) -> Iterator[Finding]:
    """What is wrong with min_price, max_price and preauthorize_amount."""
    tariff = subject.tariff
    for name, limit in (("min_price", tariff.min_price), ("max_price", tariff.max_price)):
        if limit is not None and limit.after_taxes is not None and limit.after_taxes < limit.before_taxes:
            yield error(
                f"{subject.path}.{name}",
                f"{name} is {plain(limit.after_taxes)} after taxes and {plain(limit.before_taxes)} before: no tax is "
                "less than nothing",
                "Swap the two amounts, or correct the one that is wrong.",
            )
    yield from _together(subject)
    yield from _unknown_tax(subject)
    yield from _hold(subject)


def _together(subject: Subject) -> Iterator[Finding]:
    tariff, low, high = subject.tariff, subject.tariff.min_price, subject.tariff.max_price
    if low is None or high is None:
        return
    path, hint = f"{subject.path}.min_price", "Lower min_price or raise max_price."
    if low.before_taxes > high.before_taxes:
        says = f"min_price {plain(low.before_taxes)} is above max_price {plain(high.before_taxes)} before taxes"
        yield error(path, f"{says}: no session can keep both", hint)
        return
    low_after, high_after = _after(tariff, low), _after(tariff, high)
    if low_after is not None and high_after is not None and low_after > high_after:
        says = f"min_price {plain(low_after)} is above max_price {plain(high_after)} after taxes"
        yield error(path, f"{says}: no session can keep both", hint)


def _after(tariff: Tariff, limit: PriceLimit) -> Decimal | None:
    """Where no taxes apply the price after them is the one before (pricing.engine.totals)."""
    return limit.after_taxes if tariff.tax_included != "N/A" else limit.before_taxes


def _unknown_tax(subject: Subject) -> Iterator[Finding]:
    low = subject.tariff.min_price
    if low is None or len(rates_of(subject.tariff)) < 2 or not low.before_taxes:
        return
    path = f"{subject.path}.min_price"
    if low.after_taxes is None:
        yield warning(
            path,
            "the prices have different VAT and min_price has no amount after taxes, so a session that used nothing "
            "cannot be billed: the VAT on its lowest price is unknown",
            "Give min_price its amount after taxes, too.",
        )
    else:
        yield note(
            path,
            "the prices have different VAT: what min_price adds is shared among the rates that a session used",
            "Nothing to do if that is meant.",
        )


def _hold(subject: Subject) -> Iterator[Finding]:
    tariff, path = subject.tariff, f"{subject.path}.preauthorize_amount"
    asked = tariff.preauthorize_amount
    if asked is None:
        return
    decimals = exponent(tariff.currency)
    if asked != round(asked, decimals):
        has = f"{decimals} decimals" if decimals else "no decimals"
        yield error(path, f"{plain(asked)} {tariff.currency} cannot be held: {tariff.currency} has {has}", "Round it.")
    elif not asked:
        yield warning(path, "a hold of 0 is no hold", "Leave it out, or give the amount to hold.")
    low, high = tariff.min_price, tariff.max_price
    least, most = (None if one is None else one.after_taxes or one.before_taxes for one in (low, high))
    if least is not None and 0 < asked < least:
        says = f"{plain(asked)} {tariff.currency} is held and a session costs at least {plain(least)}"
        yield warning(path, f"{says}: the rest is never taken", "Hold at least min_price.")
    if most is not None and asked > most:
        says = f"{plain(asked)} {tariff.currency} is held and no session costs more than {plain(most)}"
        yield (
            note(path, says, "A lower hold would do.")
            if high is not None and high.after_taxes is not None
            else note(path, f"{says} before taxes", "A lower hold may do.")
        )
