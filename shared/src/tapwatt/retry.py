"""Tries again what cannot be done now: one loop for whoever needs it, with the clock and chance handed in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from tapwatt.clock import Clock

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often something is tried in place, and how long is waited between tries (seconds).

    A pause is doubled each time up to a limit. With `chance` up to half of it is left out, so that many who failed
    together do not all come back together. `tries` is None where nothing else can be done than trying on.
    """

    tries: int | None = 12
    first_pause_s: float = 0.2
    longest_pause_s: float = 5.0
    chance: Random | None = None

    def pause_s(self, tried: int, asked_s: float = 0.0) -> float:
        """Seconds to wait after so many tries; what the other side asked for is heeded up to the limit."""
        whole = min(self.longest_pause_s, self.first_pause_s * 2.0 ** min(tried - 1, 30))
        mine = whole * (0.5 + self.chance.random() / 2) if self.chance else whole
        return max(mine, min(asked_s, self.longest_pause_s))


async def retrying(
    call: Callable[[], Awaitable[T]],
    *,
    on: tuple[type[Exception], ...],
    policy: RetryPolicy,
    clock: Clock,
    failed: Callable[[Exception, int], None] = lambda error, tried: None,
    in_vain: Callable[[], bool] = lambda: False,
) -> T:
    """What `call` gives, called again while it raises one of `on`. When the tries are used up, the last one is raised.

    `failed` hears of each failure and how many tries there were; `in_vain` says that no other try can help.
    """
    tried = 0
    while True:
        try:
            return await call()
        except on as error:
            tried += 1
            failed(error, tried)
            if in_vain() or (policy.tries is not None and tried >= policy.tries):
                raise
            pause_s = policy.pause_s(tried, getattr(error, "retry_after_s", None) or 0.0)
        await clock.sleep(pause_s)
