"""Joins charging periods between which nothing changes that a tariff can see: the price stays what it was, exactly."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from pricing.engine.quantities import micros
from tapwatt.facts.fields import ChargingPeriod


def joined(periods: Iterable[ChargingPeriod]) -> tuple[ChargingPeriod, ...]:
    """The same session in as few periods as tell it.

    Two become one where the later begins as the earlier ends, the same goes on in both, with the same readings, and
    energy flows just as fast: it is taken to flow evenly within a period (pricing.engine.stretches), so every bound of
    a tariff is met at the same instant as before.
    """
    found: list[_Run] = []
    for period in periods:
        if not (found and found[-1].goes_on_in(period)):
            found.append(_Run(period))
    return tuple(run.period for run in found)


class _Run:
    """Periods that are one."""

    def __init__(self, first: ChargingPeriod) -> None:
        self.first = first
        self.ends_at = first.ends_at
        self.energy_wh = first.energy_wh
        self._flow = _flow(first)

    def goes_on_in(self, period: ChargingPeriod) -> bool:
        """Take the period in, if it tells nothing new."""
        if period.starts_at != self.ends_at or _state(period) != _state(self.first):
            return False
        if self._flow is None or _flow(period) != self._flow:
            return False
        self.ends_at = period.ends_at
        self.energy_wh += period.energy_wh
        return True

    @property
    def period(self) -> ChargingPeriod:
        """All of it as one."""
        if self.ends_at == self.first.ends_at:
            return self.first
        return self.first.model_copy(update={"ends_at": self.ends_at, "energy_wh": self.energy_wh})


def _state(period: ChargingPeriod) -> tuple[str, Decimal | None, Decimal | None, Decimal | None, Decimal | None]:
    return (
        period.activity,
        period.min_current_a,
        period.max_current_a,
        period.min_power_w,
        period.max_power_w,
    )


def _flow(period: ChargingPeriod) -> Fraction | None:
    """Wh a microsecond; None where energy came in no time."""
    length = micros(period.ends_at - period.starts_at)
    return Fraction(period.energy_wh) / length if length else None
