"""The parent of every task of a process: none ends unseen, and none outlives it."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from types import TracebackType
from typing import Any

from tapwatt.clock import Clock
from tapwatt.errors import TapwattError
from tapwatt.log import Log
from tapwatt.worker.tasks import foreseen

_END_WITHIN_S = 10.0


class Supervisor:
    """Use it as `async with`: whatever was started within the block is ended and waited for at its end.

    `ended` counts the tasks, by name, that ended in a way that nobody foresaw. Such a task begins again, or the
    process ends with its error.
    """

    def __init__(self, clock: Clock, log: Log, ended: Callable[[str], None]) -> None:
        self._clock = clock
        self._log = log
        self._count = ended
        self._group = asyncio.TaskGroup()
        self._tasks: set[asyncio.Task[None]] = set()
        self._end: asyncio.Future[BaseException | None] = asyncio.get_running_loop().create_future()

    def fail(self, error: BaseException) -> None:
        """The process is to end with this error; the first one counts."""
        if not self._end.done():
            self._end.set_result(error)

    def ask_to_stop(self) -> None:
        """The process is to end in peace."""
        if not self._end.done():
            self._end.set_result(None)

    @property
    def ends_in_peace(self) -> bool:
        """Whether nothing has failed so far."""
        return not self._end.done() or self._end.result() is None

    async def until_it_must_end(self, first: Coroutine[Any, Any, None]) -> BaseException | None:
        """Do this first, and wait until the process is to end: what went wrong, None if somebody asked it to stop."""
        beginning = self.start(self._first(first))
        self._end.add_done_callback(lambda end: beginning.cancel())
        await asyncio.wait([beginning])
        return await self._end

    async def _first(self, first: Coroutine[Any, Any, None]) -> None:
        try:
            await first
        except BaseException as error:
            if foreseen(error):
                raise
            self.fail(error)

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a task whose own code sees to it that it raises nothing."""
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    @contextlib.asynccontextmanager
    async def beside(
        self, name: str, work: Callable[[], Awaitable[object]], *, again_after_s: float | None = None
    ) -> AsyncIterator[None]:
        """`work` goes on beside the block, and is ended with it. It should not end earlier.

        If it does, the process ends; with `again_after_s` it begins again after so many seconds.
        """
        task = self.start(self._look_after(name, work, again_after_s))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task], timeout=_END_WITHIN_S)

    async def _look_after(self, name: str, work: Callable[[], Awaitable[object]], again_after_s: float | None) -> None:
        while True:
            error: BaseException = TapwattError(f"{name} has ended")
            try:
                await work()
            except BaseException as raised:
                if foreseen(raised):
                    raise
                error = raised
            self._count(name)
            self._log.critical("a background task ended", task=name, reason=str(error) or repr(error), exc_info=error)
            if again_after_s is None:
                self.fail(error)
                return
            await self._clock.sleep(again_after_s)

    async def __aenter__(self) -> Supervisor:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            _, stuck = await asyncio.wait(self._tasks, timeout=_END_WITHIN_S)
            if stuck:
                why = str(self._end.result()) if self._end.done() else str(error)
                self._log.critical("ended by force: tasks do not end when told to", tasks=len(stuck), reason=why)
                os._exit(1)
        await self._group.__aexit__(kind, error, trace)
