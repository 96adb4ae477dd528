"""What has gone on so far: the periods of a session up to an instant, whose price is the running cost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from pricing.engine.quantities import A_WH, energy, micros
from tapwatt.facts.fields import ChargingPeriod


def so_far(periods: Sequence[ChargingPeriod], at: datetime) -> tuple[ChargingPeriod, ...]:
    """The periods up to this instant; `price` of them is the running cost, and that at the end is the final cost.

    Energy flows evenly within a period: one that is going on is cut at the instant, its energy in proportion, rounded
    down to the ten-thousandth of a Wh that a reading has. Before anything has begun there is an empty first period,
    which costs nothing. A billing increment or a lowest price shows at once, as if the car left now.
    """
    begun = tuple(_until(period, at) for period in periods if period.starts_at < at or period.ends_at <= at)
    return begun or tuple(_nothing(period) for period in periods[:1])


def _until(period: ChargingPeriod, at: datetime) -> ChargingPeriod:
    if period.ends_at <= at:
        return period
    length, gone = micros(period.ends_at - period.starts_at), micros(at - period.starts_at)
    flowed = energy(period.energy_wh) * gone // length
    return period.model_copy(update={"ends_at": at.astimezone(UTC), "energy_wh": Decimal(flowed) / A_WH})


def _nothing(period: ChargingPeriod) -> ChargingPeriod:
    return period.model_copy(update={"ends_at": period.starts_at, "energy_wh": Decimal(0)})
