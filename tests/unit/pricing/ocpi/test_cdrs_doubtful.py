"""What a record says of its time and power is compared with its periods: rounding is let pass, the rest is doubted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.vectors.load import HERE, price_cases

from pricing.ocpi.cdrs import UnreadableCdr, read_cdrs
from pricing.ocpi.recorded_usage import read_usage

PARKED: dict[str, Any] = {
    "start_date_time": "2026-03-02T08:00:00Z",
    "end_date_time": "2026-03-02T10:00:00Z",
    "charging_periods": [
        {"start_date_time": "2026-03-02T08:00:00Z", "dimensions": [{"type": "ENERGY", "volume": 10}]},
        {"start_date_time": "2026-03-02T09:00:00Z", "dimensions": [{"type": "PARKING_TIME", "volume": 1}]},
    ],
}


def doubted(**changed: Any) -> list[tuple[str, str]]:
    (usage,) = read_usage(json.dumps({**PARKED, **changed}))
    return [(doubt.path, doubt.said) for doubt in usage.doubts]


def test_totals_that_are_the_periods_to_a_hundredth_of_an_hour_are_believed() -> None:
    assert doubted(total_time=2, total_parking_time=1, total_energy=10) == []
    assert doubted(total_time=2.01, total_parking_time=0.99) == []
    assert doubted() == doubted(total_time="unknown") == []


def test_s37_a_wall_clock_that_is_told_as_charging_time_is_doubted() -> None:
    # given a back office that tells the whole stay as TIME, and in the total how long of it the car was parked
    stay = [{"start_date_time": "2026-03-02T08:00:00Z", "dimensions": [{"type": "TIME", "volume": 2}]}]
    [(path, said)] = doubted(charging_periods=stay, total_energy=10, total_time=2, total_parking_time=1)
    # then the price is not "the same" without a word
    assert path == "$.total_parking_time"
    assert said.startswith("says 1 h, and the periods are parked for 0 h: one of them is wrong")


def test_s37_a_total_time_that_the_periods_do_not_last_is_doubted() -> None:
    assert [path for path, _ in doubted(total_time=1)] == ["$.total_time"]
    assert [path for path, _ in doubted(total_time=2.02)] == ["$.total_time"]


def test_s37_more_power_than_any_charger_gives_is_doubted() -> None:
    # 1000 kW give 16.7 kWh in a minute, and 16.7 more in the minute in which a meter may be read late
    short = [
        {"start_date_time": "2026-03-02T09:59:00Z", "dimensions": [{"type": "ENERGY", "volume": 40}]},
    ]
    [(path, said)] = doubted(charging_periods=short, start_date_time="2026-03-02T09:59:00Z")
    assert path == "$.charging_periods"
    assert said.startswith("40000 Wh in 60 s is more than 1000 kW can give")
    short[0]["dimensions"] = [{"type": "ENERGY", "volume": 30}]
    assert doubted(charging_periods=short, start_date_time="2026-03-02T09:59:00Z") == []


def test_a_session_that_goes_on_is_not_compared() -> None:
    assert doubted(end_date_time=None, status="ACTIVE", kwh=10, last_updated="2026-03-02T10:00:00Z", total_time=9) == []


def test_no_vector_is_doubted() -> None:
    for case in price_cases():
        (usage,) = read_usage(json.dumps(case.cdr))
        assert usage.doubts == (), case.id


def test_s37_what_is_doubted_is_not_compared_in_a_replay() -> None:
    record = json.loads((HERE / "cdrs" / "ocpi-2.2.1.json").read_text())
    one = record["data"][0] if "data" in record else record
    one["total_time"] = 99
    with pytest.raises(UnreadableCdr, match="total_time: says 99 h"):
        read_cdrs(json.dumps(record))
