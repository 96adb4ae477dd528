"""Idle time after a grace: it begins when energy stops, and the first minutes of each run of it are free."""

from __future__ import annotations

import pytest
from tests.unit.pricing.engine.price_cases import billed, cost, element, parked, period, tariff

PARKING = tariff(element(("PARKING_TIME", "6", None, 0)))


@pytest.mark.parametrize(
    ("grace_s", "expected"),
    [
        (0, 300),  # 30 min at 6.00 an hour
        (600, 200),  # 10 of them free: 20 min
        (1799, 0),  # one second of them: 6.00 / 3600 = 0.0017
        (1800, 0),
        (86400, 0),
    ],
)
def test_s23_the_first_minutes_after_energy_stopped_are_free(grace_s: int, expected: int) -> None:
    assert cost(PARKING, period(0, 60, "4000"), parked(60, 90), idle_grace_s=grace_s) == (expected, expected)


def test_every_run_has_a_grace_of_its_own_and_periods_in_a_row_are_one_run() -> None:
    # parked 10 + 10 min in a row, then 20 after charging again, 10 min of grace each: 10 + 10 min at 6.00 = 2.00
    session = (period(0, 30, "1"), parked(30, 40), parked(40, 50), period(50, 60, "1"), parked(60, 80))
    assert cost(PARKING, *session, idle_grace_s=600) == (200, 200)


def test_a_charging_period_in_which_nothing_happens_begins_no_new_grace() -> None:
    # parked 20 min with an empty period in the middle, one grace of 10 min: 10 min at 6.00
    session = (period(0, 30, "1"), parked(30, 40), period(40, 40), parked(40, 50))
    assert cost(PARKING, *session, idle_grace_s=600) == (100, 100)


def test_a_gap_between_two_readings_uses_the_grace_up() -> None:
    # the run begins at 30, so that its 10 min of grace end at 40; parked 30-35 and 45-50: 5 min at 6.00
    assert cost(PARKING, period(0, 30, "1"), parked(30, 35), parked(45, 50), idle_grace_s=600) == (50, 50)


def test_a_car_that_is_parked_before_it_charges_has_a_grace_too() -> None:
    # 15 min before charging and 15 after, 10 free of each: 10 min at 6.00
    assert cost(PARKING, parked(0, 15), period(15, 30, "1"), parked(30, 45), idle_grace_s=600) == (100, 100)


def test_energy_that_flows_within_the_grace_is_billed_and_a_fee_is_due() -> None:
    # 0.1 kWh at 0.50 = 0.05, a fee of 1.00, and no parking
    elements = (element(("ENERGY", "0.50", None, 0), ("PARKING_TIME", "6", None, 0), ("FLAT", "1")),)
    assert cost(tariff(*elements), parked(0, 10, "100"), idle_grace_s=600) == (105, 105)


def test_the_clocks_of_the_restrictions_go_on_within_the_grace() -> None:
    # 6.00 an hour until 09:35 and 60.00 after; parked 09:30-09:50 with grace until 09:40: 10 min at 60.00 = 10.00
    elements = (
        element(("PARKING_TIME", "6", None, 0), end_time="09:35"),
        element(("PARKING_TIME", "60", None, 0)),
    )
    assert cost(tariff(*elements), period(0, 30, "1"), parked(30, 50), idle_grace_s=600) == (1000, 1000)
    # and the hour that makes it dearer is one since the session began: parked 50-70, grace until 60, 10 min at 60.00
    later = (
        element(("PARKING_TIME", "60", None, 0), min_duration=3600),
        element(("PARKING_TIME", "6", None, 0)),
    )
    assert cost(tariff(*later), period(0, 50, "1"), parked(50, 70), idle_grace_s=600) == (1000, 1000)


def test_the_step_is_that_of_what_was_charged() -> None:
    # 25 min after 20 of grace: 5 min billed as 15: 0.25 h * 6.00 = 1.50
    elements = (element(("TIME", "3", None, 900), ("PARKING_TIME", "6", None, 900)),)
    # and the 20 minutes of charging are not rounded, for parking follows: 1.00
    assert cost(tariff(*elements), period(0, 20), parked(20, 45), idle_grace_s=1200) == (250, 250)
    # all of it within the grace: nothing follows, and 20 minutes are billed as 30: 1.50
    assert cost(tariff(*elements), period(0, 20), parked(20, 40), idle_grace_s=1200) == (150, 150)


def test_the_line_says_what_the_grace_took_off() -> None:
    bill = billed(PARKING, period(0, 60, "4000"), parked(60, 90), period(90, 95, "1"), parked(95, 99), idle_grace_s=90)
    (line,) = bill.lines
    assert line.why == "element 1 of 1: no restrictions; the first that prices parking; 3 min of grace not charged"
