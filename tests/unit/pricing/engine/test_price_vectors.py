"""What no record shows of a price: its lines, its exact amounts, other roundings, periods of no length (scenario 23).

What sessions cost stands as data in tests/vectors/prices.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pricing.engine.price import Price, price
from tapwatt.facts.fields import ChargingPeriod
from tapwatt.money import Rounding
from tapwatt.tariffs import Tariff

AMSTERDAM = "Europe/Amsterdam"
NINE = "2026-03-02T08:00:00Z"  # a Monday, 09:00 in Amsterdam


def tariff(*elements: dict[str, Any], currency: str = "EUR", **rest: Any) -> Tariff:
    return Tariff.model_validate({"id": "T", "currency": currency, "elements": elements, **rest})


def element(*components: tuple[Any, ...], **restrictions: Any) -> dict[str, Any]:
    """An element of components (type, price, VAT or None, step) that holds under these restrictions."""
    fields = ("type", "price", "vat", "step_size")
    priced = [dict(zip(fields, c, strict=False)) for c in components]
    return {"price_components": priced, "restrictions": restrictions or None}


def period(
    start: str, minutes: int | str, wh: str = "0", activity: str = "charging", **measured: str
) -> ChargingPeriod:
    begins = datetime.fromisoformat(start)
    return ChargingPeriod.model_validate(
        {
            "starts_at": begins,
            "ends_at": begins + timedelta(minutes=float(minutes)),
            "energy_wh": Decimal(wh),
            "activity": activity,
            **measured,
        }
    )


def cost(elements: list[dict[str, Any]], *periods: ChargingPeriod, **rest: Any) -> tuple[int, int]:
    """The totals in minor units, before and after VAT; the lines always add up to them."""
    bill = price(tariff(*elements, **rest), periods, AMSTERDAM)
    _adds_up(bill)
    return bill.excl_vat.minor, bill.incl_vat.minor


def _adds_up(bill: Price) -> None:
    assert sum(line.excl_vat.minor for line in bill.lines) == bill.excl_vat.minor
    assert sum(line.incl_vat.minor for line in bill.lines) == bill.incl_vat.minor


ENERGY = element(("ENERGY", "0.25", "10"))


def test_a_limit_is_a_line_of_its_own() -> None:
    # given 13.75 of energy and a highest price of 11.00
    bill = price(tariff(ENERGY, max_price={"excl_vat": "10", "incl_vat": "11"}), [period(NINE, 60, "50000")], AMSTERDAM)
    # then the bill shows what was used, and what was taken off
    assert [(line.dimension, line.excl_vat.minor, line.incl_vat.minor) for line in bill.lines] == [
        ("ENERGY", 1250, 1375),
        ("ADJUSTMENT", -250, -275),
    ]


PEAK = ("ENERGY", "1")
REST = element(("ENERGY", "0"))


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [(Rounding.HALF_UP, 13), (Rounding.HALF_EVEN, 12), (Rounding.DOWN, 12), (Rounding.UP, 13)],
)
def test_a_tie_is_rounded_as_asked(rounding: Rounding, expected: int) -> None:
    # 0.5 kWh * 0.25 = 0.125
    assert (
        price(tariff(element(("ENERGY", "0.25"))), [period(NINE, 60, "500")], AMSTERDAM, rounding).incl_vat.minor
        == expected
    )


def test_the_whole_is_rounded_once_and_the_lines_share_it() -> None:
    # three times 0.004: each alone is nothing, together 0.012
    elements = [element(("ENERGY", "0.004"), ("FLAT", "0.004"), ("TIME", "0.004"))]
    bill = price(tariff(*elements), [period(NINE, 60, "1000")], AMSTERDAM)
    assert bill.incl_vat.minor == 1
    assert sorted(line.incl_vat.minor for line in bill.lines) == [0, 0, 1]


def test_a_line_never_shows_less_after_vat_than_before() -> None:
    # 0.006 without VAT and 0.005 with 50 %: 0.011 before, 0.0135 after; the one cent of each is on the same line,
    # although the largest remainder after VAT is the other one's
    elements = [element(("FLAT", "0.006"), ("ENERGY", "0.005", "50"))]
    bill = price(tariff(*elements), [period(NINE, 60, "1000")], AMSTERDAM)
    assert [(line.excl_vat.minor, line.incl_vat.minor) for line in bill.lines] == [(1, 1), (0, 0)]


def test_what_no_decimal_can_hold_is_not_taken_for_a_tie() -> None:
    # 20 minutes at 0.38 are 0.12666...: more than half a cent above 0.12, also for the rule that sends ties to even
    elements = [element(("TIME", "0.38"))]
    assert price(tariff(*elements), [period(NINE, 20)], AMSTERDAM, Rounding.HALF_EVEN).incl_vat.minor == 13


def test_nothing_that_happened_costs_nothing_in_spite_of_a_fee_and_a_lowest_price() -> None:
    assert cost([element(("FLAT", "1"))], period(NINE, 0), min_price={"before_taxes": "5"}) == (0, 0)


def test_an_instant_in_which_nothing_happens_is_no_moment_for_a_fee() -> None:
    # 5.00 for those who stay for an hour; a period that begins and ends just then is no stay
    elements = [element(("FLAT", "5"), min_duration=3600)]
    assert cost(elements, period(NINE, 60), period("2026-03-02T09:00:00Z", 0)) == (0, 0)
    assert cost(elements, period(NINE, 60), period("2026-03-02T09:00:00Z", "0.02")) == (500, 500)


def test_energy_at_one_instant_is_priced_by_that_instant() -> None:
    # 2 kWh at once, of which the second is beyond 1 kWh: 1.00
    assert cost([element(PEAK, min_kwh="1"), REST], period(NINE, 0, "2000")) == (100, 100)


def test_a_line_says_what_was_billed_and_when() -> None:
    # given 20.45 kWh billed per 100 Wh
    bill = price(tariff(element(("ENERGY", "0.25", "10", 100))), [period(NINE, 60, "20450")], AMSTERDAM)
    (line,) = bill.lines
    assert (line.quantity, line.unit) == (Decimal("20.5"), "kWh")
    assert (line.unit_price, line.vat_percent) == (Decimal("0.25"), Decimal(10))
    assert line.element == 0
    assert line.why == ("element 1 of 1: no restrictions; the first that prices energy; billed per 100 Wh: 50 Wh added")
    assert (line.starts_at, line.ends_at) == (
        datetime.fromisoformat(NINE),
        datetime.fromisoformat("2026-03-02T09:00:00Z"),
    )


def test_a_fee_that_holds_only_later_is_charged_when_it_first_holds() -> None:
    # 5.00 once the car has been there for an hour, at 10:00; never before, and once although it holds for another hour
    elements = [element(("FLAT", "5"), min_duration=3600)]
    assert cost(elements, period(NINE, 59, "4000")) == (0, 0)
    bill = price(tariff(*elements), [period(NINE, 90, "4000"), period("2026-03-02T09:30:00Z", 30)], AMSTERDAM)
    assert [(line.incl_vat.minor, line.starts_at) for line in bill.lines] == [
        (500, datetime.fromisoformat("2026-03-02T09:00:00Z"))
    ]


def test_power_is_compared_to_its_last_digit() -> None:
    # a millionth of a watt below 16 kW is below it
    elements = [element(PEAK, max_power="16"), REST]
    measured = period(NINE, 120, "4000", max_power_w="15999." + "9" * 6)
    assert cost(elements, measured) == (400, 400)


def test_the_exact_amounts_stand_beside_the_rounded_ones() -> None:
    # 12.345 kWh * 0.333333 = 4.114995885; * 1.21 = 4.97914502085
    bill = price(tariff(element(("ENERGY", "0.333333", "21"))), [period(NINE, 60, "12345")], AMSTERDAM)
    assert (bill.exact_excl_vat, bill.exact_incl_vat) == (Decimal("4.114995885"), Decimal("4.97914502085"))
    assert (bill.excl_vat.minor, bill.incl_vat.minor) == (411, 498)
    # 1.00 / 1.21 does not end: 20 decimals of it
    included = price(tariff(element(("FLAT", "1", "21")), tax_included="YES"), [period(NINE, 60)], AMSTERDAM)
    assert (included.exact_excl_vat, included.exact_incl_vat) == (Decimal("0.82644628099173553719"), Decimal(1))
