"""Ends whatever takes longer than a limit, with one timer for all: thousands may be at work at once."""

from __future__ import annotations

import asyncio
from typing import Any


class TimeLimit:
    """Tasks `enter` and `leave`; whoever is still within after the limit (seconds) is cancelled.

    It does what asyncio.timeout does, which takes a timer and several objects for each task. Everything is called from
    one event loop.
    """

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        self._since: dict[asyncio.Task[Any], float] = {}
        self._over: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def longest_s(self) -> float:
        """How long the oldest task is within (seconds), also one that goes on though it was cancelled."""
        return asyncio.get_running_loop().time() - next(iter(self._since.values())) if self._since else 0.0

    def enter(self) -> asyncio.Task[Any]:
        """The time of the task that calls begins."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        self._since[task] = loop.time()
        if self._timer is None:
            self._timer = loop.call_later(self.limit_s, self._end_overdue)
        return task

    def is_over(self, task: asyncio.Task[Any]) -> bool:
        """Whether a CancelledError that the task has just met is the end of its time, and nobody else's wish."""
        return task in self._over and task.cancelling() == 1

    def leave(self, task: asyncio.Task[Any]) -> None:
        """The task has come to its end, however."""
        del self._since[task]
        if task in self._over:
            self._over.remove(task)
            task.uncancel()

    def _end_overdue(self) -> None:
        loop = asyncio.get_running_loop()
        for task, since in self._since.items():
            if since + self.limit_s > loop.time():
                self._timer = loop.call_at(since + self.limit_s, self._end_overdue)
                return
            if task not in self._over:
                self._over.add(task)
                task.cancel()
        self._timer = None
