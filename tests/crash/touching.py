"""What processes of the ring touch, with a window on each side of what is written, as the real stores have it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.crash.processes import touch

from tapwatt import crash_windows as crash
from tapwatt.errors import Unavailable
from tapwatt.state.view import Generation

WRITES = {
    "remember": "session-remember",
    "set": "deadline-set",
    "clear": "deadline-clear",
    "take": "deadline-take",
    "open": "index-open",
    "close": "index-close",
    "claim": "index-claim",
    "answer": "index-answer",
    "tap": "index-tap",
    "begin": "view-begin",
    "renew": "view-renew",
    "mark_whole": "view-switch",
    "abandon": "view-abandon",
}
"""Which script each method of the stores in memory stands for."""


class Touching:
    """Something outside, for the processes of the ring: the dead do not reach it, the frozen reach it later."""

    def __init__(self, part: Any, *, store: bool, away: Callable[[], bool] = lambda: False) -> None:
        self._part = part
        self._store = store
        self._away = away

    def into(self, generation: Generation) -> Touching:
        return Touching(self._part.into(generation), store=True)

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._part, name)
        window = WRITES.get(name) if self._store else None

        async def touching(*args: Any, **more: Any) -> Any:
            if window and crash.armed:
                await crash.armed(f"before-{window}")
            await touch()
            if self._away():
                raise Unavailable("Redis is not there")
            told = await call(*args, **more)
            await touch()
            if window and crash.armed:
                await crash.armed(f"after-{window}")
            return told

        return touching
