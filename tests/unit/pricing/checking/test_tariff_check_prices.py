"""Single prices: twice, without VAT, in large steps, for nothing, for reservations; and those that are missing."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.pricing.checking.tariff_checks import brief, element, energy, findings, says, written


def with_fields(kind: str, price: Any, **fields: Any) -> dict[str, Any]:
    """An element of one price with these fields; None leaves one out."""
    component = {"type": kind, "price": price, "vat": 21, "step_size": 1, **fields}
    return {"price_components": [{name: value for name, value in component.items() if value is not None}]}


def test_a_dimension_twice_in_one_element_is_a_warning() -> None:
    tariff = written(element(("ENERGY", "0.45"), ("FLAT", "1"), ("ENERGY", "0.30")))
    assert brief(tariff) == [("warning", "$.elements[0].price_components[2]")]


@pytest.mark.parametrize("kind", ["ENERGY", "PARKING_TIME"])
@pytest.mark.parametrize("reservation", ["RESERVATION", "RESERVATION_EXPIRES"])
def test_a_reservation_has_neither_energy_nor_parking(kind: str, reservation: str) -> None:
    # OCPI 2.3.0, mod_tariffs, TariffRestrictions: only FLAT and TIME
    tariff = written(energy(), element((kind, "1"), ("TIME", "3"), reservation=reservation))
    assert says(tariff, "$.elements[1].price_components[0]").startswith(f"warning: a reservation has no {kind}")


def test_an_expiry_that_costs_something_where_reservations_do_not_is_a_note() -> None:
    tariff = written(energy(), element(("FLAT", "4"), reservation="RESERVATION_EXPIRES"))
    assert says(tariff, "$.elements").startswith("note: only a reservation that expires costs something")


@pytest.mark.parametrize(
    ("kind", "step", "said"),
    [
        ("ENERGY", 1000, "note: energy is billed in increments of 1000 Wh"),
        ("ENERGY", 999, ""),
        ("TIME", 900, "note: charging time is billed in increments of 15 min"),
        ("PARKING_TIME", 3600, "note: parking is billed in increments of 1 h"),
        ("PARKING_TIME", 899, ""),
        ("FLAT", 5000, ""),
        ("TIME", 0, "note: an increment of 0 is none"),
    ],
)
def test_a_step_that_a_driver_would_notice_is_a_note(kind: str, step: int, said: str) -> None:
    tariff = written({**energy(), "restrictions": {}}, with_fields(kind, 1, step_size=step))
    found = [f"{f.severity}: {f.says}" for f in findings(tariff) if f.path.endswith("step_size")]
    assert [one.startswith(said) for one in found] == ([True] if said else [])


def test_a_step_of_what_costs_nothing_is_a_note() -> None:
    tariff = written(energy(), with_fields("TIME", 0, step_size=60))
    assert says(tariff, "$.elements[1].price_components[0].step_size").startswith("note: the price is 0")


def test_a_price_without_vat_among_others_with_it_is_a_warning() -> None:
    # given parking without VAT, and a free price that needs none
    tariff = written(energy(), with_fields("PARKING_TIME", 6, vat=None), with_fields("FLAT", 0, vat=None))
    assert brief(tariff) == [("warning", "$.elements[1].price_components[0]")]


@pytest.mark.parametrize(
    ("vat", "included", "expected"),
    [
        (None, None, [("note", "$.elements")]),
        (None, "NO", [("warning", "$.tax_included")]),
        (None, "N/A", []),
        (None, "YES", [("note", "$.tax_included")]),
        (21, "N/A", [("warning", "$.tax_included")]),
        (21, "YES", []),
        (0, "NO", []),
    ],
)
def test_taxes_that_are_said_in_two_ways_or_not_at_all(
    vat: int | None, included: str | None, expected: list[tuple[str, str]]
) -> None:
    rest = {} if included is None else {"tax_included": included}
    assert brief(written(with_fields("ENERGY", "0.45", vat=vat), **rest)) == expected


@pytest.mark.parametrize(
    ("elements", "said"),
    [
        ([element(("PARKING_TIME", "6"))], "warning: energy and charging time have no price"),
        ([element(("PARKING_TIME", "6"), ("FLAT", "1"))], "warning: energy and charging time have no price"),
        ([element(("TIME", "6"), reservation="RESERVATION")], "warning: only reservations have a price"),
        ([element(("TIME", "3"), ("PARKING_TIME", "6"))], "note: energy has no price"),
        ([element(("FLAT", "10"))], "note: there is only a fee"),
        ([element(("ENERGY", 0), ("FLAT", "0.00"))], "note: every price is 0"),
    ],
)
def test_what_has_no_price_at_all_is_said(elements: list[dict[str, Any]], said: str) -> None:
    assert says(written(*elements), "$.elements").startswith(said)


def test_free_charging_with_a_lowest_price_is_not_for_nothing() -> None:
    assert brief(written(energy(0), min_price={"excl_vat": 5})) == []


@pytest.mark.parametrize(
    ("vat", "country", "included", "expected"),
    [
        (None, "NL", None, [("warning", "$.elements")]),
        (None, "de", "YES", [("warning", "$.elements")]),
        (None, "US", None, [("note", "$.elements")]),
        (None, "NL", "N/A", []),
        (0, "NL", None, []),
        (21, "NL", None, []),
    ],
)
def test_a_tariff_without_vat_in_a_country_that_has_it_is_surely_not_meant(
    vat: int | None, country: str, included: str | None, expected: list[tuple[str, str]]
) -> None:
    rest = {"country_code": country} | ({} if included is None else {"tax_included": included})
    assert brief(written(with_fields("ENERGY", "0.45", vat=vat), **rest)) == expected
