"""When to try again what cannot be done now: a minute five times, an hour for a day, a day for a week."""

from __future__ import annotations

from dataclasses import dataclass

from tapwatt.facts.topics import RETRY_TIERS


@dataclass(frozen=True, slots=True)
class Tier:
    """A retry topic's delay: `tries` times after `delay_s` seconds."""

    name: str
    delay_s: float
    tries: int


MINUTE, HOUR, DAY = RETRY_TIERS
SCHEDULE = (Tier(MINUTE, 60, 5), Tier(HOUR, 3600, 24), Tier(DAY, 86400, 7))
"""The settlement schedule that terminal acquirers use (reference: Payter's schedule for settlement calls)."""


def next_try(scheduled_before: int, schedule: tuple[Tier, ...] = SCHEDULE) -> Tier | None:
    """The tier of the next scheduled try after so many, or None when the schedule is over and a human is needed."""
    for tier in schedule:
        if scheduled_before < tier.tries:
            return tier
        scheduled_before -= tier.tries
    return None
