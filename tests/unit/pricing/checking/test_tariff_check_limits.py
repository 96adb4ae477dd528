"""The lowest and highest price, and the hold: whether they can be kept at all, and together."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.pricing.checking.tariff_checks import brief, element, energy, findings, says, written


def with_limits(**rest: Any) -> dict[str, Any]:
    return written(energy(), **rest)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        ({"excl_vat": 10}, {"excl_vat": 5}, "min_price 10 is above max_price 5 before taxes"),
        ({"before_taxes": 10}, {"before_taxes": "9.99"}, "min_price 10 is above max_price 9.99 before taxes"),
        (
            {"before_taxes": 5, "after_taxes": 7},
            {"before_taxes": 6, "after_taxes": "6.5"},
            "min_price 7 is above max_price 6.5 after taxes",
        ),
    ],
)
def test_a_lowest_price_above_the_highest_is_an_error(low: dict[str, Any], high: dict[str, Any], said: str) -> None:
    tariff = with_limits(min_price=low, max_price=high)
    assert says(tariff, "$.min_price") == f"error: {said}: no session can keep both"


def test_limits_that_are_the_same_are_a_fixed_price() -> None:
    assert brief(with_limits(min_price={"excl_vat": 10}, max_price={"excl_vat": 10})) == []


@pytest.mark.parametrize("name", ["min_price", "max_price"])
def test_a_limit_that_is_less_with_taxes_than_without_is_an_error(name: str) -> None:
    tariff = with_limits(**{name: {"before_taxes": 10, "after_taxes": "8.26"}})
    assert says(tariff, f"$.{name}").startswith(f"error: {name} is 8.26 after taxes and 10 before")


def test_a_lowest_price_without_taxes_among_several_rates_is_a_warning() -> None:
    # given two rates of VAT, and a lowest price that does not say what it is with VAT
    priced = element(("ENERGY", "0.45"), ("FLAT", "1"))
    priced["price_components"][1]["vat"] = 9
    # then a session that used nothing could not be billed
    assert "cannot be billed" in says(written(priced, min_price={"excl_vat": 2}), "$.min_price")
    assert brief(written(priced, min_price={"excl_vat": 2})) == [("warning", "$.min_price")]
    # and with its amount after taxes it can
    assert brief(written(priced, min_price={"excl_vat": 2, "incl_vat": "2.4"})) == [("note", "$.min_price")]
    assert brief(written(priced, min_price={"excl_vat": 0})) == []


@pytest.mark.parametrize(
    ("currency", "asked", "said"),
    [
        ("EUR", "10.005", "10.005 EUR cannot be held: EUR has 2 decimals"),
        ("JPY", "10.5", "10.5 JPY cannot be held: JPY has no decimals"),
        ("KWD", "10.0005", "10.0005 KWD cannot be held: KWD has 3 decimals"),
    ],
)
def test_a_hold_that_the_currency_cannot_express_is_an_error(currency: str, asked: str, said: str) -> None:
    tariff = {**with_limits(preauthorize_amount=asked), "currency": currency}
    assert says(tariff, "$.preauthorize_amount") == f"error: {said}"


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ({"preauthorize_amount": 0}, "warning: a hold of 0 is no hold"),
        (
            {"preauthorize_amount": 5, "min_price": {"excl_vat": 6}},
            "warning: 5 EUR is held and a session costs at least 6: the rest is never taken",
        ),
        (
            {"preauthorize_amount": 50, "max_price": {"excl_vat": 30, "incl_vat": "36.3"}},
            "note: 50 EUR is held and no session costs more than 36.3",
        ),
    ],
)
def test_a_hold_that_does_not_fit_the_limits_is_said(rest: dict[str, Any], said: str) -> None:
    assert says(with_limits(**rest), "$.preauthorize_amount") == said


def test_a_hold_within_the_limits_is_well() -> None:
    limits = {"min_price": {"excl_vat": 1}, "max_price": {"excl_vat": 60}, "preauthorize_amount": "60.00"}
    assert findings(with_limits(**limits)) == []
