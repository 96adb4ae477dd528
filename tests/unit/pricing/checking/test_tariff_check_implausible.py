"""Prices that can be charged and that surely nobody meant."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.pricing.checking.tariff_checks import brief, element, energy, says, written

PRICE = "$.elements[0].price_components[0].price"


@pytest.mark.parametrize(
    ("price", "currency", "doubted"),
    [("30", "EUR", True), ("0.69", "EUR", False), ("2.50", "GBP", False), ("90", "JPY", False), ("900", "JPY", True)],
)
def test_a_price_that_nobody_charges_for_a_kwh_is_doubted(price: str, currency: str, doubted: bool) -> None:
    assert (("warning", PRICE) in brief({**written(energy(price)), "currency": currency})) is doubted


def test_a_price_in_a_currency_whose_worth_is_not_known_is_not_doubted() -> None:
    assert brief({**written(energy("9000")), "currency": "VND"}) == []


@pytest.mark.parametrize(("vat", "sentence"), [(0.21, "0.21 %"), (121, "121 %"), (0, ""), (27, ""), (5.5, "")])
def test_a_rate_that_no_country_has_is_doubted(vat: float, sentence: str) -> None:
    tariff = written({"price_components": [{"type": "ENERGY", "price": 0.5, "vat": vat, "step_size": 1}]})
    if vat > 100:
        assert brief(tariff) == [("error", "$.elements[0].price_components[0].vat")]
    elif sentence:
        assert sentence in says(tariff, "$.elements[0].price_components[0].vat")
    else:
        assert brief(tariff) == []


def test_a_fee_that_is_as_high_as_a_cap_is_doubted_where_anything_else_is_charged() -> None:
    at_most = element(("FLAT", "35"))
    assert "is it meant as the most" in says(written(at_most, energy()), PRICE)
    # where it is all that is charged, it is the price
    assert ("warning", PRICE) not in brief(written(at_most))
    assert ("warning", PRICE) not in brief(written(element(("FLAT", "1")), energy()))


@pytest.mark.parametrize("restrictions", [{"max_kwh": 0}, {"max_duration": 0}, {"min_kwh": 5, "max_kwh": 5}])
def test_an_element_that_can_never_hold_is_doubted(restrictions: dict[str, Any]) -> None:
    name = max(restrictions, key=lambda one: one.startswith("max"))
    assert ("warning", f"$.elements[0].restrictions.{name}") in brief(written(energy(**restrictions), energy()))
