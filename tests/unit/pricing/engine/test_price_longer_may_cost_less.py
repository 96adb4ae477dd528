"""Where the specification's own rules make a longer session cheaper: no mistake, and no reason to charge otherwise."""

from __future__ import annotations

from tests.unit.pricing.engine.price_cases import cost, element, parked, period, tariff


def test_s23_a_step_is_charged_at_the_last_price_and_that_may_be_a_lower_one() -> None:
    # 1.00 a kWh in the first hour and 0.10 after it, both billed per 1000 Wh
    what = tariff(element(("ENERGY", "1", None, 1000), max_duration=3600), element(("ENERGY", "0.10", None, 1000)))
    # 100 Wh in the first hour: billed as 1000, of which 900 at 1.00 as well: 1.00
    assert cost(what, period(0, 60, "100")) == (100, 100)
    # 100 Wh more after it: 200 are billed as 1000; 100 at 1.00 = 0.10 and 100 + 800 at 0.10 = 0.09: 0.19
    assert cost(what, period(0, 60, "100"), period(60, 61, "100")) == (19, 19)


def test_s23_a_step_is_that_of_the_last_component_and_that_may_be_a_smaller_one() -> None:
    # 0.50 a kWh for the first, billed per 5000 Wh, and the same price after it, billed per 1 Wh
    what = tariff(element(("ENERGY", "0.50", None, 5000), max_kwh=1), element(("ENERGY", "0.50", None, 1)))
    # 10 Wh are billed as 5000: 2.50; 1010 Wh are billed as they are: 0.505
    assert cost(what, period(0, 60, "10")) == (250, 250)
    assert cost(what, period(0, 60, "1010")) == (51, 51)


def test_s23_time_is_not_rounded_once_parking_follows() -> None:
    # charging at 6.00 an hour per half hour, parking at 0.60 an hour per minute
    what = tariff(element(("TIME", "6", None, 1800), ("PARKING_TIME", "0.60", None, 60)))
    # 1 minute of charging is billed as 30: 3.00
    assert cost(what, period(0, 1)) == (300, 300)
    # a minute of parking after it: 1 minute of charging 0.10, 1 of parking 0.01
    assert cost(what, period(0, 1), parked(1, 2)) == (11, 11)


def test_s23_more_energy_in_the_same_time_may_cost_less_where_only_the_first_is_dear() -> None:
    # 1.00 a kWh up to 1 kWh in the first hour, 0.50 after; the dear kWh are the same, and the cheap ones come sooner
    what = tariff(
        element(("ENERGY", "0.50", None, 0), min_kwh=1),
        element(("ENERGY", "9", None, 0), min_duration=3600),
        element(("ENERGY", "1", None, 0)),
    )
    # 0.5 kWh in each of two hours: 0.5 * 1.00 + 0.5 * 9.00 = 5.00
    assert cost(what, period(0, 60, "500"), period(60, 120, "500")) == (500, 500)
    # 1 kWh in the first hour and 0.5 in the second: 1.00 + 0.5 * 0.50 = 1.25
    assert cost(what, period(0, 60, "1000"), period(60, 120, "500")) == (125, 125)


def test_s23_a_lowest_price_before_tax_may_fall_after_tax() -> None:
    # a fee of 1.00 with 20 % and energy at 0.25 without VAT; at least 4.00 before tax
    what = tariff(element(("FLAT", "1", "20"), ("ENERGY", "0.25")), min_price={"before_taxes": 4})
    # only the fee: raised to 4.00, all of it with 20 %: 4.80
    assert cost(what, period(0, 1)) == (400, 480)
    # 4 kWh more: 1.00 and 1.00, raised to 4.00, of which one half with 20 %: 4.40
    assert cost(what, period(0, 60, "4000")) == (400, 440)
