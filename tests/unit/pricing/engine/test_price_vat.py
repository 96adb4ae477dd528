"""The VAT summary of a bill and what limits do to it, with the arithmetic beside each."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from tests.unit.pricing.engine.price_cases import billed, element, lines, parked, period, tariff, vat

from pricing.engine.price import CannotPrice
from pricing.engine.rounding_shares import shared_out
from tapwatt.money import Rounding

FOUR = element(("FLAT", "0.50", "20"), ("ENERGY", "0.25", "10"), ("TIME", "1.20", "10"), ("PARKING_TIME", "2", "20"))


def test_the_vat_is_summed_by_rate_in_order_of_first_use() -> None:
    # 20 %: 0.50 + 0.5 h * 2.00 = 1.50, VAT 0.30; 10 %: 20 kWh * 0.25 + 1 h * 1.20 = 6.20, VAT 0.62
    bill = billed(tariff(FOUR), period(0, 60, "20000"), parked(60, 90))
    assert vat(bill) == [("20", 150, 30, 180), ("10", 620, 62, 682)]


def test_no_vat_and_vat_of_nothing_are_two_things() -> None:
    bill = billed(tariff(element(("FLAT", "1"), ("ENERGY", "1", "0"), ("TIME", "1", "0.0"))), period(0, 60, "1000"))
    assert vat(bill) == [(None, 100, 0, 100), ("0", 200, 0, 200)]


def test_where_no_tax_applies_there_is_no_rate() -> None:
    bill = billed(tariff(FOUR, tax_included="N/A"), period(0, 60, "20000"))
    assert vat(bill) == [(None, 670, 0, 670)]


def test_a_price_that_has_its_vat_in_it_shows_what_it_is() -> None:
    # 0.50 / 1.21 = 0.4132 twice, 1.00 / 1.21 = 0.8264 -> 0.83: the odd cent is in the amounts that nobody was shown
    included = tariff(element(("FLAT", "0.50", "21"), ("ENERGY", "0.25", "21")), tax_included="YES")
    bill = billed(included, period(0, 60, "2000"))
    assert lines(bill) == [("FLAT", 41, 50), ("ENERGY", 42, 50)]
    assert vat(bill) == [("21", 83, 17, 100)]


def test_an_amount_holds_at_least_its_tax() -> None:
    # 0.0080 without VAT and 0.0027 with 0.0013 of VAT in it, rounded down: 0.01 after and 0.00 before, so the cent is
    # the tax, and it is in the part that is taxed although the other one is larger
    included = tariff(element(("FLAT", "0.0080"), ("ENERGY", "0.0027", "100")), tax_included="YES")
    bill = billed(included, period(0, 60, "1000"), rounding=Rounding.DOWN)
    assert vat(bill) == [(None, 0, 0, 0), ("100", 0, 1, 1)]


def test_a_fee_before_vat_stays_what_it_is() -> None:
    # 0.50 + 5.125 + 1.00 = 6.625 -> 6.63; * 1.21 = 8.01625 -> 8.02; the odd half cent is that of the energy
    three = tariff(element(("FLAT", "0.50", "21"), ("ENERGY", "0.25", "21"), ("TIME", "1", "21")))
    assert lines(billed(three, period(0, 60, "20500"))) == [("FLAT", 50, 60), ("ENERGY", 513, 621), ("TIME", 100, 121)]


def test_what_is_not_taxed_shows_no_tax() -> None:
    # 0.006 without VAT and 0.0035 with 20 % are 0.0095, rounded down 0.00; after VAT 0.0102, rounded down 0.01
    bill = billed(
        tariff(element(("FLAT", "0.006"), ("ENERGY", "0.0035", "20"))),
        period(0, 60, "1000"),
        rounding=Rounding.DOWN,
    )
    assert vat(bill) == [(None, 0, 0, 0), ("20", 0, 1, 1)]


def test_a_tie_that_goes_to_even_twice_leaves_no_tax_below_nothing() -> None:
    # 0.0150 -> 0.02 and 0.0150 + 0.0100 = 0.0250 -> 0.02: all of the tax of 0.01 is lost to two roundings
    tie = tariff(element(("FLAT", "0.005"), ("ENERGY", "0.010", "100")))
    assert vat(billed(tie, period(0, 60, "1000"), rounding=Rounding.HALF_EVEN)) == [(None, 1, 0, 1), ("100", 1, 0, 1)]
    # and the same in the other order
    turned = tariff(element(("FLAT", "0.010", "100"), ("ENERGY", "0.005")))
    bill = billed(turned, period(0, 60, "1000"), rounding=Rounding.HALF_EVEN)
    assert vat(bill) == [("100", 1, 0, 1), (None, 1, 0, 1)]


def test_a_tie_that_adds_tax_adds_it_to_what_is_taxed() -> None:
    # 0.0250 -> 0.02 and 0.0250 + 0.0100 = 0.0350 -> 0.04: a cent of tax more, and none of it where no VAT applies
    tie = tariff(element(("FLAT", "0.015"), ("ENERGY", "0.010", "100")))
    assert vat(billed(tie, period(0, 60, "1000"), rounding=Rounding.HALF_EVEN)) == [(None, 1, 0, 1), ("100", 1, 2, 3)]


def test_a_highest_price_lowers_each_rate_in_proportion() -> None:
    # 20 %: 2.00 + 0.40; 10 %: 6.00 + 0.60; 8.00 is lowered to 4.00: the half of each
    two = tariff(element(("FLAT", "2", "20"), ("ENERGY", "0.30", "10")), max_price={"before_taxes": 4})
    bill = billed(two, period(0, 60, "20000"))
    assert lines(bill) == [
        ("FLAT", 200, 240),
        ("ENERGY", 600, 660),
        ("ADJUSTMENT", -100, -120),
        ("ADJUSTMENT", -300, -330),
    ]
    assert vat(bill) == [("20", 100, 20, 120), ("10", 300, 30, 330)]
    assert [(line.vat_percent, line.why) for line in bill.lines if line.dimension == "ADJUSTMENT"] == [
        (20, "lowered to the highest price: the part with 20 % VAT"),
        (10, "lowered to the highest price: the part with 10 % VAT"),
    ]


def test_a_highest_price_of_prices_with_their_vat_in_them_leaves_the_lines_as_they_were() -> None:
    # 20 kWh * 0.25 = 5.00, / 1.21 = 4.13; lowered to 3.00 before VAT, * 1.21 = 3.63 after it
    included = tariff(element(("ENERGY", "0.25", "21")), tax_included="YES", max_price={"before_taxes": 3})
    assert lines(billed(included, period(0, 60, "20000"))) == [("ENERGY", 413, 500), ("ADJUSTMENT", -113, -137)]


def test_a_lowest_price_raises_each_rate_in_proportion_and_what_is_free_not_at_all() -> None:
    # 1.00 + 20 %, 1.00 without VAT, and a free hour with 10 %; raised from 2.00 to 5.00 they are 2.50 each
    three = tariff(element(("FLAT", "1", "20"), ("ENERGY", "1"), ("TIME", "0", "10")), min_price={"before_taxes": 5})
    bill = billed(three, period(0, 60, "1000"))
    assert vat(bill) == [("20", 250, 50, 300), (None, 250, 0, 250), ("10", 0, 0, 0)]
    assert lines(bill)[3:] == [("ADJUSTMENT", 150, 180), ("ADJUSTMENT", 150, 150)]
    assert bill.lines[-1].why == "raised to the lowest price: the part without VAT"


def test_both_limits_reached_share_amounts_and_taxes_each_in_proportion() -> None:
    # 20 %: 2.00 + 0.40; 10 %: 6.00 + 0.60; 8.00 and 9.00 are lowered to 4.00 and 4.40: tax of 0.40 instead of 1.00
    limit = {"before_taxes": 4, "after_taxes": "4.40"}
    two = tariff(element(("FLAT", "2", "20"), ("ENERGY", "0.30", "10")), max_price=limit)
    assert vat(billed(two, period(0, 60, "20000"))) == [("20", 100, 16, 116), ("10", 300, 24, 324)]


def test_a_limit_with_tax_on_what_has_none_is_what_the_operator_said() -> None:
    # 1.00 without VAT is raised to 5.00 before tax and 6.00 after it
    plain = tariff(element(("ENERGY", "1")), min_price={"before_taxes": 5, "after_taxes": 6})
    assert vat(billed(plain, period(0, 60, "1000"))) == [(None, 500, 100, 600)]


MIXED = (element(("ENERGY", "1", "20"), ("TIME", "1", "10"), max_kwh=0),)


@pytest.mark.parametrize(
    ("elements", "limit", "expected"),
    [
        # nothing priced was used: the tariff's only rate
        ((element(("ENERGY", "1", "20")),), {"before_taxes": 5}, [("20", 500, 100, 600)]),
        ((element(("ENERGY", "1")),), {"before_taxes": 5}, [(None, 500, 0, 500)]),
        # the one of its rates that the two limits have: 5.50 / 5.00
        (MIXED, {"before_taxes": 5, "after_taxes": "5.50"}, [("10", 500, 50, 550)]),
        (
            (element(("ENERGY", "1", "20"), ("TIME", "1")),),
            {"before_taxes": 5, "after_taxes": 5},
            [(None, 500, 0, 500)],
        ),
        # none of them: what the limits say, 5.75 / 5.00
        (MIXED, {"before_taxes": 5, "after_taxes": "5.75"}, [("15", 500, 75, 575)]),
    ],
)
def test_a_lowest_price_of_nothing_has_the_vat_of_the_tariff_or_of_the_limit(
    elements: tuple[dict[str, Any], ...], limit: dict[str, Any], expected: list[tuple[str | None, int, int, int]]
) -> None:
    bill = billed(tariff(*elements, min_price=limit), parked(0, 60))
    assert vat(bill) == expected
    assert bill.lines[0].why == "raised to the lowest price"


def test_a_lowest_price_of_nothing_with_no_rate_to_go_by_is_refused() -> None:
    with pytest.raises(CannotPrice, match="the VAT on min_price is unknown"):
        billed(tariff(*MIXED, min_price={"before_taxes": 5}), parked(0, 60))


def test_a_session_that_cost_nothing_has_no_lines_and_no_vat() -> None:
    bill = billed(tariff(element(("ENERGY", "1", "20"))), parked(0, 60))
    assert (bill.lines, bill.vat) == ((), ())


def test_where_a_total_is_below_its_parts_rounded_down_the_least_remainder_gives_way() -> None:
    assert shared_out([Fraction("1.9"), Fraction("1.1")], 1) == [1, 0]
    assert shared_out([Fraction("1.1"), Fraction("1.9")], 3) == [1, 2]
