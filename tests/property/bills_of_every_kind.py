"""Bills by the thousand: mixed rates, prices before and with VAT, fees and limits; each from its number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from pricing.engine.price import Price, price
from tapwatt.facts.fields import ChargingPeriod
from tapwatt.tariffs import Tariff

_BEGINS = datetime.fromisoformat("2026-03-02T08:00:00Z")
_RATES = ("21", "9", "19", "7", "20", "5.5", "10", "25.5", "0", "8.1")


@dataclass(frozen=True, slots=True)
class Billed:
    """A tariff and what one session cost by it."""

    tariff: Tariff
    bill: Price


def bills(many: int) -> Iterator[Billed]:
    """So many bills, always the same ones."""
    for number in range(many):
        chance = Random(number)
        tariff = _tariff(chance)
        yield Billed(tariff, price(tariff, _session(chance), "Europe/Amsterdam"))


def _tariff(chance: Random) -> Tariff:
    rates = chance.sample(_RATES, chance.choice((1, 1, 2, 3)))
    components: list[dict[str, Any]] = [
        {"type": "ENERGY", "price": _amount(chance, "0.79", 4), "vat": rates[0], "step_size": 1},
        {"type": "FLAT", "price": _amount(chance, "1.50", 2), "vat": chance.choice(rates)},
        {"type": "TIME", "price": _amount(chance, "6", 2), "vat": chance.choice(rates), "step_size": 60},
        {"type": "PARKING_TIME", "price": _amount(chance, "6", 2), "vat": chance.choice(rates), "step_size": 60},
    ]
    kept = [components[0], *(one for one in components[1:] if chance.random() < 0.6)]
    limits: dict[str, Any] = {}
    if chance.random() < 0.1:
        limits["max_price"] = {"before_taxes": "8", "after_taxes": chance.choice(("9", "9.68", None))}
    if chance.random() < 0.1:
        limits["min_price"] = {"before_taxes": "1", "after_taxes": chance.choice(("1.21", None))}
    return Tariff.model_validate(
        {
            "id": "T",
            "currency": "EUR",
            "tax_included": chance.choice(("YES", "NO", None)),
            "elements": [{"price_components": kept}],
            **limits,
        }
    )


def _amount(chance: Random, most: str, places: int) -> str:
    return str(round(Decimal(most) * Decimal(chance.randint(1, 10_000)) / 10_000, places))


def _session(chance: Random) -> list[ChargingPeriod]:
    parts = [("charging", Decimal(chance.randint(1, 600_000)) / 10)]
    if chance.random() < 0.5:
        parts.append(("parked", Decimal(0)))
    at, periods = _BEGINS, []
    for activity, energy_wh in parts:
        until = at + timedelta(seconds=chance.randint(60, 7200))
        periods.append(
            ChargingPeriod.model_validate(
                {"starts_at": at, "ends_at": until, "energy_wh": energy_wh, "activity": activity}
            )
        )
        at = until
    return periods
