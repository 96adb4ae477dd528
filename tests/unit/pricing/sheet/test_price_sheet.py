"""What a driver is shown before charging: every price with VAT, what holds now, and nothing that can never win."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any

import pytest
from tests.unit.pricing.engine.price_cases import AMSTERDAM, element, tariff

from pricing.engine.cannot_price import CannotPrice
from pricing.sheet.amounts import shown
from pricing.sheet.document import sheet_document
from pricing.sheet.make import PriceSheet, ShownPrice, price_sheet
from tapwatt.money import Rounding
from tapwatt.tariffs import Tariff

FRIDAY = datetime.fromisoformat("2026-03-06T15:30:00Z")
"""A Friday, 16:30 in Amsterdam."""


def sheet(what: Tariff, at: datetime = FRIDAY, **said: Any) -> PriceSheet:
    return price_sheet(what, at, AMSTERDAM, **said)


def elements(prices: tuple[ShownPrice, ...]) -> list[int | None]:
    return [price.element for price in prices]


@pytest.mark.parametrize(
    ("tax_included", "vat", "expected"),
    [
        # 0.40 before VAT of 21 %: 0.40 x 1.21 = 0.484
        (None, 21, Fraction("0.484")),
        ("NO", 21, Fraction("0.484")),
        # included already, or no tax on the whole tariff, or none on this component: as it stands
        ("YES", 21, Fraction("0.4")),
        ("N/A", 21, Fraction("0.4")),
        ("NO", None, Fraction("0.4")),
        ("NO", 0, Fraction("0.4")),
    ],
)
def test_a_price_is_shown_with_its_vat(tax_included: str | None, vat: int | None, expected: Fraction) -> None:
    found = sheet(tariff(element(("ENERGY", "0.40", vat)), tax_included=tax_included))
    assert [price.amount for price in found.per_kwh] == [expected]


def test_hours_are_shown_by_the_minute() -> None:
    # 6.00 an hour, with VAT 7.26: 0.121 a minute; 4.00 an hour parked, with VAT 4.84: 0.080666... a minute
    found = sheet(tariff(element(("TIME", 6, 21), ("PARKING_TIME", 4, 21))), idle_grace_s=600)
    assert found.per_minute[0].amount == Fraction("0.121")
    assert found.per_idle_minute[0].amount == Fraction(484, 6000)
    assert found.idle_grace_s == 600


@pytest.mark.parametrize(
    ("exact", "currency", "expected", "is_exact"),
    [
        (Fraction("0.3999"), "EUR", "0.3999", True),
        (Fraction("0.4"), "EUR", "0.40", True),
        (Fraction("0.483879"), "EUR", "0.483879", True),
        (Fraction(7), "JPY", "7", True),
        (Fraction("7.5"), "JPY", "7.5", True),
        (Fraction("0.05"), "KWD", "0.050", True),
        # 2 / 60 = 0.0333...; 100 / 60 = 1.666...; two decimals more than the currency has
        (Fraction(2, 60), "EUR", "0.0333", False),
        (Fraction(100, 60), "JPY", "1.67", False),
        # 0.01 / 60 = 0.0001666...: four decimals would have one digit only
        (Fraction(1, 6000), "EUR", "0.00017", False),
        (Fraction("0.12345675"), "EUR", "0.1235", False),
    ],
)
def test_a_price_has_the_decimals_it_needs_or_says_that_it_is_about(
    exact: Fraction, currency: str, expected: str, is_exact: bool
) -> None:
    found = shown(exact, currency)
    assert (f"{found.amount:f}", found.exact) == (expected, is_exact)


def test_what_can_never_win_is_not_shown() -> None:
    # given a fallback in the middle, a price above a limit that another covers, and dates that are over or far away
    what = tariff(
        element(("ENERGY", 1), end_date="2026-03-06"),
        element(("ENERGY", 2), start_date="2026-04-01"),
        element(("ENERGY", 3), max_kwh=20),
        element(("ENERGY", 4), max_kwh=10, start_time="17:00", end_time="20:00"),
        element(("ENERGY", 5), min_kwh=20),
        element(("ENERGY", 6)),
        element(("ENERGY", 7), day_of_week=["MONDAY"]),
    )
    # then only what a session of this week can meet is there
    assert elements(sheet(what).per_kwh) == [2, 4]


def test_what_only_together_leaves_nothing_to_others_hides_them_too() -> None:
    # given a day and a night, and a weekend that both of them cover
    what = tariff(
        element(("ENERGY", 1), start_time="07:00", end_time="19:00"),
        element(("ENERGY", 2), start_time="19:00", end_time="07:00"),
        element(("ENERGY", 3), day_of_week=["SATURDAY", "SUNDAY"]),
    )
    assert elements(sheet(what).per_kwh) == [0, 1]


def test_a_parked_car_takes_no_power_so_a_price_for_power_is_no_price_for_parking() -> None:
    what = tariff(element(("PARKING_TIME", 9), ("ENERGY", 1), min_power=1), element(("PARKING_TIME", 6)))
    assert elements(sheet(what).per_idle_minute) == [1]
    assert elements(sheet(what).per_kwh) == [0, None]


def test_a_reading_that_crosses_a_bound_may_find_a_price_but_free_is_not_promised_for_it() -> None:
    below, above = element(("ENERGY", 1), max_power=50), element(("ENERGY", 2), min_power=50)
    assert elements(sheet(tariff(below, above)).per_kwh) == [0, 1]
    assert elements(sheet(tariff(below, above, element(("ENERGY", 3)))).per_kwh) == [0, 1, 2]


def test_a_fee_is_charged_once_so_one_that_starts_every_session_hides_those_for_later() -> None:
    what = tariff(
        element(("FLAT", 2), min_duration=3600),
        element(("FLAT", 1), max_kwh=10),
        element(("FLAT", 3), min_kwh=10),
    )
    [fee] = sheet(what).per_session
    # and what always holds at a start is not said: it is simply the fee
    assert (fee.element, fee.amount, fee.when.max_kwh, fee.holds) == (1, 1, None, "now")


def test_a_fee_that_holds_only_later_is_shown_and_so_is_that_it_may_never_come() -> None:
    what = tariff(element(("FLAT", 2), min_duration=3600))
    fee, nothing = sheet(what).per_session
    assert (fee.element, fee.when.min_duration, fee.holds) == (0, 3600, "later")
    assert (nothing.element, nothing.amount, nothing.holds) == (None, 0, "now")


def test_what_holds_now_is_marked_and_until_when() -> None:
    # given an evening price from Monday to Friday
    week = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]
    what = tariff(
        element(("ENERGY", 2), start_time="17:00", end_time="20:00", day_of_week=week), element(("ENERGY", 1))
    )
    # when it is Friday 16:30, then the other price holds for half an hour
    evening, other = sheet(what).per_kwh
    assert (evening.holds, other.holds) == ("later", "now")
    assert other.until == datetime.fromisoformat("2026-03-06T16:00:00Z")
    # and on Friday 20:00, until Monday 17:00
    evening, other = sheet(what, datetime.fromisoformat("2026-03-06T19:00:00Z")).per_kwh
    assert other.until == datetime.fromisoformat("2026-03-09T16:00:00Z")


def test_the_night_of_the_clock_change_is_an_hour_shorter() -> None:
    # given a night price until 06:00, on the evening before clocks go forward at 02:00
    what = tariff(element(("ENERGY", 1), start_time="22:00", end_time="06:00"), element(("ENERGY", 2)))
    at = datetime.fromisoformat("2026-03-28T22:00:00Z")
    # then it is 23:00, and 06:00 is six hours away
    assert sheet(what, at).per_kwh[0].until == datetime.fromisoformat("2026-03-29T04:00:00Z")


def test_what_depends_on_the_car_is_not_said_to_hold_now() -> None:
    fast, slow = sheet(tariff(element(("ENERGY", 2), min_power=50), element(("ENERGY", 1)))).per_kwh
    assert (fast.holds, slow.holds) == ("depends", "depends")
    assert slow.otherwise


def test_what_gives_way_to_another_says_otherwise_and_what_cannot_meet_it_does_not() -> None:
    what = tariff(
        element(("ENERGY", 1), max_kwh=10),
        element(("ENERGY", 2), min_kwh=10, max_kwh=20),
        element(("ENERGY", 3), start_time="17:00", end_time="20:00"),
        element(("ENERGY", 4)),
    )
    assert [price.otherwise for price in sheet(what).per_kwh] == [False, False, True, True]


def test_reservations_are_apart_and_an_expired_one_asks_what_is_for_it_first() -> None:
    what = tariff(
        element(("ENERGY", 1)),
        element(("TIME", 3), ("FLAT", 1), reservation="RESERVATION"),
        element(("FLAT", 4), reservation="RESERVATION_EXPIRES"),
    )
    found = sheet(what)
    assert (elements(found.per_minute), elements(found.per_session)) == ([], [])
    assert (elements(found.reservation.per_minute), elements(found.reservation.per_session)) == ([1], [1])
    expired = found.reservation_expired
    assert (elements(expired.per_minute), elements(expired.per_session)) == ([1], [2])


@pytest.mark.parametrize(
    ("limit", "tax_included", "expected"),
    [
        # 1.00 before, 1.21 after VAT, as given
        ({"excl_vat": "1.00", "incl_vat": "1.21"}, "NO", ("1.21", "1.21")),
        # after VAT is not given: 1.00 x 1.055 = 1.055, 1.06 as the bill rounds it; 1.00 x 1.21 = 1.21
        ({"before_taxes": "1.00"}, "NO", ("1.06", "1.21")),
        ({"before_taxes": "1.00"}, "N/A", ("1.00", "1.00")),
        # no tax applies, so only the first is asked
        ({"before_taxes": "1.00", "after_taxes": "1.21"}, "N/A", ("1.00", "1.00")),
    ],
)
def test_limits_are_shown_with_the_vat_that_may_be_on_them(
    limit: dict[str, str], tax_included: str, expected: tuple[str, str]
) -> None:
    # given two rates of VAT, and a third on something that costs nothing
    what = tariff(
        element(("ENERGY", "0.5", "5.5"), ("TIME", 6, 21), ("FLAT", 0)), min_price=limit, tax_included=tax_included
    )
    found = sheet(what).min_price
    assert found is not None
    assert (str(found.lowest.major), str(found.highest.major)) == expected


def test_limits_are_rounded_as_the_bill_is() -> None:
    what = tariff(element(("ENERGY", "0.5", "5.5")), max_price={"before_taxes": "1.00"})
    found = sheet(what, rounding=Rounding.DOWN).max_price
    assert found is not None
    assert str(found.lowest) == "1.05 EUR"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"end_date_time": "2026-03-06T15:30:00Z"}, "'T' is not valid at 2026-03-06T15:30:00"),
        ({"preauthorize_amount": "1.001"}, "more decimals than EUR has"),
        ({"min_price": {"excl_vat": 2}, "max_price": {"excl_vat": 1}}, "min_price 2 is higher than max_price 1"),
    ],
)
def test_a_tariff_nobody_could_be_billed_by_has_no_sheet(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CannotPrice, match=sentence):
        sheet(tariff(element(("ENERGY", 1)), **change))


def test_a_clock_at_the_end_of_the_calendar_and_a_zone_that_is_none_are_refused() -> None:
    what = tariff(element(("ENERGY", 1), start_time="07:00"))
    with pytest.raises(CannotPrice, match="last year of the calendar"):
        sheet(what, datetime.fromisoformat("9999-12-31T23:00:00Z"))
    with pytest.raises(CannotPrice, match="not an IANA time zone"):
        price_sheet(what, FRIDAY, "Mars/Base")


def test_more_elements_than_can_be_asked_are_all_shown_up_to_the_fallback() -> None:
    # given more combinations of bounds than anyone should wait for
    many = [
        element(
            ("ENERGY", n + 1),
            min_kwh=n,
            max_kwh=n + 50,
            min_power=n + 1,
            max_power=n + 60,
            min_current=n + 1,
            max_current=n + 40,
            min_duration=n * 60,
        )
        for n in range(120)
    ]
    shown_ = sheet(tariff(*many, element(("ENERGY", 1)))).per_kwh
    # then none is hidden, and no charging is said to be free
    assert elements(shown_) == list(range(121))


def test_the_document_says_all_of_it_in_the_order_of_the_law() -> None:
    what = tariff(
        element(("FLAT", "0.50", 21), ("PARKING_TIME", 6, 21, 300), ("TIME", 2, 21), ("ENERGY", "0.39", 21, 500)),
        max_price={"excl_vat": 50, "incl_vat": "60.5"},
        preauthorize_amount=60,
        tariff_alt_text=[{"language": "nl", "text": "Alleen laden."}],
    )
    always = {"when": {}, "otherwise": False, "holds": "now", "until": None, "element": 0}
    empty: dict[str, list[Any]] = {"per_minute": [], "per_session": []}
    found = sheet_document(sheet(what, idle_grace_s=900))
    assert found == {
        "tariff_id": "T",
        "currency": "EUR",
        "at": "2026-03-06T15:30:00Z",
        "until": "2026-03-13T15:30:00Z",
        "time_zone": "Europe/Amsterdam",
        "vat": {"included": True, "unknown": False, "percent": ["21"]},
        # 0.39 x 1.21; 2 x 1.21 / 60 = 0.040333...; 6 x 1.21 / 60; 0.50 x 1.21
        "per_kwh": [{"price": "0.4719", "exact": True, "step_size": 500, **always}],
        "per_minute": [{"price": "0.0403", "exact": False, "step_size": 1, **always}],
        "per_idle_minute": [{"price": "0.121", "exact": True, "step_size": 300, **always}],
        "idle_grace_s": 900,
        "per_session": [{"price": "0.605", "exact": True, "step_size": 1, **always}],
        "other": {
            "min_price": None,
            "max_price": {"lowest": "60.50", "highest": "60.50"},
            "reservation": empty,
            "reservation_expired": empty,
            "hold": "60.00",
        },
        "texts": [{"language": "nl", "text": "Alleen laden."}],
    }
    assert list(found) == [
        *("tariff_id", "currency", "at", "until", "time_zone", "vat"),
        *("per_kwh", "per_minute", "per_idle_minute", "idle_grace_s", "per_session", "other", "texts"),
    ]
