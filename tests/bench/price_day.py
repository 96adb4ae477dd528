"""A day at a charger that is hard to price: 96 quarter hours under ten elements with every kind of restriction."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tapwatt.facts.fields import ChargingPeriod
from tapwatt.tariffs import Tariff

BEGINS = datetime.fromisoformat("2026-10-24T12:00:00Z")
"""A Saturday; the night that follows has an hour more in Amsterdam."""
ZONE = "Europe/Amsterdam"


def _element(*priced: tuple[str, str, int], **restrictions: Any) -> dict[str, Any]:
    components = [{"type": kind, "price": amount, "vat": "21", "step_size": step} for kind, amount, step in priced]
    return {"price_components": components, "restrictions": restrictions or None}


def tariff() -> Tariff:
    """Ten elements: by date, day, hour, energy, current, power and duration, for a reservation, and a fallback."""
    elements = [
        _element(("FLAT", "1", 1), start_date="2026-01-01", end_date="2027-01-01"),
        _element(
            ("ENERGY", "0.5", 100), ("TIME", "1", 60), start_time="17:00", end_time="20:00", day_of_week=["SATURDAY"]
        ),
        _element(("ENERGY", "0.2", 100), start_time="23:00", end_time="06:00"),
        _element(("ENERGY", "0.3", 100), min_kwh=20, max_kwh="35.5"),
        _element(("TIME", "2", 60), min_current=24),
        _element(("TIME", "3", 60), min_power=5, max_power="11.2"),
        _element(("PARKING_TIME", "6", 300), min_duration=75_000),
        _element(("PARKING_TIME", "4", 300), start_time="08:00", end_time="10:30", max_duration=80_000),
        _element(("TIME", "5", 60), reservation="RESERVATION"),
        _element(("ENERGY", "0.4", 100), ("TIME", "0.5", 60), ("PARKING_TIME", "1", 60)),
    ]
    return Tariff.model_validate(
        {"id": "T", "currency": "EUR", "elements": elements, "max_price": {"before_taxes": "50"}}
    )


def periods() -> list[ChargingPeriod]:
    """20 hours of charging with a current and power that change, and 4 of parking."""
    return [_quarter(number) for number in range(96)]


def _quarter(number: int) -> ChargingPeriod:
    begins, charging = BEGINS + timedelta(minutes=15 * number), number < 80
    return ChargingPeriod(
        starts_at=begins,
        ends_at=begins + timedelta(minutes=15),
        energy_wh=Decimal("2750.5") - number if charging else Decimal(0),
        activity="charging" if charging else "parked",
        min_current_a=Decimal(16 + number % 13),
        max_current_a=Decimal(20 + number % 13),
        min_power_w=Decimal(10_000),
        max_power_w=Decimal(11_000 + 100 * (number % 7)),
    )
