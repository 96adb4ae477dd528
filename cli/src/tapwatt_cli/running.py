"""Runs a command's work to its end, also when somebody presses Ctrl-C or a supervisor asks it to end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

import typer

from tapwatt.errors import TapwattError, Unavailable
from tapwatt_cli.exit_codes import TERMINATED

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """The work's result. On Ctrl-C everything it started is stopped first, and then it is a KeyboardInterrupt.

    SIGTERM does the same, and ends with exit code 143.
    """
    try:
        return asyncio.run(_until_told_to_end(work))
    except asyncio.CancelledError:
        raise typer.Exit(TERMINATED) from None
    except BaseExceptionGroup as group:
        raise sentence_of(group) or group from None


def hold(work: Coroutine[Any, Any, None]) -> None:
    """The work until Ctrl-C or SIGTERM ends it, which is its good end: what it started is stopped, and this returns."""
    try:
        asyncio.run(_until_asked_to_end(work))
    except BaseExceptionGroup as group:
        raise sentence_of(group) or group from None


async def _until_asked_to_end(work: Coroutine[Any, Any, None]) -> None:
    # Handlers of our own: a shell that starts us in the background has SIGINT ignored, and we would inherit that.
    asked = asyncio.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(one, asked.set)
    async with asyncio.TaskGroup() as together:
        working = together.create_task(work)
        asking = together.create_task(asked.wait())
        await asyncio.wait((working, asking), return_when=asyncio.FIRST_COMPLETED)
        asking.cancel()
        working.cancel()


async def _until_told_to_end(work: Coroutine[Any, Any, T]) -> T:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        return await work
    except asyncio.CancelledError:
        if task.cancelling():
            raise
        raise Unavailable("a connection was closed while it opened, and the work was given up: try again") from None


def sentence_of(group: BaseExceptionGroup) -> TapwattError | None:
    """The first error of ours in a group of errors: it has a sentence for people."""
    for error in group.exceptions:
        found = sentence_of(error) if isinstance(error, BaseExceptionGroup) else error
        if isinstance(found, TapwattError):
            return found
    return None
