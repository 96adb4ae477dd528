"""Ends whatever takes longer than a limit, with one timer for all: thousands may be at work at once."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any


class TimeLimit:
    """Work stands in `with limit:`; whatever is still within after the limit (seconds) ends with TimeoutError.

    It does what asyncio.timeout does, which takes a timer and several objects for each task. Many tasks may be within
    at once, each of them once. Everything is called from one event loop.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._since: dict[asyncio.Task[Any], float] = {}
        self._over: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def longest_s(self) -> float:
        """How long the oldest task is within (seconds), also one that goes on though it was cancelled."""
        return asyncio.get_running_loop().time() - next(iter(self._since.values())) if self._since else 0.0

    def __enter__(self) -> None:
        loop = asyncio.get_running_loop()
        self._since[_current()] = loop.time()
        if self._timer is None:
            self._timer = loop.call_later(self._limit_s, self._end_overdue)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        task = _current()
        del self._since[task]
        if task not in self._over:
            return
        self._over.remove(task)
        wished_by_others = task.uncancel() > 0
        if isinstance(error, asyncio.CancelledError) and not wished_by_others:
            raise TimeoutError(f"it took longer than {self._limit_s:g} s") from None

    def _end_overdue(self) -> None:
        loop = asyncio.get_running_loop()
        for task, since in self._since.items():
            if since + self._limit_s > loop.time():
                self._timer = loop.call_at(since + self._limit_s, self._end_overdue)
                return
            if task not in self._over:
                self._over.add(task)
                task.cancel()
        self._timer = None


def _current() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    assert task is not None
    return task
