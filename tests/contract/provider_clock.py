"""Clocks for tests: one that jumps over every wait, and one that stands still until it is told to go on."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class JumpingClock:
    """A wait is over at once, and that much later. For one task at a time."""

    def __init__(self) -> None:
        self.passed_s = 0.0

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.passed_s)

    def monotonic(self) -> float:
        return self.passed_s

    async def sleep(self, seconds: float) -> None:
        self.passed_s += max(seconds, 0.0)
        await asyncio.sleep(0)


class StandingClock:
    """Time passes only in `advance`, which wakes in turn whoever waits and lets them finish what they then do."""

    def __init__(self) -> None:
        self.passed_s = 0.0
        self._waiting: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.passed_s)

    def monotonic(self) -> float:
        return self.passed_s

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((self.passed_s + seconds, woken))
        await woken

    async def advance(self, seconds: float) -> None:
        await settle()
        until = self.passed_s + seconds
        while due := sorted((at, n) for n, (at, woken) in enumerate(self._waiting) if at <= until and not woken.done()):
            at, number = due[0]
            self.passed_s = max(self.passed_s, at)
            self._waiting[number][1].set_result(None)
            await settle()
        self.passed_s = until
        self._waiting = [one for one in self._waiting if not one[1].done()]


async def settle() -> None:
    """Everybody does what they can without waiting."""
    for _ in range(50):
        await asyncio.sleep(0)
