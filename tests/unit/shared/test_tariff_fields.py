"""What a tariff may hold that we do not know: nothing that could change a price, anything else."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from tapwatt.tariffs import PriceLimit, ShownTariff, Tariff, UnreadableTariff, speaks_of_prices

COMPONENT: dict[str, Any] = {"type": "ENERGY", "price": 1}
TARIFF: dict[str, Any] = {"id": "T", "currency": "EUR", "elements": [{"price_components": [COMPONENT]}]}


@pytest.mark.parametrize(
    "name",
    [
        "min_prize",
        "maxprice",
        "taxes",
        "vat",
        "fee",
        "tax_include",
        "restrictions",
        "step_size",
        "elemets",
        "currencies",
    ],
)
def test_a_name_like_that_of_a_price_speaks_of_prices(name: str) -> None:
    assert speaks_of_prices(name)


@pytest.mark.parametrize(
    "name", ["energy_mix", "country_code", "party_id", "colour", "display_name", "x_note", "publish"]
)
def test_other_names_do_not(name: str) -> None:
    assert not speaks_of_prices(name)
    assert Tariff.model_validate({**TARIFF, name: "x"}) == Tariff.model_validate(TARIFF)


def test_the_driver_is_refused_in_the_ring_too() -> None:
    # given tariffs with a field that could change the price, as a fleet may send them
    component = {**COMPONENT, "taxes": [{"name": "VAT", "percentage": 21}]}
    several = [
        {**TARIFF, "elements": [{"price_components": [COMPONENT], "restriction": {"max_kwh": 5}}]},
        {**TARIFF, "elements": [{"price_components": [component]}]},
        {**TARIFF, "max_prize": {"excl_vat": 5}},
    ]
    # then none is read as if the field were not there
    for one in several:
        shown = TypeAdapter(ShownTariff).validate_python(one)
        assert isinstance(shown, UnreadableTariff)
        assert "an unknown field" in shown.unreadable


def test_what_is_null_says_nothing() -> None:
    nulls = {**TARIFF, "taxes": None, "elements": [{"price_components": [{**COMPONENT, "taxes": None}], "x": None}]}
    assert Tariff.model_validate(nulls) == Tariff.model_validate(TARIFF)


def test_of_two_names_of_a_limit_the_newer_counts() -> None:
    limit = PriceLimit.model_validate({"before_taxes": 1, "excl_vat": 2, "incl_vat": 3})
    assert (limit.before_taxes, limit.after_taxes) == (1, 3)
    with pytest.raises(ValidationError):
        PriceLimit.model_validate({"before_taxes": 1, "taxes": []})
