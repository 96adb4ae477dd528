"""Prices that nobody can be charged because others come first, and elements that overlap in part."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.pricing.checking.tariff_checks import WEEKEND, WORKDAYS, brief, element, energy, findings, says, written


@pytest.mark.parametrize(
    ("before", "covered"),
    [
        ([{}], {"start_time": "17:00", "end_time": "20:00"}),
        ([{"start_time": "20:00", "end_time": "08:00"}], {"start_time": "22:00", "end_time": "06:00"}),
        ([{"start_time": "20:00", "end_time": "08:00"}], {"start_time": "23:00", "end_time": "00:00"}),
        ([{"day_of_week": WORKDAYS}, {"day_of_week": WEEKEND}], {}),
        ([{"max_kwh": 10}, {"min_kwh": 10}], {"min_kwh": 5, "max_kwh": 15}),
        ([{"max_duration": 60}, {"min_duration": 60}], {"day_of_week": ["MONDAY"]}),
        ([{"max_power": 22}], {"max_power": 11}),
        ([{"min_current": 16}], {"min_current": 32}),
        ([{"start_time": "08:00", "end_time": "20:00"}, {"start_time": "20:00", "end_time": "08:00"}], {}),
        ([{"start_date": "2026-04-01"}, {"end_date": "2026-04-01"}], {"start_date": "2026-06-01"}),
        # Only Saturdays and Sundays are left of that week, and they are taken.
        ([{"day_of_week": WEEKEND}], {"start_date": "2026-03-07", "end_date": "2026-03-09"}),
    ],
)
def test_a_price_that_others_always_come_before_is_never_charged(
    before: list[dict[str, Any]], covered: dict[str, Any]
) -> None:
    # given elements that together hold whenever the last one does
    tariff = written(*(energy("0.30", **one) for one in before), energy("0.90", **covered))
    # then that is said at the last price, and of no other
    never = [f for f in findings(tariff) if "never charged" in f.says]
    assert [str(f.severity) for f in never] == ["warning"]
    assert never[0].path == f"$.elements[{len(before)}].price_components[0]"
    assert "elements[0]" in never[0].says


@pytest.mark.parametrize(
    ("before", "seen"),
    [
        ([{"start_time": "17:00", "end_time": "20:00"}], {"start_time": "17:00", "end_time": "20:01"}),
        ([{"day_of_week": WORKDAYS}], {}),
        ([{"max_kwh": 10}, {"min_kwh": 11}], {}),
        # A reading that crosses 11 kW is on neither side of it.
        ([{"max_power": 11}, {"min_power": 11}], {}),
        ([{"max_current": 16}, {"min_current": 16}], {}),
        ([{"max_duration": 60, "max_kwh": 10}], {"max_duration": 60}),
        ([{"start_date": "2026-03-07", "end_date": "2026-03-08"}], {"day_of_week": ["SATURDAY"]}),
    ],
)
def test_a_price_that_is_met_at_one_moment_is_not_called_never_charged(
    before: list[dict[str, Any]], seen: dict[str, Any]
) -> None:
    tariff = written(*(energy("0.30", **one) for one in before), energy("0.90", **seen))
    assert not [f for f in findings(tariff) if "never" in f.says]


def test_an_element_of_which_nothing_is_charged_is_named_once() -> None:
    # given a fallback before an element for the evening
    tariff = written(
        element(("ENERGY", "0.45"), ("TIME", "1")),
        element(("ENERGY", "0.60"), ("TIME", "2"), start_time="17:00", end_time="20:00"),
    )
    # then
    assert brief(tariff) == [("warning", "$.elements[1]")]
    assert says(tariff, "$.elements[1]") == (
        "warning: nothing of elements[1] (17:00-20:00) is ever charged: "
        "elements[0] (no restrictions) always comes first whenever it holds"
    )


def test_each_dimension_is_covered_by_those_that_price_it() -> None:
    # given a first element that prices energy only
    tariff = written(energy(), element(("ENERGY", "0.60"), ("PARKING_TIME", "6")))
    # then the parking of the second is met, its energy is not
    assert brief(tariff) == [("warning", "$.elements[1].price_components[0]")]


def test_a_fee_that_the_start_always_has_leaves_none_for_later() -> None:
    # given a fee for every session that starts, and another one after an hour
    tariff = written(
        element(("FLAT", "1"), ("ENERGY", "0.45"), max_duration=3600), element(("FLAT", "5"), ("ENERGY", "0.60"))
    )
    # then the second fee is never charged, though its element holds by itself after an hour
    assert brief(tariff) == [("warning", "$.elements[1].price_components[0]")]
    assert "once, when the session starts" in says(tariff, "$.elements[1].price_components[0]")


def test_a_fee_that_comes_later_is_charged_if_the_start_may_have_none() -> None:
    tariff = written(energy(), element(("FLAT", "1"), day_of_week=WEEKEND), element(("FLAT", "5"), min_duration=3600))
    assert not [f for f in findings(tariff) if "never" in f.says]


def test_a_parked_car_draws_nothing() -> None:
    tariff = written(energy(), element(("PARKING_TIME", "6"), min_power=1))
    assert "a parked car draws no power" in says(tariff, "$.elements[1].price_components[0]")


def test_no_energy_flows_in_a_reservation() -> None:
    tariff = written(energy(), element(("TIME", "6"), reservation="RESERVATION", min_kwh=1))
    assert "in a reservation no energy flows" in says(tariff, "$.elements[1].price_components[0]")


def test_prices_for_reservations_and_for_charging_do_not_cover_each_other() -> None:
    tariff = written(
        element(("TIME", "3"), ("FLAT", "1"), reservation="RESERVATION_EXPIRES"),
        element(("TIME", "6"), ("FLAT", "2"), reservation="RESERVATION"),
        element(("ENERGY", "0.45"), ("FLAT", "1"), ("TIME", "1")),
    )
    assert brief(tariff) == []


def test_a_second_price_for_the_same_reservation_is_never_charged() -> None:
    tariff = written(
        energy(), element(("TIME", "6"), reservation="RESERVATION"), element(("TIME", "9"), reservation="RESERVATION")
    )
    assert brief(tariff) == [("warning", "$.elements[2].price_components[0]")]


def test_restrictions_that_never_hold_together_are_told_from_a_price_that_is_covered() -> None:
    # given a Sunday in a week of which only the Monday is meant
    tariff = written(
        energy("0.60", day_of_week=["SUNDAY"], start_date="2026-03-09", end_date="2026-03-10"), energy("0.45")
    )
    assert "its restrictions never hold together" in says(tariff, "$.elements[0].price_components[0]")


def test_elements_that_overlap_in_part_are_named_with_when() -> None:
    # given the weekend and the evening, each with its price
    tariff = written(
        energy("0.30", day_of_week=WEEKEND), energy("0.60", start_time="17:00", end_time="20:00"), energy("0.45")
    )
    # then both are named, and when both hold
    assert brief(tariff) == [("note", "$.elements[1]")]
    assert says(tariff, "$.elements[1]") == (
        "note: elements[0] (Saturday, Sunday) and elements[1] (17:00-20:00) overlap with different prices for energy, "
        "for example on Saturdays and Sundays 17:00-20:00: the first of them is charged then"
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        # the same price; one within the other; apart
        (energy("0.60", day_of_week=WEEKEND), energy("0.600", start_time="17:00", end_time="20:00")),
        (energy("0.30", min_duration=3600), energy("0.60", min_duration=1800)),
        (energy("0.30", start_time="08:00", end_time="17:00"), energy("0.60", start_time="17:00", end_time="20:00")),
        (element(("PARKING_TIME", "6"), day_of_week=WEEKEND), energy("0.60", start_time="17:00", end_time="20:00")),
    ],
)
def test_what_does_not_differ_in_part_is_no_overlap(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert not [f for f in findings(written(first, second, energy())) if "overlap" in f.says]


def test_many_overlaps_are_counted_after_the_first_ten() -> None:
    days = [energy(f"0.3{n}", day_of_week=[day]) for n, day in enumerate(WORKDAYS)]
    hours = [energy(f"0.6{n}", start_time=f"0{n}:00", end_time=f"0{n + 1}:00") for n in range(4)]
    said = [f.says for f in findings(written(*days, *hours, energy())) if "overlap" in f.says]
    assert len(said) == 11
    assert said[-1] == "10 more pairs of elements overlap with different prices"
