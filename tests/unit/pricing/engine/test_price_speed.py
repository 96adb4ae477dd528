"""A price is worked out while others wait for theirs: a hard day takes milliseconds, with room for a slow machine."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError
from tests.bench import price_day

from pricing.checking.check import check
from pricing.engine.price import price
from pricing.sheet.make import price_sheet
from tapwatt.facts.fields import ChargingPeriod
from tapwatt.tariffs import Tariff

BOUND_S = 0.25
"""Some hundred times what it takes. An engine that cuts or asks without an end is slower by far."""


def test_a_day_of_96_periods_under_ten_elements_is_priced_within_the_bound() -> None:
    tariff, periods = price_day.tariff(), price_day.periods()
    took_s = []
    for _ in range(5):
        begins = time.perf_counter()
        bill = price(tariff, periods, price_day.ZONE, idle_grace_s=900)
        took_s.append(time.perf_counter() - begins)
    # nine of the ten elements are asked and win somewhere; the tenth is for a reservation that there was none of
    assert {line.element for line in bill.lines} == {0, 1, 2, 3, 4, 5, 6, 7, 9, None}
    assert min(took_s) < BOUND_S


QUARTERS = 96
FIRST = date(2026, 3, 2)


def by_the_quarter(elements: int) -> dict[str, Any]:
    """A price for each quarter of an hour, as an exchange gives them the day before: 2,000 are three weeks."""
    return {"id": "T", "currency": "EUR", "elements": [_quarter(number) for number in range(elements)]}


def _quarter(number: int) -> dict[str, Any]:
    day, (start, end) = FIRST + timedelta(days=number // QUARTERS), (number % QUARTERS, number % QUARTERS + 1)
    clock = [f"{quarter // 4 % 24:02d}:{quarter % 4 * 15:02d}" for quarter in (start, end)]
    dates = {"start_date": str(day), "end_date": str(day + timedelta(days=1))}
    return {
        "price_components": [{"type": "ENERGY", "price": f"0.{200 + number % 300}", "vat": 21, "step_size": 1}],
        "restrictions": {**dates, "start_time": clock[0], "end_time": clock[1]},
    }


def test_two_thousand_elements_are_priced_shown_and_checked_in_the_time_of_two_hundred() -> None:
    written = by_the_quarter(2000)
    tariff = Tariff.model_validate(written)
    # given a session over the last day that has prices, at 1 kWh a quarter
    begins = datetime.fromisoformat("2026-03-21T00:00:00+01:00")
    periods = [
        ChargingPeriod(
            starts_at=begins + timedelta(minutes=15 * n),
            ends_at=begins + timedelta(minutes=15 * n + 15),
            energy_wh=Decimal(1000),
        )
        for n in range(QUARTERS)
    ]
    started = time.perf_counter()
    bill = price(tariff, periods, price_day.ZONE)
    priced = time.perf_counter()
    sheet = price_sheet(tariff, begins, price_day.ZONE)
    shown = time.perf_counter()
    checked = check("$", written, FIRST)
    done = time.perf_counter()
    # then each quarter has its own price, the sheet has those of the week, and nothing was too much to compare
    assert [line.element for line in bill.lines] == list(range(19 * QUARTERS, 20 * QUARTERS))
    assert {one.element for one in sheet.per_kwh} == {*range(19 * QUARTERS, 2000), None}
    assert not [finding for finding in checked.findings if "too many" in finding.says]
    assert priced - started < BOUND_S
    assert shown - priced < 4 * BOUND_S
    assert done - shown < 8 * BOUND_S


def test_more_elements_are_refused() -> None:
    with pytest.raises(ValidationError, match="at most 2000"):
        Tariff.model_validate(by_the_quarter(2001))
