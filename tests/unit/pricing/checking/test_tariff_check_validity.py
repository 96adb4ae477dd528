"""Whether the tariff is for drivers who pay by card, on that day, and how its times are written."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from tests.unit.pricing.checking.tariff_checks import MONDAY, brief, element, energy, says, written

from pricing.checking.check import check


@pytest.mark.parametrize("kind", ["REGULAR", "PROFILE_FAST", "ad_hoc_payment", "SPECIAL"])
def test_a_type_that_is_not_for_cards_is_a_warning(kind: str) -> None:
    assert brief(written(energy(), type=kind)) == [("warning", "$.type")]


@pytest.mark.parametrize("rest", [{}, {"type": "AD_HOC_PAYMENT"}])
def test_a_type_for_cards_or_none_is_well(rest: dict[str, str]) -> None:
    assert brief(written(energy(), **rest)) == []


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ({"end_date_time": "2026-03-01T23:00:00Z"}, [("warning", "$.end_date_time")]),
        ({"end_date_time": "2026-03-02T10:00:00Z"}, []),
        ({"start_date_time": "2026-03-03T00:00:00Z"}, [("note", "$.start_date_time")]),
        ({"start_date_time": "2026-03-02T10:00:00"}, []),
        (
            {"start_date_time": "2026-05-01T00:00:00Z", "end_date_time": "2026-05-01T00:00:00Z"},
            [("error", "$.end_date_time")],
        ),
    ],
)
def test_a_day_on_which_every_driver_is_refused_is_said(rest: dict[str, str], expected: list[tuple[str, str]]) -> None:
    assert brief(written(energy(), **rest), MONDAY) == expected


def test_another_day_may_be_looked_at() -> None:
    assert brief(written(energy(), end_date_time="2026-03-01T23:00:00Z"), date(2026, 2, 1)) == []


@pytest.mark.parametrize(("time", "severity"), [("09:00:00", "warning"), ("0900", "error"), ("24:00", "error")])
def test_a_time_that_is_not_written_as_ocpi_says_is_found(time: str, severity: str) -> None:
    tariff = written(energy("0.60", start_time=time, end_time="17:00"), energy())
    assert brief(tariff) == [(severity, "$.elements[0].restrictions.start_time")]


def test_a_time_of_day_with_an_offset_is_an_error_like_the_service_says() -> None:
    tariff = written(energy("0.60", start_time="09:00Z"), energy())
    assert says(tariff, "$.elements[0].restrictions.start_time").startswith("error: a time of day has no offset")


@pytest.mark.parametrize(
    ("tariff", "charges"),
    [
        (written(energy("0.4")), "0.40 EUR per kWh; plus 21 % VAT"),
        (
            written(
                energy("0.60", start_time="17:00", end_time="20:00"),
                element(("ENERGY", "0.4555"), ("PARKING_TIME", 6), ("FLAT", "0.5")),
                min_price={"before_taxes": 1, "after_taxes": "1.21"},
                max_price={"before_taxes": 60},
                preauthorize_amount=70,
                tax_included="YES",
            ),
            "0.60 EUR (17:00-20:00) and 0.4555 EUR otherwise per kWh; 6.00 EUR per hour parked without charging; "
            "0.50 EUR a session; at least 1.21 EUR after taxes (1.00 EUR before) a session; at most 60.00 EUR before "
            "taxes a session; 70.00 EUR held on the card; 21 % VAT included",
        ),
        (
            {
                **written(
                    element(("TIME", 300)),
                    element(("FLAT", 500), reservation="RESERVATION", day_of_week=["SUNDAY"]),
                    element(("TIME", 60), reservation="RESERVATION_EXPIRES"),
                ),
                "currency": "JPY",
            },
            "300 JPY per hour of charging; 500 JPY (Sunday) a reservation; 60 JPY per hour of a reservation that "
            "expires; plus 21 % VAT",
        ),
    ],
)
def test_what_is_charged_is_said_in_words(tariff: dict[str, Any], charges: str) -> None:
    assert check("$", tariff, MONDAY).charges == charges


def test_many_prices_are_said_in_part() -> None:
    hours = [energy(hour, start_time=f"{hour:02d}:00", end_time=f"{hour + 1:02d}:00") for hour in range(1, 9)]
    assert "and 5 more per kWh" in check("$", written(*hours, energy("0.3")), MONDAY).charges
