"""What one service keeps in Redis, in memory: it can be lost, and the services' own rebuild makes it anew."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, Generic, TypeVar, cast

from tests.flow.log_in_memory import LogInMemory
from tests.flow.virtual_time import EPOCH, VirtualClock
from tests.flow.worker_in_memory import TOPICS, Pages

from tapwatt.errors import Poison, Unavailable
from tapwatt.facts.codec import Event, decode
from tapwatt.facts.fact import Fact
from tapwatt.log import Log
from tapwatt.state.rebuild import until_whole
from tapwatt.state.view import Generation
from tapwatt.testing.deadlines import Due, InMemoryDeadlines
from tapwatt.testing.session_store import InMemorySessionStore, Sessions
from tapwatt.testing.view import InMemoryView
from tapwatt.worker.records import Incoming, logged_at
from token_matcher.testing import InMemoryIndex, Shelves

Store = TypeVar("Store")
Apply = Callable[[Event, Generation], Awaitable[object]]
Both = tuple[Sessions, Due]


class Kept(Generic[Store]):
    """A service's keyspace: whole, or lost and being rebuilt, as the real one is by its watch."""

    def __init__(self, new_store: Callable[[], Store], topics: Sequence[type[Fact]], log: LogInMemory) -> None:
        self.clock = VirtualClock()
        self.view: InMemoryView[Store] = InMemoryView(new_store, self.clock, whole=True)
        self.apply: Apply
        self.lost_names: set[str] = set()
        self.losses = 0
        self._topics = [TOPICS.of(fact) for fact in topics]
        self._log = log
        self._waiting: list[asyncio.Future[None]] = []
        self._rounds_due = 0

    # --- the view ---

    def lose(self) -> None:
        """Redis came back empty, or older, which its new process tells: nothing is believed until it is rebuilt."""
        self.view.flush()
        self.lost_names.clear()
        self.losses += 1

    async def rebuild(self) -> None:
        """As the watch of one worker does it."""
        await until_whole(
            self._read,
            self._apply,
            self.view,
            clock=self.clock,
            log=cast(Log, Pages()),
            key_of=lambda record: record.key,
            again_s=1,
        )
        self.wake()

    async def _read(self) -> AsyncIterator[Incoming]:
        for topic in self._topics:
            await asyncio.sleep(0.01)
            for record in self._log.all_of(topic):
                yield record

    async def _apply(self, record: Incoming, generation: Generation) -> None:
        try:
            event = replace(decode(record.key, record.value, record.headers), logged_at=logged_at(record))
        except Poison:
            return
        if TOPICS.of(type(event.fact)) == record.topic:
            await self.apply(event, generation)

    # --- the clock: rounds are made while something is due ---

    def next_due(self) -> float | None:
        """When something is due next (virtual seconds); None where nothing is."""
        return None

    def look_soon(self) -> None:
        """The next few rounds are made though nothing is due."""
        self._rounds_due = 4
        self.wake()

    def wake(self) -> None:
        """What is due may have changed."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def pause(self, every_s: float) -> None:
        """Until the next round: so many seconds, and longer while nothing is due: a round then finds nothing."""
        loop = asyncio.get_running_loop()
        earliest = loop.time() + every_s
        while True:
            due = earliest if self._rounds_due else self.next_due()
            at = None if due is None else max(due, earliest)
            if at is not None and at <= loop.time():
                self._rounds_due = max(self._rounds_due - 1, 0)
                return
            future: asyncio.Future[None] = loop.create_future()
            self._waiting.append(future)
            timer = None if at is None else loop.call_at(at, _wake, future)
            try:
                await future
            finally:
                if timer is not None:
                    timer.cancel()


class KeptSessions(Kept[Both]):
    """The sessions and deadlines of one service, which are lost together."""

    def __init__(self, topics: Sequence[type[Fact]], log: LogInMemory) -> None:
        super().__init__(lambda: ({}, defaultdict(dict)), topics, log)
        self.sessions = InMemorySessionStore(cast("InMemoryView[Sessions]", _Part(self.view, 0)), self.clock)
        self.deadlines = PacedDeadlines(cast("InMemoryView[Due]", _Part(self.view, 1)), self.wake)

    def next_due(self) -> float | None:
        """The earliest deadline."""
        with suppress(Unavailable):
            _, due = self.view.reading(None)
            moments = [moment for names in due.values() for moment in names.values()]
            return (min(moments) - EPOCH).total_seconds() if moments else None
        return None


class KeptIndex(Kept[Shelves]):
    """The token matcher's index."""

    def __init__(self, topics: Sequence[type[Fact]], log: LogInMemory) -> None:
        super().__init__(Shelves, topics, log)
        self.index = InMemoryIndex(self.view, self.clock)


class PacedDeadlines(InMemoryDeadlines):
    """Deadlines that wake whoever waits for the next one."""

    def __init__(self, view: InMemoryView[Due], wake: Callable[[], None], into: Generation | None = None) -> None:
        super().__init__(view, into)
        self._wake = wake

    def into(self, generation: Generation) -> PacedDeadlines:
        """The same deadlines as a rebuild writes them."""
        return PacedDeadlines(self._view, self._wake, generation)

    async def set(self, kind: str, name: str, due: datetime) -> None:
        """The name is due then."""
        await super().set(kind, name, due)
        self._wake()


class _Part:
    """One of the two parts of a view."""

    def __init__(self, view: InMemoryView[Both], number: int) -> None:
        self._view = view
        self._number = number

    def reading(self, into: Generation | None) -> Any:
        return self._view.reading(into)[self._number]


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
