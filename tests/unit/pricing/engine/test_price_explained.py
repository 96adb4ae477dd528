"""Each line says in plain words which element it is from and why that one won."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.unit.pricing.engine.price_cases import billed, element, parked, period, reserved, tariff

from pricing.engine.line_words import when
from tapwatt.tariffs import Restrictions

ENDS = ("min", "max")
ONE = {"max_power_w": Decimal(1), "max_current_a": Decimal(1)}


@pytest.mark.parametrize(
    ("restrictions", "says"),
    [
        ({}, ""),
        ({"day_of_week": []}, ""),
        ({"start_time": "17:00", "end_time": "20:00"}, "17:00-20:00"),
        ({"start_time": "17:00"}, "17:00-00:00"),
        ({"end_time": "08:30"}, "00:00-08:30"),
        ({"start_time": "17:00:30", "end_time": "20:00"}, "17:00:30-20:00"),
        ({"start_time": "08:00", "end_time": "08:00"}, "all day"),
        ({"day_of_week": ["FRIDAY", "MONDAY", "WEDNESDAY", "TUESDAY", "THURSDAY"]}, "Monday-Friday"),
        ({"day_of_week": ["SUNDAY", "SATURDAY"]}, "Saturday, Sunday"),
        ({"day_of_week": ["MONDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]}, "Monday, Wednesday-Friday"),
        (
            {"day_of_week": ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]},
            "every day",
        ),
        ({"start_date": "2026-03-01", "end_date": "2026-04-01"}, "from 2026-03-01, before 2026-04-01"),
        ({"min_kwh": "20", "max_kwh": "35.50"}, "20-35.5 kWh"),
        ({"min_kwh": Decimal("1E+2")}, "from 100 kWh"),
        ({"max_kwh": "0.5"}, "below 0.5 kWh"),
        ({"min_duration": 5400, "max_duration": 7230}, "after 1 h 30 min, in the first 2 h 30 s"),
        ({"min_duration": 0}, "after 0 s"),
        ({"min_current": "16", "max_current": "32"}, "16-32 A"),
        ({"max_power": "16"}, "below 16 kW"),
        ({"reservation": "RESERVATION"}, "a reservation"),
        ({"reservation": "RESERVATION_EXPIRES", "max_duration": 60}, "a reservation that expired, in the first 1 min"),
    ],
)
def test_restrictions_are_said_in_plain_words(restrictions: dict[str, Any], says: str) -> None:
    assert when(Restrictions.model_validate(restrictions)) == says


def test_s23_a_line_says_which_element_won_and_why() -> None:
    # given energy dearer from 17:00 on working days, and a parking price that only the last element has
    elements = (
        element(("TIME", "0.10"), max_power="0"),
        element(
            ("ENERGY", "0.50"), start_time="09:30", end_time="20:00", day_of_week=["MONDAY", "TUESDAY", "WEDNESDAY"]
        ),
        element(("ENERGY", "0.30", None, 500), ("PARKING_TIME", "6", None, 0)),
        element(("FLAT", "1")),
    )
    measured = period(0, 60, "4000").model_copy(update={"max_power_w": Decimal(11000)})
    bill = billed(tariff(*elements), measured, parked(60, 90))
    # then each line says it
    assert {line.dimension: line.why for line in bill.lines if line.element != 1} == {
        "FLAT": "element 4 of 4: no restrictions; the first with a fee",
        "ENERGY": "element 3 of 4: no restrictions; the fallback that prices energy",
        "PARKING_TIME": "element 3 of 4: no restrictions; the first that prices parking",
    }
    (dear,) = (line.why for line in bill.lines if line.element == 1)
    assert dear == "element 2 of 4: 09:30-20:00, Monday-Wednesday; the first that prices energy then"


def test_a_line_says_what_its_step_added() -> None:
    # 4.4 kWh per 500 Wh are 4.5; 20 minutes per 15 are 30
    bill = billed(tariff(element(("ENERGY", "1", None, 500), ("TIME", "1", None, 900))), period(0, 20, "4400"))
    assert [line.why.split("; ")[-1] for line in bill.lines] == [
        "billed per 500 Wh: 100 Wh added",
        "billed per 900 s: 600 s added",
    ]


def test_a_line_says_that_a_reservation_expired() -> None:
    expired = tariff(
        element(("TIME", "2"), reservation="RESERVATION"), element(("FLAT", "4"), reservation="RESERVATION_EXPIRES")
    )
    bill = billed(expired, reserved(0, 60), reservation_expired=True)
    assert [line.why for line in bill.lines] == [
        "element 2 of 2: a reservation that expired; the first with a fee for it",
        "element 1 of 2: a reservation; the first that prices time then",
    ]


def test_what_is_said_is_never_longer_than_a_text_may_be() -> None:
    # given every restriction there is, with as many digits as one may have, and a step
    low, high = "0.000001", "999999999.111111"
    ranges = {f"{end}_{what}": low if end == "min" else high for what in ("kwh", "current", "power") for end in ENDS}
    long = element(
        ("ENERGY", "1", None, 999_999_999),
        **ranges,
        start_time="00:00:00.000001",
        end_time="23:59:59.999999",
        start_date="2026-01-01",
        end_date="2027-01-01",
        min_duration=0,
        max_duration=999_999_999,
        day_of_week=["MONDAY", "WEDNESDAY", "FRIDAY", "SUNDAY"],
    )
    bill = billed(tariff(long), period(0, 60, "1.5").model_copy(update=ONE))
    # then all of it is said, in no more than a text may have
    (line,) = bill.lines
    assert len(line.why) <= 500
    assert line.why.startswith("element 1 of 1: 00:00:00.000001-23:59:59.999999, Monday, Wednesday, Friday, Sunday, ")
    assert line.why.endswith("; the first that prices energy then; billed per 999999999 Wh: 999999997.501 Wh added")


def test_a_line_has_its_reasons_for_whoever_says_them_in_another_language() -> None:
    # given 11 kWh in steps of 2 kWh while it is evening, and 45 minutes parked of which 10 are free, lowered to 5.00
    evening = element(("ENERGY", "1", "20", 2000), start_time="08:00", end_time="22:00")
    what = tariff(evening, element(("PARKING_TIME", "6", "20")), max_price={"before_taxes": 5})
    energy, parking, cap = billed(what, period(0, 60, "11000"), parked(60, 105), idle_grace_s=600).lines
    # then the terms say it without a sentence
    assert energy.terms is not None
    assert energy.terms.holds is not None
    assert energy.terms.holds.model_dump(exclude_none=True, mode="json") == {
        "start_time": "08:00:00",
        "end_time": "22:00:00",
    }
    assert (energy.terms.prices_include_vat, energy.terms.step_size, energy.terms.added) == (False, 2000, 1000)
    assert parking.terms is not None
    assert (parking.terms.holds, parking.terms.grace_s, parking.terms.added) == (None, 600, None)
    assert cap.terms is not None
    assert (cap.terms.limit, cap.terms.prices_include_vat) == ("highest", None)
