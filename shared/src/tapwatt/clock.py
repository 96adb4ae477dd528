"""Time, handed in, so that the same code runs by the wall clock and under virtual time."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(moment: datetime | timedelta) -> int:
    """Whole milliseconds: of a time since 1970, or of a span."""
    span = moment if isinstance(moment, timedelta) else moment - _EPOCH
    return span // timedelta(milliseconds=1)


DIRECTIONS = ("behind", "ahead")
"""How somebody's clock may be off ours."""


@dataclass(frozen=True, slots=True)
class Skew:
    """How far somebody's clock is behind ours; ahead of it where that is negative."""

    behind: timedelta

    @property
    def direction(self) -> str:
        """In one word."""
        return "behind" if self.behind > timedelta(0) else "ahead"

    def __str__(self) -> str:
        words = "behind" if self.direction == "behind" else "ahead of"
        return f"its clock is {round(abs(self.behind).total_seconds())} s {words} ours"


class Clock(Protocol):
    """What Tapwatt asks of time. Cores never ask: they are told."""

    def now(self) -> datetime:
        """The time of day, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back; only differences mean anything."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait this long."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """The time of day, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait this long."""
        await asyncio.sleep(seconds)
