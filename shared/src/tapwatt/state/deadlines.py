"""What is due when: names with a time in a view, taken by one worker at a time, and again if that one dies."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Protocol

from tapwatt.clock import milliseconds
from tapwatt.state.view import Generation, RedisView


class Deadlines(Protocol):
    """Names that are due, by kind. All of it is Unavailable while the view is not whole, and may be said again."""

    async def set(self, kind: str, name: str, due: datetime) -> None:
        """The name is due then; the time that was said first stands until it is cleared."""
        ...

    async def clear(self, kind: str, name: str) -> None:
        """The name is not due any more."""
        ...

    async def take(self, kind: str, now: datetime, *, at_most: int, again_s: float) -> list[str]:
        """The names that are due now, the earliest first. Each is due again after `again_s`, unless it is cleared."""
        ...


async def all_due(
    deadlines: Deadlines, kind: str, now: datetime, *, at_once: int, again_s: float
) -> AsyncGenerator[list[str], None]:
    """Everything that is due now, so many names at once at the most; each once, though it is due again soon."""
    while True:
        names = await deadlines.take(kind, now, at_most=at_once, again_s=again_s)
        if names:
            yield names
        if len(names) < at_once:
            return


class RedisDeadlines:
    """Deadlines in a service's own keys in Redis: a sorted set a kind."""

    def __init__(self, view: RedisView, into: Generation | None = None) -> None:
        self._view = view
        self._into = into
        self._set, self._clear, self._take = (
            view.script("tapwatt.state", f"deadline_{name}.lua") for name in ("set", "clear", "take")
        )

    def into(self, generation: Generation) -> RedisDeadlines:
        """The same deadlines as a rebuild writes them."""
        return RedisDeadlines(self._view, generation)

    async def set(self, kind: str, name: str, due: datetime) -> None:
        """The name is due then; the time that was said first stands until it is cleared."""
        await self._view.run(self._set, kind, name, milliseconds(due), into=self._into)

    async def clear(self, kind: str, name: str) -> None:
        """The name is not due any more."""
        await self._view.run(self._clear, kind, name, into=self._into)

    async def take(self, kind: str, now: datetime, *, at_most: int, again_s: float) -> list[str]:
        """The names that are due now, the earliest first. Each is due again after `again_s`, unless it is cleared."""
        again_ms = int(again_s * 1000)
        found = await self._view.run(self._take, kind, milliseconds(now), at_most, again_ms, into=self._into)
        return [name.decode() for name in found]
