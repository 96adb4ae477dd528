"""What has gone on so far, and what it costs while the car still charges."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from tests.unit.pricing.engine.price_cases import NINE, cost, element, parked, period, tariff

from pricing.engine.so_far import so_far
from tapwatt.facts.fields import ChargingPeriod

SESSION = (period(0, 60, "6000"), parked(60, 90), period(95, 100, "1000"))


def at(minute: int) -> datetime:
    return NINE + timedelta(minutes=minute)


@pytest.mark.parametrize(
    ("minute", "expected"),
    [
        (-5, [(0, 0, "0")]),
        (0, [(0, 0, "0")]),
        (20, [(0, 20, "2000")]),
        (60, [(0, 60, "6000")]),
        (75, [(0, 60, "6000"), (60, 75, "0")]),
        (93, [(0, 60, "6000"), (60, 90, "0")]),  # nothing is known between two readings
        (96, [(0, 60, "6000"), (60, 90, "0"), (95, 96, "200")]),
        (500, [(0, 60, "6000"), (60, 90, "0"), (95, 100, "1000")]),
    ],
)
def test_s23_the_period_that_is_going_on_is_cut_at_the_instant(
    minute: int, expected: list[tuple[int, int, str]]
) -> None:
    found = so_far(SESSION, at(minute))
    assert [(p.starts_at, p.ends_at, p.energy_wh) for p in found] == [
        (at(begins), at(ends), Decimal(wh)) for begins, ends, wh in expected
    ]
    # and the rest of what was measured in it stays
    assert [p.activity for p in found] == [p.activity for p in SESSION[: len(found)]]


def test_energy_that_no_reading_can_hold_is_rounded_down() -> None:
    # 1 Wh in an hour: after 20 minutes a third of it
    (cut,) = so_far((period(0, 60, "1"),), at(20))
    assert cut.energy_wh == Decimal("0.3333")
    # and it can be said again as it is
    assert ChargingPeriod.model_validate_json(cut.model_dump_json()) == cut


def test_energy_at_one_instant_has_flowed_once_that_instant_has_come() -> None:
    burst = (period(0, 10, "100"), period(10, 10, "500"))
    assert [len(so_far(burst, at(minute))) for minute in (9, 10, 11)] == [1, 2, 2]


def test_the_instant_may_be_told_in_any_time_zone() -> None:
    eastern = at(20).astimezone(timezone(timedelta(hours=-5)))
    assert so_far(SESSION, eastern) == so_far(SESSION, at(20))
    assert so_far(SESSION, eastern)[-1].ends_at.utcoffset() == timedelta(0)


def test_before_it_began_a_session_costs_nothing_and_without_periods_there_are_none() -> None:
    fee = tariff(element(("FLAT", "1")), min_price={"before_taxes": 5})
    assert cost(fee, *so_far(SESSION, at(0))) == (0, 0)
    assert so_far((), at(0)) == ()


def test_the_running_cost_is_the_cost_if_the_car_left_now() -> None:
    # 0.50 a kWh and, once energy has stopped for 10 minutes, 6.00 an hour
    what = tariff(element(("ENERGY", "0.50", None, 0), ("PARKING_TIME", "6", None, 0)))
    running = [cost(what, *so_far(SESSION, at(minute)), idle_grace_s=600)[0] for minute in (0, 20, 60, 70, 80, 90, 98)]
    assert running == [0, 100, 300, 300, 400, 500, 530]
