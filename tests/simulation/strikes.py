"""Raises whatever nobody foresaw at any await of a handler, as a library, a driver or the interpreter might."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from random import Random
from typing import Any, Generic, TypeVar, cast

from tapwatt.facts.codec import Event

T = TypeVar("T")


class Odd(BaseException):
    """What no library should raise."""


KINDS: tuple[Callable[[], BaseException], ...] = (
    lambda: ZeroDivisionError("odd"),
    KeyError,
    MemoryError,
    lambda: OSError(28, "no space left on device"),
    TimeoutError,
    lambda: RecursionError("too deep"),
    lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    asyncio.CancelledError,
    Odd,
)


class Strikes:
    """How likely an await of a handler ends in one of these, as long as `calm` is false."""

    def __init__(self, chance: Random, likely: float) -> None:
        self._chance = chance
        self._likely = likely
        self.calm = False
        self.struck = 0

    def on(self, call: Callable[[Event], Awaitable[T]]) -> Callable[[Event], Awaitable[T]]:
        """The same handler, at each of whose awaits that may be."""
        if not self._likely:
            return call

        async def struck(event: Event) -> T:
            return await _Struck(cast("Coroutine[Any, Any, T]", call(event)), self._strikes)

        return struck

    def _strikes(self) -> BaseException | None:
        if self.calm or self._chance.random() >= self._likely:
            return None
        self.struck += 1
        return self._chance.choice(KINDS)()


class _Struck(Awaitable[T], Generic[T]):
    """Drives a coroutine as a task does, and at times raises what was not awaited."""

    def __init__(self, inner: Coroutine[Any, Any, T], strikes: Callable[[], BaseException | None]) -> None:
        self._inner = inner
        self._strikes = strikes

    def __await__(self) -> Generator[Any, Any, T]:
        error: BaseException | None = None
        while True:
            try:
                step = self._inner.send(None) if error is None else self._inner.throw(error)
            except StopIteration as done:
                return done.value  # type: ignore[no-any-return]
            error = None
            try:
                yield step
            except BaseException as raised:  # noqa: BLE001 - what the task was told goes on to the handler
                error = raised
            else:
                error = self._strikes()
