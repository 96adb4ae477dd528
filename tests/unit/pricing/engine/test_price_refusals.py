"""What has no honest price is refused with one sentence, never priced at zero."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pricing.engine.price import CannotPrice, price
from tapwatt.facts.fields import ChargingPeriod
from tapwatt.tariffs import Tariff

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
ENERGY = {"price_components": [{"type": "ENERGY", "price": "0.25", "vat": "10"}]}
FAST = {**ENERGY, "restrictions": {"min_power": "50"}}
MUCH = {**ENERGY, "restrictions": {"min_current": "32"}}
FEE = {"price_components": [{"type": "FLAT", "price": "1", "vat": "20"}]}


def tariff(*elements: dict[str, Any], **rest: Any) -> Tariff:
    return Tariff.model_validate({"id": "T", "currency": "EUR", "elements": elements or (ENERGY,), **rest})


def period(from_minute: int, to_minute: int, wh: int = 0, activity: str = "charging") -> ChargingPeriod:
    begins, ends = START + timedelta(minutes=from_minute), START + timedelta(minutes=to_minute)
    return ChargingPeriod.model_validate({"starts_at": begins, "ends_at": ends, "energy_wh": wh, "activity": activity})


@pytest.mark.parametrize(
    ("what", "periods", "says"),
    [
        (tariff(), [], "no charging periods"),
        (tariff(FAST, ENERGY), [period(0, 0, 1000)], "asks for the power and the period from 2026-03-02T08:00:00"),
        (tariff(MUCH, ENERGY), [period(0, 60, 1000)], "asks for the current and the period from 2026-03-02T08:00:00"),
        (tariff(), [period(0, 60), period(30, 90)], r"periods\[1\] begins before the one before it ended"),
        (tariff(), [period(60, 0)], r"periods\[0\] begins before"),
        (tariff(), [period(0, 60, 1, "reserved")], "is a reservation and yet 1 Wh"),
        (tariff(), [period(0, 101 * 24 * 60)], "longer than 100 days"),
        (tariff(), [period(0, 5), period(5, 9, 0, "reserved")], "after the charging session"),
        (tariff(max_price={"before_taxes": 5, "after_taxes": 4}), [period(0, 60)], "lower after taxes"),
        (
            tariff(min_price={"before_taxes": 5}, max_price={"before_taxes": 4}),
            [period(0, 60)],
            "higher than max_price",
        ),
        (
            tariff({**FEE, "restrictions": {"min_kwh": 1}}, ENERGY, min_price={"before_taxes": 5}),
            [period(0, 60)],
            "VAT",
        ),
        (
            tariff(min_price={"before_taxes": 1, "after_taxes": 10}, max_price={"before_taxes": 5, "after_taxes": 6}),
            [period(0, 60, 1000)],
            "min_price 10 is higher than max_price 6 after taxes",
        ),
        # the total is 5.00, and yet no bill can show the line that it was lowered from
        (
            tariff({"price_components": [{"type": "ENERGY", "price": 10**9}]}, max_price={"before_taxes": 5}),
            [period(0, 60, 10**9)],
            "a line of the price is larger than any",
        ),
        (tariff({**ENERGY, "restrictions": {"start_time": "10:00Z"}}), [period(0, 60)], "has an offset"),
        (tariff({"price_components": [{"type": "ENERGY", "price": 10**9}]}), [period(0, 60, 10**9)], "larger than any"),
    ],
)
def test_what_cannot_be_priced_says_why(what: Tariff, periods: list[ChargingPeriod], says: str) -> None:
    with pytest.raises(CannotPrice, match=says):
        price(what, periods, "UTC")


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(CannotPrice, match="not an IANA time zone"):
        price(tariff(), [period(0, 60, 1000)], "Mars/Olympus")


def test_a_parked_car_draws_nothing_and_needs_no_measurement() -> None:
    parked = {"price_components": [{"type": "PARKING_TIME", "price": "6"}], "restrictions": {"max_power": "1"}}
    assert price(tariff(parked), [period(0, 60, 0, "parked")], "UTC").excl_vat.minor == 600
