"""An event loop whose time jumps to the next timer: a day of charging passes in the time it takes to compute it."""

from __future__ import annotations

import asyncio
import selectors
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context, copy_context
from datetime import UTC, datetime, timedelta
from heapq import heapify, heappop, heappush
from typing import Any, TypeVar

EPOCH = datetime(2026, 3, 1, 12, tzinfo=UTC)

T = TypeVar("T")

_LONGEST_JUMP_S = 86_400.0
_MANY, _MOSTLY = 100, 0.5
"""As asyncio's loop has it: how far it looks ahead, and when cancelled timers are swept out."""


class _Jumping(selectors.SelectSelector):
    """Nothing outside the process can be waited for."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        raise AssertionError("a virtual loop asks no selector")


class _Soon:
    """What is called next; asyncio's own handle, without what only a debugger asks of it."""

    __slots__ = ("args", "call", "context", "is_cancelled")

    def __init__(self, call: Callable[..., object], args: tuple[Any, ...], context: Context | None) -> None:
        self.call = call
        self.args = args
        self.context = copy_context() if context is None else context
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True

    def cancelled(self) -> bool:
        return self.is_cancelled


class _Timer(float):
    """What is called at a moment of virtual time, which it is itself: so a heap compares two without asking Python."""

    __slots__ = ("args", "call", "context", "is_cancelled", "is_scheduled", "loop")

    loop: VirtualLoop
    call: Callable[..., object]
    args: tuple[Any, ...]
    context: Context
    is_cancelled: bool
    is_scheduled: bool

    def cancel(self) -> None:
        if not self.is_cancelled:
            self.is_cancelled = True
            if self.is_scheduled:
                self.loop.cancelled_timers += 1

    def cancelled(self) -> bool:
        return self.is_cancelled

    def when(self) -> float:
        return float(self)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An asyncio event loop in virtual time. Nothing outside the process can be waited for.

    It calls what asyncio's own loop calls, in the same order, and does nothing beside: a world mostly waits.
    """

    _ready: deque[_Soon | _Timer]
    _stopping: bool

    def __init__(self) -> None:
        self.now = 0.0
        self.cancelled_timers = 0
        self._timers: list[_Timer] = []
        super().__init__(_Jumping())

    def time(self) -> float:
        return self.now

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> Any:  # type: ignore[override]
        soon = _Soon(callback, args, context)
        self._ready.append(soon)
        return soon

    def call_soon_threadsafe(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> Any:  # an asynchronous generator that nobody ends is ended so
        return self.call_soon(callback, *args, context=context)

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> Any:
        return self.call_at(self.now + delay, callback, *args, context=context)

    def call_at(self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None) -> Any:  # type: ignore[override]
        timer = _Timer(when)
        timer.loop, timer.call, timer.args = self, callback, args
        timer.context = copy_context() if context is None else context
        timer.is_cancelled, timer.is_scheduled = False, True
        heappush(self._timers, timer)
        return timer

    def _run_once(self) -> None:
        """Until it is stopped. asyncio calls it once for each turn."""
        ready, finest_s = self._ready, self._clock_resolution  # type: ignore[attr-defined]
        while True:
            self._forget_cancelled()
            timers = self._timers
            if not ready and not self._stopping:
                if not timers:
                    raise RuntimeError("everything waits for something that never comes")
                self.now += min(max(timers[0] - self.now, 0.0), _LONGEST_JUMP_S)
            due = self.now + finest_s
            while timers and timers[0] < due:
                timer = heappop(timers)
                timer.is_scheduled = False
                ready.append(timer)
            for _ in range(len(ready)):
                one = ready.popleft()
                if not one.is_cancelled:
                    try:
                        one.context.run(one.call, *one.args)
                    except (SystemExit, KeyboardInterrupt):
                        raise
                    except BaseException as error:  # noqa: BLE001 - as asyncio does it
                        self.call_exception_handler({"message": f"Exception in {one.call!r}", "exception": error})
            if self._stopping:
                return

    def _forget_cancelled(self) -> None:
        timers = self._timers
        if len(timers) > _MANY and self.cancelled_timers / len(timers) > _MOSTLY:
            for timer in timers:
                timer.is_scheduled = not timer.is_cancelled
            self._timers = [timer for timer in timers if not timer.is_cancelled]
            heapify(self._timers)
            self.cancelled_timers = 0
        else:
            while timers and timers[0].is_cancelled:
                self.cancelled_timers -= 1
                heappop(timers).is_scheduled = False


class VirtualClock:
    """The time of the running virtual loop. It begins at noon on 1 March 2026, UTC."""

    def now(self) -> datetime:
        return EPOCH + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def in_virtual_time(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end in a virtual loop of its own."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(work)
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
