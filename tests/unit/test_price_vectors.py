"""What sessions cost, with the arithmetic beside each (scenario 23)."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tapwatt.events import ChargingPeriod
from tapwatt.money import Rounding
from tapwatt.tariffs import Tariff
from tariff.price import Price, price

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


def cost(
    elements: list[dict[str, Any]], *periods: ChargingPeriod, zone: str = AMSTERDAM, **rest: Any
) -> tuple[int, int]:
    """The totals in minor units, before and after VAT; the lines always add up to them."""
    bill = price(tariff(*elements, **rest), periods, zone)
    _adds_up(bill)
    return bill.excl_vat.minor, bill.incl_vat.minor


def _adds_up(bill: Price) -> None:
    assert sum(line.excl_vat.minor for line in bill.lines) == bill.excl_vat.minor
    assert sum(line.incl_vat.minor for line in bill.lines) == bill.incl_vat.minor


ENERGY = element(("ENERGY", "0.25", "10"))


def test_energy_is_charged_per_kwh() -> None:
    # 20 kWh * 0.25 = 5.00; + 10 % = 5.50
    assert cost([ENERGY], period(NINE, 60, "20000")) == (500, 550)


def test_the_four_dimensions_each_have_their_own_vat() -> None:
    # 0.50 + 20 kWh * 0.25 = 5.00 + 1 h * 1.20 = 1.20 + 0.5 h * 2.00 = 1.00: 7.70
    # 0.60 + 5.50 + 1.32 + 1.20: 8.62
    elements = [
        element(("FLAT", "0.50", "20"), ("ENERGY", "0.25", "10"), ("TIME", "1.20", "10"), ("PARKING_TIME", "2", "20"))
    ]
    parked = period("2026-03-02T09:00:00Z", 30, activity="parked")
    assert cost(elements, period(NINE, 60, "20000"), parked) == (770, 862)


def test_a_dimension_without_a_component_is_free() -> None:
    # only energy has a price: 4 kWh * 0.25 = 1.00; the hour and the parking cost nothing
    assert cost([ENERGY], period(NINE, 60, "4000"), period("2026-03-02T10:00:00Z", 60, activity="parked")) == (100, 110)


@pytest.mark.parametrize(
    ("tax_included", "vat", "expected"),
    [
        ("NO", "21", (1000, 1210)),  # 10 kWh * 1.00 = 10.00 before; * 1.21 after
        (None, "21", (1000, 1210)),
        ("YES", "21", (826, 1000)),  # 10.00 after; / 1.21 = 8.2644... before
        ("N/A", "21", (1000, 1000)),
        ("NO", None, (1000, 1000)),  # no VAT applies
        ("YES", None, (1000, 1000)),
        ("NO", "0", (1000, 1000)),
    ],
)
def test_vat_is_added_or_already_in_the_price(
    tax_included: str | None, vat: str | None, expected: tuple[int, int]
) -> None:
    assert cost([element(("ENERGY", "1", vat))], period(NINE, 60, "10000"), tax_included=tax_included) == expected


def test_energy_is_rounded_up_to_its_step_once_by_the_last_component() -> None:
    # 4.3 kWh at 0.20 before 17:00 and 1.1 kWh at 0.27 after: 5.4 kWh is billed as 5.5, the last 0.1 at 0.27
    # 4.3 * 0.20 = 0.86; 1.2 * 0.27 = 0.324; together 1.184
    elements = [element(("ENERGY", "0.20", None, 500), end_time="17:00"), element(("ENERGY", "0.27", None, 500))]
    periods = (period("2026-03-02T15:00:00Z", 60, "4300"), period("2026-03-02T16:00:00Z", 60, "1100"))
    assert cost(elements, *periods) == (118, 118)


def test_a_step_of_one_rounds_up_to_a_whole_wh_and_of_none_not_at_all() -> None:
    # 115.2 Wh at 10 000 per kWh: 116 Wh is 1160.00; unrounded it is 1152.00
    assert cost([element(("ENERGY", "10000", None, 1))], period(NINE, 60, "115.2")) == (116000, 116000)
    assert cost([element(("ENERGY", "10000", None, 0))], period(NINE, 60, "115.2")) == (115200, 115200)


def test_time_is_rounded_up_once_over_all_its_elements() -> None:
    # 6 minutes at 5.00 and 22 at 7.00 are 28, billed as 30: 0.1 h * 5 = 0.50; 0.4 h * 7 = 2.80
    elements = [element(("TIME", "5", None, 600), end_time="17:00"), element(("TIME", "7", None, 600))]
    assert cost(elements, period("2026-03-02T15:54:00Z", 28)) == (330, 330)


def test_time_is_not_rounded_when_parking_follows() -> None:
    # 21 minutes at 1.00 are billed as 21: 0.35; 16 minutes parked at 2.00 are billed as 20: 0.6667
    elements = [element(("TIME", "1", None, 600), ("PARKING_TIME", "2", None, 600))]
    parked = period("2026-03-02T08:21:00Z", 16, activity="parked")
    assert cost(elements, period(NINE, 21), parked) == (102, 102)


def test_time_is_rounded_when_the_parking_that_follows_is_free() -> None:
    # 21 minutes at 3.00 are billed as 30: 1.50
    parked = period("2026-03-02T08:21:00Z", 16, activity="parked")
    assert cost([element(("TIME", "3", None, 600))], period(NINE, 21), parked) == (150, 150)


@pytest.mark.parametrize(
    ("wh", "limits", "expected"),
    [
        # 0.25 + 10 % a kWh. Below both limits: each stands on its own.
        ("1000", {"min_price": {"excl_vat": "0.50", "incl_vat": "0.55"}}, (50, 55)),
        # 50 kWh: 12.50 and 13.75, above both
        ("50000", {"max_price": {"excl_vat": "10", "incl_vat": "11"}}, (1000, 1100)),
        # only the limit after tax is reached: 13.75 becomes 13.00, and 12.50 is no more than 12.50
        ("50000", {"max_price": {"before_taxes": "12.50", "after_taxes": "13"}}, (1250, 1300)),
        # 7.50 and 8.25 become 5.00 and, in proportion, 5.50, which is less than 6.00
        ("30000", {"min_price": {"excl_vat": 1, "incl_vat": 6}, "max_price": {"before_taxes": 5}}, (500, 600)),
        # 0.25 and 0.275 become 5.80 and, in proportion, 6.38, which is more than 6.00
        ("1000", {"min_price": {"before_taxes": "5.8"}, "max_price": {"excl_vat": 6, "incl_vat": 6}}, (580, 600)),
        # only the limit before tax is reached, by 1 kWh: 0.25 becomes 0.26, and 0.275 is no less than 0.27
        ("1000", {"min_price": {"before_taxes": "0.26", "after_taxes": "0.27"}}, (26, 28)),
        # only a limit before tax: the tax follows, 10 * 1.1
        ("50000", {"max_price": {"before_taxes": "10"}}, (1000, 1100)),
        # nothing used: the tariff's only VAT is that of the lowest price, 2 * 1.1
        ("0", {"min_price": {"before_taxes": "2"}}, (200, 220)),
        # within both: untouched
        ("4000", {"min_price": {"before_taxes": "1"}, "max_price": {"before_taxes": "1"}}, (100, 110)),
    ],
)
def test_the_lowest_and_highest_price_apply_before_and_after_tax(
    wh: str, limits: dict[str, Any], expected: tuple[int, int]
) -> None:
    assert cost([ENERGY], period(NINE, 60, wh), **limits) == expected


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
    ("restrictions", "start", "expected"),
    [
        # Each session is 2 h with 4 kWh, 2 kWh an hour, charged 1.00 a kWh while the restriction holds.
        ({"start_time": "10:00"}, NINE, 200),  # 09-11, from 10: 2 kWh
        ({"end_time": "09:30"}, NINE, 100),  # until 09:30: 1 kWh
        ({"start_time": "23:00", "end_time": "00:30"}, "2026-03-02T21:30:00Z", 300),  # 22:30-00:30, from 23:00: 3 kWh
        ({"start_time": "08:00", "end_time": "08:00"}, NINE, 400),  # equal ends: the whole day
        ({"start_date": "2026-03-03"}, "2026-03-02T22:00:00Z", 200),  # 23:00-01:00, from midnight
        ({"end_date": "2026-03-03"}, "2026-03-02T22:30:00Z", 100),  # 23:30-01:30, until midnight
        ({"day_of_week": ["TUESDAY"]}, "2026-03-02T22:30:00Z", 300),  # from midnight
        ({"min_kwh": "3"}, NINE, 100),  # the last of 4 kWh
        ({"max_kwh": "0.5"}, NINE, 50),  # the first half kWh
        ({"min_duration": 5400}, NINE, 100),  # the last half hour
        ({"max_duration": 1800}, NINE, 100),  # the first half hour
        ({"min_kwh": "1", "max_kwh": "2.5", "min_duration": 3600}, NINE, 50),  # 1 to 2.5 kWh, of which past 1 h: 0.5
        ({"reservation": "RESERVATION"}, NINE, 0),  # never an ordinary period
    ],
)
def test_an_element_holds_only_under_its_restrictions_also_inside_a_period(
    restrictions: dict[str, Any], start: str, expected: int
) -> None:
    assert cost([element(PEAK, **restrictions), REST], period(start, 120, "4000")) == (expected, expected)


@pytest.mark.parametrize(
    ("restrictions", "measured", "expected"),
    [
        ({"max_power": "16"}, {"max_power_w": "15999"}, 400),
        ({"max_power": "16"}, {"max_power_w": "16000"}, 0),  # an upper bound is exclusive
        ({"min_power": "16"}, {"min_power_w": "16000"}, 400),  # a lower bound is inclusive
        ({"min_power": "16", "max_power": "32"}, {"min_power_w": "15000", "max_power_w": "20000"}, 0),  # crosses it
        ({"min_current": "32"}, {"min_current_a": "32", "max_current_a": "48"}, 400),
        ({"max_current": "32"}, {"min_current_a": "6", "max_current_a": "31.9"}, 400),
        ({"max_current": "32"}, {"max_current_a": "0"}, 400),  # measured, and it was nothing
    ],
)
def test_current_and_power_are_those_of_the_period(
    restrictions: dict[str, Any], measured: dict[str, str], expected: int
) -> None:
    assert cost([element(PEAK, **restrictions), REST], period(NINE, 120, "4000", **measured)) == (expected, expected)


def test_the_first_element_that_holds_wins_for_each_dimension_on_its_own() -> None:
    # energy: the first element, 2 kWh * 0.50; time: only the second has it, 1 h * 3.00; its energy price never counts
    elements = [element(("ENERGY", "0.50")), element(("ENERGY", "9"), ("TIME", "3"))]
    assert cost(elements, period(NINE, 60, "2000")) == (400, 400)


def test_the_flat_fee_is_that_of_the_first_moment_and_charged_once() -> None:
    # 1.00 before 10:00; the 2.00 of later never counts
    elements = [element(("FLAT", "1"), end_time="10:00"), element(("FLAT", "2"))]
    assert cost(elements, period(NINE, 30), period("2026-03-02T08:30:00Z", 90)) == (100, 100)


def test_a_reservation_has_its_own_fee_step_and_hours() -> None:
    # reserved 13 minutes at 5.00, billed per 5 minutes as 15: 1.25, and a fee of 2.00; then 0.50 and 20 kWh * 0.25
    # 1.25 + 2.00 + 0.50 + 5.00 = 8.75; (3.25 + 0.50) * 1.2 + 5.00 * 1.1 = 10.00
    elements = [
        element(("TIME", "5", "20", 300), ("FLAT", "2", "20"), reservation="RESERVATION"),
        element(("FLAT", "0.50", "20"), ("ENERGY", "0.25", "10")),
    ]
    reserved = period(NINE, 13, activity="reserved")
    assert cost(elements, reserved, period("2026-03-02T08:13:00Z", 60, "20000")) == (875, 1000)


NIGHT = [element(("TIME", "6", None, 0), start_time="01:00", end_time="03:00"), element(("TIME", "0", None, 0))]


def test_in_spring_the_hour_that_the_clock_skips_costs_nothing() -> None:
    # 29 March 2026, Amsterdam: 00:30 to 04:30 on the clock is 3 h; 01:00 to 03:00 on the clock lasts one hour: 6.00
    assert cost(NIGHT, period("2026-03-28T23:30:00Z", 180)) == (600, 600)


def test_in_autumn_the_hour_that_the_clock_shows_twice_counts_twice() -> None:
    # 25 October 2026, Amsterdam: 00:30 to 04:30 on the clock is 5 h; 01:00 to 03:00 on the clock lasts three: 18.00
    assert cost(NIGHT, period("2026-10-24T22:30:00Z", 300)) == (1800, 1800)


def test_in_autumn_a_window_that_ends_inside_the_doubled_hour_opens_twice() -> None:
    # 01:00 to 02:30: 90 minutes until the first 02:30, and 30 more when the clock shows 02:00 to 02:30 again: 12.00
    elements = [element(("TIME", "6", None, 0), start_time="01:00", end_time="02:30")]
    assert cost(elements, period("2026-10-24T22:30:00Z", 300)) == (1200, 1200)


def test_the_window_is_in_the_time_of_the_charger_not_ours() -> None:
    # 08:00 UTC is 17:00 in Tokyo: from 18:00 there one of two hours costs 600 yen
    elements = [element(("TIME", "600"), start_time="18:00")]
    assert cost(elements, period(NINE, 120), currency="JPY", zone="Asia/Tokyo") == (600, 600)


def test_the_yen_has_no_decimals() -> None:
    # 12.345 kWh * 35 = 432.075; * 1.1 = 475.2825
    assert cost([element(("ENERGY", "35", "10"))], period(NINE, 60, "12345"), currency="JPY", zone="Asia/Tokyo") == (
        432,
        475,
    )


def test_the_dinar_has_three_decimals() -> None:
    # 12.345 kWh * 0.025 = 0.308625; * 1.05 = 0.32405625
    assert cost([element(("ENERGY", "0.025", "5"))], period(NINE, 60, "12345"), currency="KWD", zone="Asia/Kuwait") == (
        309,
        324,
    )


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


def test_the_energy_so_far_is_that_of_the_whole_session() -> None:
    # 2 kWh and then 3: beyond 4 kWh only the last one costs 1.00
    elements = [element(PEAK, min_kwh="4"), REST]
    assert cost(elements, period(NINE, 60, "2000"), period("2026-03-02T09:00:00Z", 60, "3000")) == (100, 100)


def test_where_no_tax_applies_the_limit_before_tax_is_the_limit() -> None:
    # 10 kWh * 1.00 = 10.00, at most 4.00; the 5.00 after taxes has no meaning here
    limit = {"before_taxes": "4", "after_taxes": "5"}
    elements = [element(("ENERGY", "1", "25"))]
    assert cost(elements, period(NINE, 60, "10000"), tax_included="N/A", max_price=limit) == (400, 400)


def test_nothing_that_happened_costs_nothing_in_spite_of_a_fee_and_a_lowest_price() -> None:
    assert cost([element(("FLAT", "1"))], period(NINE, 0), min_price={"before_taxes": "5"}) == (0, 0)


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
