"""A session whose periods have tariffs of their own: each part by its tariff, one bill, one VAT for each rate."""

from __future__ import annotations

import pytest
from tests.unit.pricing.engine.price_cases import AMSTERDAM, element, lines, parked, period, tariff, vat

from pricing.engine.price import CannotPrice, Price, price, price_by_several
from tapwatt.facts.fields import ChargingPeriod
from tapwatt.tariffs import Tariff


def billed(*by: tuple[Tariff, list[ChargingPeriod]]) -> Price:
    bill = price_by_several(by, AMSTERDAM)
    assert sum(line.incl_vat.minor for line in bill.lines) == bill.incl_vat.minor
    assert sum(line.excl_vat.minor for line in bill.lines) == bill.taxable.minor
    return bill


def test_each_part_is_priced_by_its_tariff_and_says_which() -> None:
    # 10 kWh * 0.30 = 3.00 by day, 10 kWh * 0.50 = 5.00 at night; 8.00 * 1.21 = 9.68
    day = tariff(element(("ENERGY", "0.30", "21")))
    night = tariff(element(("ENERGY", "0.50", "21"))).model_copy(update={"id": "N"})
    bill = billed((day, [period(0, 60, "10000")]), (night, [period(60, 120, "10000")]))
    assert lines(bill) == [("ENERGY", 300, 363), ("ENERGY", 500, 605)]
    assert vat(bill) == [("21", 800, 168, 968)]
    assert [line.why.split(",")[0] for line in bill.lines] == ["tariff T", "tariff N"]


def test_time_and_energy_count_from_the_start_of_the_session() -> None:
    # 30 kWh by the first; by the second energy costs 1.00 above 25 kWh, and parking after 2 hours 6.00 an hour
    first = tariff(element(("ENERGY", "0.10")))
    second = tariff(element(("ENERGY", "1"), min_kwh=25), element(("PARKING_TIME", "6"), min_duration=7200))
    bill = billed((first, [period(0, 60, "30000")]), (second, [period(60, 90, "5000"), parked(90, 150)]))
    # then all 5 kWh of the second part are above it, and of its hour of parking the last 30 minutes
    assert lines(bill) == [("ENERGY", 300, 300), ("ENERGY", 500, 500), ("PARKING_TIME", 300, 300)]


def test_a_session_has_one_fee() -> None:
    with_fee = tariff(element(("FLAT", "1"), ("ENERGY", "0.10")))
    bill = billed((with_fee, [period(0, 60, "10000")]), (with_fee, [period(60, 120, "10000")]))
    assert [line.dimension for line in bill.lines] == ["FLAT", "ENERGY", "ENERGY"]


def test_limits_are_those_of_each_part() -> None:
    capped = tariff(element(("ENERGY", "1", "10")), max_price={"before_taxes": 4})
    free = tariff(element(("ENERGY", "1", "10")))
    bill = billed((capped, [period(0, 60, "9000")]), (free, [period(60, 120, "9000")]))
    assert (bill.excl_vat.minor, bill.incl_vat.minor) == (1300, 1430)
    assert [line.dimension for line in bill.lines] == ["ENERGY", "ENERGY", "ADJUSTMENT"]


def test_prices_before_and_with_vat_meet_on_one_bill() -> None:
    # 3.00 + 0.63 and 5.00 that has 0.87 in it: 8.63 at 21 % has 1.50 of VAT in it
    before = tariff(element(("ENERGY", "0.30", "21")), tax_included="NO")
    included = tariff(element(("ENERGY", "0.50", "21")), tax_included="YES")
    bill = billed((before, [period(0, 60, "10000")]), (included, [period(60, 120, "10000")]))
    assert vat(bill) == [("21", 713, 150, 863)]


def test_one_tariff_in_two_parts_costs_what_it_costs_in_one() -> None:
    one = tariff(
        element(("FLAT", "0.5", "9"), ("ENERGY", "0.371", "21"), ("TIME", "2", "21")),
        element(("ENERGY", "9"), min_kwh=9),
    )
    parts = [period(0, 17, "3123"), period(17, 60, "8001")]
    whole, split = price(one, parts, AMSTERDAM), billed((one, parts[:1]), (one, parts[1:]))
    assert (split.excl_vat, split.incl_vat, split.vat) == (whole.excl_vat, whole.incl_vat, whole.vat)


def test_two_currencies_have_no_total() -> None:
    with pytest.raises(CannotPrice, match="in several currencies"):
        billed(
            (tariff(element(("ENERGY", "1"))), [period(0, 60, "1000")]),
            (tariff(element(("ENERGY", "1")), currency="SEK"), [period(60, 120, "1000")]),
        )
