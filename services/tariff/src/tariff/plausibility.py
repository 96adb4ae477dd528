"""Whether a charger's word can be true: its times against those of the hold, its energy against time and power.

The limits are such that no honest session meets them. What meets one is not billed and not swallowed: it is disputed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from tapwatt.facts.fields import Hold
from tapwatt.facts.reasons import Doubt
from tariff.reading import Fault, Reading, at, plain

A_READING = timedelta(minutes=1)
"""A meter is read so often at most: energy may have flowed so much longer than it says."""
_HOUR = timedelta(hours=1)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """What is believed of a session at one place; power in W."""

    started_before_hold: timedelta
    started_after_hold: timedelta
    ended_ahead_of_us: timedelta
    ended_after_expiry: timedelta
    most_power_w: int


def doubted(reading: Reading, hold: Hold, heard_at: datetime, limits: Limits) -> Fault | None:
    """Why this word of a session under this hold is not believed, heard at this moment (UTC); None if it is."""
    return reading.fault or _times(reading, hold, heard_at, limits) or _energy(reading, limits)


def _times(reading: Reading, hold: Hold, heard_at: datetime, limits: Limits) -> Fault | None:
    started, ended = reading.started_at, reading.ended_at
    meets = (
        (
            hold.authorised_at - started,
            limits.started_before_hold,
            f"it started at {at(started)}, {{length}} before its hold was authorised at {at(hold.authorised_at)}",
        ),
        (
            started - hold.authorised_at,
            limits.started_after_hold,
            f"it started at {at(started)}, {{length}} after its hold was authorised at {at(hold.authorised_at)}",
        ),
        (
            ended - hold.expires_at,
            limits.ended_after_expiry,
            f"it ended at {at(ended)}, {{length}} after its hold ran out at {at(hold.expires_at)}",
        ),
        (
            ended - heard_at,
            limits.ended_ahead_of_us,
            f"it ended at {at(ended)}, {{length}} after we heard of it at {at(heard_at)}",
        ),
    )
    for length, most, why in meets:
        if length > most:
            said = why.format(length=lasting(length))
            return Fault(
                doubt=Doubt.IMPLAUSIBLE_TIME,
                why=f"{said} (at most {lasting(most)} is believed): the charger's clock was off",
            )
    return None


def _energy(reading: Reading, limits: Limits) -> Fault | None:
    time = reading.ended_at - reading.started_at
    hours = Fraction((time + A_READING) // _MICROSECOND, _HOUR // _MICROSECOND)
    if Fraction(reading.energy_wh) <= limits.most_power_w * hours:
        return None
    why = (
        f"it says {plain(reading.energy_wh)} Wh in {lasting(time)}, more than {limits.most_power_w} W can give "
        "in that time"
    )
    return Fault(doubt=Doubt.IMPLAUSIBLE_ENERGY, why=why)


def lasting(length: timedelta) -> str:
    """A length of time in the largest whole unit that tells it, for people."""
    whole = int(length.total_seconds())
    for unit, name in ((86400, "days"), (3600, "h"), (60, "min")):
        if whole >= 2 * unit:
            return f"{whole // unit} {name}"
    return f"{whole} s"
