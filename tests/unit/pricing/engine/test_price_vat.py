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


def test_the_receipt_of_the_readme_has_the_vat_that_both_ways_give() -> None:
    # 14.3 kWh * 0.25 + 23 min * 4.80 = 5.415, * 1.21 = 6.55215 -> 6.55. In that are 6.55 * 21 / 121 = 1.137 -> 1.14 of
    # VAT, and 5.41 * 21 % = 1.136 -> 1.14. OCPI's total before VAT, 5.42, is rounded on its own
    two = tariff(element(("ENERGY", "0.25", "21"), ("TIME", "4.80", "21")))
    bill = billed(two, period(0, 23, "14300"))
    assert vat(bill) == [("21", 541, 114, 655)]
    assert (bill.excl_vat.minor, bill.incl_vat.minor) == (542, 655)
    assert lines(bill) == [("ENERGY", 357, 432), ("TIME", 184, 223)]


@pytest.mark.parametrize("included", ["YES", "NO"])
def test_where_no_amount_before_vat_comes_to_what_is_owed_the_vat_is_the_one_in_it(included: str) -> None:
    # 0.02 has no VAT of 21 % and 0.03 has 0.01: nothing comes to 0.03, in which 0.03 * 21 / 121 = 0.0052 -> 0.01 is VAT
    price = "0.03" if included == "YES" else "0.025"
    bill = billed(tariff(element(("ENERGY", price, "21")), tax_included=included), period(0, 60, "1000"))
    assert vat(bill) == [("21", 2, 1, 3)]


def test_the_vat_is_worked_out_once_for_a_rate_and_not_for_each_line() -> None:
    # ten prices of 0.03 with VAT: 0.30 * 21 / 121 = 0.0521 -> 0.05; line by line it would be 10 * 0.01
    ten = [element(("ENERGY", "0.03", "21"), max_kwh=number + 1) for number in range(10)]
    bill = billed(tariff(*ten, tax_included="YES"), period(0, 60, "10000"))
    assert vat(bill) == [("21", 25, 5, 30)]


@pytest.mark.parametrize("wh", range(1000, 3000, 77))
@pytest.mark.parametrize("included", ["YES", "NO"])
def test_a_fee_is_the_same_cents_on_every_bill(wh: int, included: str) -> None:
    # 0.50 with VAT: 0.0868 -> 0.09 of it; before VAT: 0.105 -> 0.11 on top. What is left over is in the energy
    fee = ("FLAT", 41, 50) if included == "YES" else ("FLAT", 50, 61)
    with_fee = tariff(element(("FLAT", "0.50", "21"), ("ENERGY", "0.371", "21")), tax_included=included)
    assert lines(billed(with_fee, period(0, 60, str(wh))))[0] == fee


def test_an_amount_holds_at_least_its_tax() -> None:
    # 0.0080 without VAT and 0.0027 with 0.0013 of VAT in it, rounded down: the cent is the fee's, which rounds to one
    included = tariff(element(("FLAT", "0.0080"), ("ENERGY", "0.0027", "100")), tax_included="YES")
    bill = billed(included, period(0, 60, "1000"), rounding=Rounding.DOWN)
    assert vat(bill) == [(None, 1, 0, 1), ("100", 0, 0, 0)]


def test_a_fee_before_vat_stays_what_it_is() -> None:
    # 0.50 + 5.125 + 1.00 = 6.625, * 1.21 = 8.01625 -> 8.02, with 1.39 of VAT; the odd half cent is that of the energy
    three = tariff(element(("FLAT", "0.50", "21"), ("ENERGY", "0.25", "21"), ("TIME", "1", "21")))
    assert lines(billed(three, period(0, 60, "20500"))) == [("FLAT", 50, 61), ("ENERGY", 513, 620), ("TIME", 100, 121)]


def test_what_is_not_taxed_shows_no_tax() -> None:
    # 0.006 without VAT and 0.0035 with 20 %: 0.0102 after VAT, rounded down 0.01, and it is the fee's
    bill = billed(
        tariff(element(("FLAT", "0.006"), ("ENERGY", "0.0035", "20"))),
        period(0, 60, "1000"),
        rounding=Rounding.DOWN,
    )
    assert vat(bill) == [(None, 1, 0, 1), ("20", 0, 0, 0)]


def test_two_ties_leave_no_tax_below_nothing_in_either_order() -> None:
    # 0.005 without VAT and 0.010 with 100 %: 0.0250 -> 0.02 after VAT, a cent each; in 0.01 the VAT is 0.005 -> 0.01
    tie = tariff(element(("FLAT", "0.005"), ("ENERGY", "0.010", "100")))
    assert vat(billed(tie, period(0, 60, "1000"), rounding=Rounding.HALF_EVEN)) == [(None, 1, 0, 1), ("100", 0, 1, 1)]
    # a fee of 0.010 with 100 % stays 0.02 with it, and nothing is left
    turned = tariff(element(("FLAT", "0.010", "100"), ("ENERGY", "0.005")))
    bill = billed(turned, period(0, 60, "1000"), rounding=Rounding.HALF_EVEN)
    assert vat(bill) == [("100", 1, 1, 2), (None, 0, 0, 0)]


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


def test_limits_do_not_change_the_law_what_is_owed_has_the_vat_of_its_rates() -> None:
    # 20 %: 2.00 + 0.40; 10 %: 6.00 + 0.60; 8.00 and 9.00 are lowered to 4.00 and 4.40. Their difference of 0.40 is the
    # tax at no mix of these rates: 4.40 * 2.40 / 9.00 = 1.173 has 1.17 * 20 / 120 = 0.195 -> 0.20 of VAT in it, and
    # 4.40 * 6.60 / 9.00 = 3.227 has 3.23 * 10 / 110 = 0.29. OCPI's totals stay 4.00 and 4.40
    limit = {"before_taxes": 4, "after_taxes": "4.40"}
    two = tariff(element(("FLAT", "2", "20"), ("ENERGY", "0.30", "10")), max_price=limit)
    bill = billed(two, period(0, 60, "20000"))
    assert vat(bill) == [("20", 97, 20, 117), ("10", 294, 29, 323)]
    assert (bill.excl_vat.minor, bill.incl_vat.minor) == (400, 440)


def test_a_limit_with_tax_on_what_has_none_makes_no_tax() -> None:
    # 1.00 without VAT is raised to 5.00 before tax and 6.00 after it: 6.00 is owed, and no rate says that any is VAT
    plain = tariff(element(("ENERGY", "1")), min_price={"before_taxes": 5, "after_taxes": 6})
    assert vat(billed(plain, period(0, 60, "1000"))) == [(None, 600, 0, 600)]


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
