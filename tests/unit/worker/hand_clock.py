"""A clock that only a test moves."""

from __future__ import annotations

from datetime import datetime, timedelta


class HandClock:
    """Time stands still until `passes`; a sleep lets its time pass at once."""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._passed_s = 0.0

    def now(self) -> datetime:
        return self._at + timedelta(seconds=self._passed_s)

    def monotonic(self) -> float:
        return 1000.0 + self._passed_s

    async def sleep(self, seconds: float) -> None:
        self.passes(seconds)

    def passes(self, seconds: float) -> None:
        self._passed_s += seconds
