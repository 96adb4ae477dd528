"""The meter of a simulated charger. The car's clock is compressed: half an hour on the meter takes about a second here.

A session's charging begins when it really begins; from there the meter's time runs ahead of the wall clock, so that a
demo bills realistic sessions without anybody waiting for them. Every time in ChargingEnded is the meter's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random

from tapwatt.facts.events import ChargingEnded
from tapwatt.facts.fields import ChargingPeriod
from tapwatt.facts.reasons import EndReason

COMPRESSION = 3600.0
"""Meter seconds that pass in one real second."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a meter has measured in one session; the periods add up to it exactly."""

    periods: tuple[ChargingPeriod, ...]

    @property
    def energy_wh(self) -> Decimal:
        """All energy, in Wh."""
        return sum((period.energy_wh for period in self.periods), Decimal(0))

    def ended(self, operator_id: str, session_id: str, reason: EndReason) -> ChargingEnded:
        """The fact that says so."""
        return ChargingEnded(
            operator_id=operator_id,
            session_id=session_id,
            reason=reason,
            started_at=self.periods[0].starts_at,
            ended_at=self.periods[-1].ends_at,
            energy_wh=self.energy_wh,
            periods=self.periods,
        )


def read_meter(
    started_at: datetime, energy_wh: int, minutes: int, chance: Random, *, parked_minutes: int = 0
) -> Reading:
    """A reading of so much energy over so many minutes, in a few uneven periods; then parked without energy."""
    count = min(chance.randint(2, 5), minutes) if energy_wh else 1
    cuts = sorted(chance.sample(range(1, minutes), count - 1)) if count > 1 else []
    shares = sorted(chance.sample(range(1, energy_wh), count - 1)) if count > 1 else []
    periods = []
    for (begin, end), (low, high) in zip(_pairs(cuts, minutes), _pairs(shares, energy_wh), strict=True):
        periods.append(_period(started_at, begin, end, high - low, "charging"))
    if parked_minutes:
        periods.append(_period(started_at, minutes, minutes + parked_minutes, 0, "parked"))
    return Reading(tuple(periods))


def _pairs(cuts: list[int], end: int) -> list[tuple[int, int]]:
    edges = [0, *cuts, end]
    return list(pairwise(edges))


def _period(start: datetime, begin: int, end: int, energy_wh: int, activity: str) -> ChargingPeriod:
    return ChargingPeriod.model_validate(
        {
            "starts_at": start + timedelta(minutes=begin),
            "ends_at": start + timedelta(minutes=end),
            "energy_wh": Decimal(energy_wh),
            "activity": activity,
        }
    )
