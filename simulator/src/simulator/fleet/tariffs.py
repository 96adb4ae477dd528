"""The tariffs that the simulated chargers show: ordinary ones, one in yen, one in Kuwaiti dinar, and a free one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tapwatt.facts.events import TariffPublished
from tapwatt.money import Money
from tapwatt.tariffs import Dimension, Tariff, TariffRef

# A plastic card may be tapped without its PIN up to 50 euros, so that is what street chargers hold.
_USUAL_HOLD = {"EUR": "50.00", "JPY": "12000", "KWD": "25.000"}


def _tariff(name: str, currency: str, *components: tuple[Dimension, str, str | None, int]) -> Tariff:
    prices: list[dict[str, Any]] = [
        {"type": kind, "price": price, "vat": vat, "step_size": step} for kind, price, vat, step in components
    ]
    return Tariff.model_validate(
        {
            "id": name,
            "currency": currency,
            "type": "AD_HOC_PAYMENT",
            "preauthorize_amount": _USUAL_HOLD[currency],
            "elements": [{"price_components": prices}],
        }
    )


STREET = _tariff("street-ac", "EUR", (Dimension.ENERGY, "0.39", "21.0", 1))
MOTORWAY = _tariff("motorway-dc", "EUR", (Dimension.ENERGY, "0.69", "21.0", 1), (Dimension.FLAT, "0.50", "21.0", 1))
CITY = _tariff("city-ac", "EUR", (Dimension.ENERGY, "0.35", "21.0", 1), (Dimension.PARKING_TIME, "3.00", "21.0", 60))
HOURLY = _tariff("by-the-hour", "EUR", (Dimension.TIME, "4.80", "21.0", 60), (Dimension.ENERGY, "0.25", "21.0", 1))
FREE = _tariff("free-of-charge", "EUR", (Dimension.ENERGY, "0.00", None, 1))
TOKYO = _tariff("tokyo-dc", "JPY", (Dimension.ENERGY, "55", "10.0", 1))
KUWAIT = _tariff("kuwait-dc", "KWD", (Dimension.ENERGY, "0.085", None, 1), (Dimension.FLAT, "0.250", None, 1))

IN_EURO = (STREET, MOTORWAY, CITY, HOURLY)
"""What an ordinary session picks from."""

TIME_ZONES = {"EUR": "Europe/Amsterdam", "JPY": "Asia/Tokyo", "KWD": "Asia/Kuwait"}

ALL = (*IN_EURO, FREE, TOKYO, KUWAIT)
"""What the operator publishes at the beginning of the day."""

IDLE_GRACE_S = {CITY.id: 600}
"""How long a car may stay once it takes nothing, where parking costs something."""

VERSION = "2026-1"
OPERATOR = "op-demo"


def published(tariff: Tariff, at: datetime) -> TariffPublished:
    """The offer of this tariff, from now on."""
    return TariffPublished(operator_id=OPERATOR, tariff_version=VERSION, tariff=tariff, published_at=at)


def named(tariff: Tariff) -> TariffRef:
    """What a request says instead of the whole tariff."""
    return TariffRef(id=tariff.id, version=VERSION)


def usual_hold(tariff: Tariff) -> Money:
    """What the tariff itself asks for, unless an operator has a reason to hold something else."""
    assert tariff.preauthorize_amount is not None
    return Money.of(tariff.preauthorize_amount, tariff.currency)
