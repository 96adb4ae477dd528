"""How long a car may stay for nothing once energy has stopped, and until when in each period."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from tapwatt.facts.fields import ChargingPeriod


def free_until(periods: Sequence[ChargingPeriod], idle_grace_s: int) -> list[datetime | None]:
    """For each period, the UTC instant until which its parked time is free; None where there is no grace.

    A run of parked periods with no charging between them has one grace of `idle_grace_s` seconds. It begins with the
    first of them, when the car is first known to take nothing, and a gap in the readings uses it up, too.
    """
    if not idle_grace_s:
        return [None] * len(periods)
    found: list[datetime | None] = []
    until: datetime | None = None
    for period in periods:
        if period.activity == "parked":
            until = until or period.starts_at + timedelta(seconds=idle_grace_s)
        elif period.energy_wh or period.ends_at > period.starts_at:
            until = None
        found.append(until if period.activity == "parked" else None)
    return found
