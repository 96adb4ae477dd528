"""Deadlines kept in the process itself: for tests and simulations, with the real ones' manners."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from tapwatt.clock import Clock
from tapwatt.state.view import Generation
from tapwatt.testing.view import InMemoryView

Due = defaultdict[str, dict[str, datetime]]
"""When each name is due, by kind."""


def deadlines_view(clock: Clock, *, whole: bool = False) -> InMemoryView[Due]:
    """A view that keeps deadlines in the process."""
    return InMemoryView[Due](lambda: defaultdict(dict), clock, whole=whole)


class InMemoryDeadlines:
    """Deadlines in dictionaries."""

    def __init__(self, view: InMemoryView[Due], into: Generation | None = None) -> None:
        self._view = view
        self._into = into

    def into(self, generation: Generation) -> InMemoryDeadlines:
        """The same deadlines as a rebuild writes them."""
        return InMemoryDeadlines(self._view, generation)

    async def set(self, kind: str, name: str, due: datetime) -> None:
        """The name is due then; the time that was said first stands until it is cleared."""
        self._view.reading(self._into)[kind].setdefault(name, due)

    async def clear(self, kind: str, name: str) -> None:
        """The name is not due any more."""
        self._view.reading(self._into)[kind].pop(name, None)

    async def take(self, kind: str, now: datetime, *, at_most: int, again_s: float) -> list[str]:
        """The names that are due now, the earliest first. Each is due again after `again_s`, unless it is cleared."""
        mine = self._view.reading(self._into)[kind]
        due = sorted((when, name) for name, when in mine.items() if when <= now)[:at_most]
        for _, name in due:
            mine[name] = now + timedelta(seconds=again_s)
        return [name for _, name in due]
