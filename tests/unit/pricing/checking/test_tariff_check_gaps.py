"""Moments at which something is free that has a price at others, each with an example in words."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.pricing.checking.tariff_checks import WEEKEND, WORKDAYS, brief, element, energy, findings, says, written

DAYTIME = {"start_time": "08:00", "end_time": "20:00"}


@pytest.mark.parametrize(
    ("elements", "when"),
    [
        ([DAYTIME], "20:00-08:00"),
        ([{"day_of_week": WORKDAYS}], "on Saturdays and Sundays"),
        ([{"day_of_week": WORKDAYS}, DAYTIME], "on Saturdays and Sundays 00:00-08:00 and 20:00-00:00"),
        ([{"day_of_week": [*WORKDAYS, "SUNDAY"]}, {"start_time": "08:00"}], "on Saturdays 00:00-08:00"),
        ([{"max_kwh": 20}], "from 20 kWh on"),
        ([{"max_duration": 5400}], "after 1 h 30 min"),
        ([{"max_power": "11.5"}], "from 11.5 kW on"),
        ([{"min_current": 16}], "below 16 A"),
        ([{"max_power": 11}, {"min_power": 22}], "from 11 to 22 kW"),
        ([{"start_date": "2026-04-01"}], "before 2026-04-01"),
        ([{"end_date": "2026-04-01"}], "from 2026-04-01"),
        ([{"end_date": "2026-12-25"}, {"start_date": "2026-12-26"}], "on Friday 2026-12-25"),
        ([{"min_kwh": 5, "max_kwh": 10}, {"min_kwh": 20}], "below 5 kWh and from 10 to 20 kWh"),
        ([{"max_power": 11}, {"min_power": 11}], "while the power crosses 11 kW within a charging period"),
        ([{"max_current": 32}, {"min_current": 32}], "while the current crosses 32 A within a charging period"),
        ([{"max_power": 11, "max_duration": 60}, {"min_power": 11}], "below 11 kW, after 1 min"),
    ],
)
def test_charging_for_nothing_is_a_warning_with_an_example(elements: list[dict[str, Any]], when: str) -> None:
    # given energy that has a price, but not always
    tariff = written(*(energy(**one) for one in elements))
    # then the moments without one are told
    warnings = [f for f in findings(tariff) if f.severity == "warning"]
    assert len(warnings) == 1
    assert set(warnings[0].says.removeprefix("energy is free ").removesuffix("; is that meant?").split(", ")) == set(
        when.split(", ")
    )


def test_a_gap_in_several_parts_names_some_and_says_that_there_are_more() -> None:
    restricted = [{"start_time": f"{hour:02d}:00", "end_time": f"{hour + 1:02d}:00"} for hour in (1, 3, 5)]
    days = [{**one, "day_of_week": [day]} for one, day in zip(restricted, WORKDAYS, strict=False)]
    (warned,) = [f.says for f in findings(written(*(energy(**one) for one in days))) if f.severity == "warning"]
    assert warned.startswith("energy is free on ")
    assert warned.endswith(", and at other moments; is that meant?")


def test_a_price_of_nothing_is_no_gap() -> None:
    # given free nights, said so
    assert brief(written(energy(**DAYTIME), energy(0))) == []


def test_energy_without_a_price_where_time_has_one_is_a_note() -> None:
    # given energy by day and time by night
    tariff = written(energy(**DAYTIME), element(("TIME", "3"), start_time="20:00", end_time="08:00"))
    # then nobody charges for nothing
    said = [f"{f.severity}: {f.says}" for f in findings(tariff)]
    assert said == [
        "note: energy is free 20:00-08:00",
        "note: charging time is free 08:00-20:00",
        "note: no element is without restrictions, so there is no price to fall back on",
    ]


def test_time_that_is_the_only_price_of_charging_leaves_a_gap_that_is_a_warning() -> None:
    tariff = written(element(("TIME", "3"), **DAYTIME))
    said = [f.says for f in findings(tariff) if f.severity == "warning"]
    assert said == ["charging time is free 20:00-08:00; is that meant?"]


def test_the_free_first_half_hour_is_a_note() -> None:
    # given the example of a supermarket (OCPI, mod_tariffs, max_duration)
    tariff = written(energy("0.40", min_duration=3600), energy("0.25", min_duration=1800))
    # then it is said, and not as a mistake
    assert brief(tariff) == [("note", "$.elements"), ("note", "$.elements")]
    assert findings(tariff)[0].says == "energy is free in the first 30 min of every session"


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        (element(("PARKING_TIME", "6"), **DAYTIME), "parking is free 20:00-08:00"),
        (
            element(("FLAT", "6"), day_of_week=WEEKEND),
            "there is no fee for a session that starts on Mondays to Fridays",
        ),
        (element(("TIME", "6"), min_duration=10800), "charging time is free in the first 3 h"),
        (element(("TIME", "6"), reservation="RESERVATION", **DAYTIME), "a reservation costs nothing 20:00-08:00"),
    ],
)
def test_extras_that_do_not_always_have_a_price_are_notes(extra: dict[str, Any], said: str) -> None:
    assert says(written(energy(), extra), "$.elements") == f"note: {said}"


def test_no_price_to_fall_back_on_is_said_where_something_is_free() -> None:
    # given a gap, and then the same tariff without it
    with_gap = written(energy(**DAYTIME))
    without = written(energy(**DAYTIME), energy("0.3", start_time="20:00", end_time="08:00"))
    # then
    fallback = "no element is without restrictions, so there is no price to fall back on"
    assert fallback in [f.says for f in findings(with_gap)]
    assert brief(without) == []


def test_a_gap_before_the_tariff_begins_or_after_it_ends_is_none() -> None:
    tariff = written(
        energy(start_date="2026-03-30", end_date="2026-07-02"),
        start_date_time="2026-04-01T00:00:00Z",
        end_date_time="2026-06-30T00:00:00Z",
    )
    assert [path for severity, path in brief(tariff) if severity == "warning"] == []
