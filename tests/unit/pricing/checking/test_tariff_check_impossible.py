"""Restrictions that can never hold, or no longer, and those that restrict nothing."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from tests.unit.pricing.checking.tariff_checks import MONDAY, brief, element, energy, findings, says, written


@pytest.mark.parametrize(
    ("restrictions", "where", "said"),
    [
        ({"start_date": "2026-05-01", "end_date": "2026-05-01"}, "end_date", "not after start_date 2026-05-01"),
        ({"start_date": "2026-05-02", "end_date": "2026-05-01"}, "end_date", "not after start_date 2026-05-02"),
        ({"min_kwh": 10, "max_kwh": 10}, "max_kwh", "max_kwh 10 kWh is not above min_kwh 10"),
        ({"min_kwh": "10.5", "max_kwh": 10}, "max_kwh", "max_kwh 10 kWh is not above min_kwh 10.5"),
        ({"max_kwh": 0}, "max_kwh", "max_kwh 0 kWh is not above 0"),
        ({"min_power": 22, "max_power": 11}, "max_power", "max_power 11 kW is not above min_power 22"),
        ({"min_current": 32, "max_current": 16}, "max_current", "max_current 16 A is not above min_current 32"),
        ({"min_duration": 60, "max_duration": 60}, "max_duration", "max_duration 60 s is not above min_duration 60"),
    ],
)
def test_what_can_never_hold_is_a_warning_at_the_bound(restrictions: dict[str, Any], where: str, said: str) -> None:
    # given an element that no moment is in, and one for all others
    tariff = written(element(("ENERGY", "0.60"), ("TIME", "1"), **restrictions), energy())
    # then that is said once, where it is
    path = f"$.elements[0].restrictions.{where}"
    assert [one for one in brief(tariff) if one[0] == "warning"] == [("warning", path)]
    assert says(tariff, path).startswith("warning: this element can never hold: ")
    assert said in says(tariff, path)


def test_several_such_bounds_are_all_said() -> None:
    tariff = written(energy("0.60", min_kwh=9, max_kwh=3, min_duration=9, max_duration=3), energy())
    assert [path.rpartition(".")[2] for _, path in brief(tariff)] == ["max_kwh", "max_duration"]


@pytest.mark.parametrize(("end", "gone"), [("2026-03-01", True), ("2026-03-02", True), ("2026-03-03", False)])
def test_what_has_ended_by_the_day_it_is_looked_at_holds_no_longer(end: str, gone: bool) -> None:
    # end_date is exclusive: an end on that Monday means that Sunday was the last day
    tariff = written(energy("0.20", end_date=end), energy())
    path = "$.elements[0].restrictions.end_date"
    assert brief(tariff, MONDAY) == ([("warning", path)] if gone else [])
    if gone:
        assert "holds no longer" in says(tariff, path)


def test_it_is_looked_at_on_the_day_that_is_given() -> None:
    tariff = written(energy("0.20", end_date="2026-03-01"), energy())
    assert brief(tariff, date(2026, 2, 28)) == []


@pytest.mark.parametrize(
    ("restrictions", "valid", "where"),
    [
        ({"start_date": "2026-07-02"}, {"end_date_time": "2026-06-30T22:00:00Z"}, "start_date"),
        ({"end_date": "2026-03-31"}, {"start_date_time": "2026-04-01T00:00:00Z"}, "end_date"),
    ],
)
def test_dates_outside_the_tariffs_own_can_never_hold(
    restrictions: dict[str, Any], valid: dict[str, str], where: str
) -> None:
    # given an element that is a day and more away from the tariff, whatever the time zone and the longest session
    tariff = written(energy("0.20", **restrictions), energy(), **valid)
    # then
    path = f"$.elements[0].restrictions.{where}"
    assert says(tariff, path).startswith("warning: this element can never hold")
    # and a day nearer it may
    nearer = {"start_date": "2026-07-01", "end_date": "2026-04-01"}[where]
    assert not [f for f in findings(written(energy("0.20", **{where: nearer}), energy(), **valid)) if "never" in f.says]


@pytest.mark.parametrize(
    ("restrictions", "where", "said"),
    [
        ({"start_time": "09:00", "end_time": "09:00"}, "end_time", "start_time and end_time are the same"),
        ({"day_of_week": []}, "day_of_week", "the list is empty"),
        ({"day_of_week": ["MONDAY", "MONDAY"]}, "day_of_week", "a day stands twice"),
    ],
)
def test_what_restricts_nothing_or_twice_is_a_note(restrictions: dict[str, Any], where: str, said: str) -> None:
    tariff = written(energy("0.20", **restrictions), element(("PARKING_TIME", "6")))
    assert says(tariff, f"$.elements[0].restrictions.{where}").startswith(f"note: {said}")


def test_what_has_to_be_measured_is_a_note() -> None:
    # given elements for power and for current
    tariff = written(
        energy("0.30", max_power=11), energy("0.35", max_current=16), energy("0.40", min_power=50), energy()
    )
    # then it is said what happens where nobody measured
    notes = [f.says for f in findings(tariff) if "ask" in f.says]
    assert notes == [
        "elements[0] and elements[2] ask for the power: where it is not measured, the energy of a charging period over "
        "its time decides",
        "elements[1] asks for the current: a session with a charging period in which it was not measured cannot be "
        "priced",
    ]
