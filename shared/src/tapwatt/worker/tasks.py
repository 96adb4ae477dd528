"""How a task is started, and how it ends: because somebody wanted it to, or in a way that nobody foresaw."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")

Start = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]
"""Starts a task that has a parent. What it runs must not raise: it says by itself what became of it."""


async def together(calls: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """What all of them give, at work at the same time. What one raises is raised once the others were ended."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(call) for call in calls]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [task.result() for task in tasks]


def foreseen(error: BaseException) -> bool:
    """Whether this is the end of a task that was cancelled, or of the whole process.

    A CancelledError that came out of something we called, while nobody has cancelled us, is an error as any other.
    """
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        return task is not None and task.cancelling() > 0
    return isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit))
