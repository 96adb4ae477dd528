"""What a service remembers of sessions, kept in its view in Redis."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from tapwatt.errors import Poison
from tapwatt.facts.codec import Event
from tapwatt.facts.fact import Fact
from tapwatt.facts.packed_event import pack
from tapwatt.state.deadlines import RedisDeadlines
from tapwatt.state.event_ids import EventIds
from tapwatt.state.session_names import NotKnownYet, SessionNames
from tapwatt.state.session_store import RedisSessionStore
from tapwatt.state.view import Generation
from tapwatt.wiring.process import Runtime
from tapwatt.wiring.view import ServiceView

Besides = Callable[[RedisSessionStore, RedisDeadlines, Event], Awaitable[None]]
"""Keeps what follows from a fact that a rebuild reads: what is due, and the like."""


class RememberedSessions(ServiceView):
    """What a service remembers of sessions: which fact of a session is kept under which field.

    Kept for `remember_days`, or for so many seconds where `longer_s` says so. `besides` is done with each fact of a
    rebuild, as it was done when the fact was first said or heard.
    """

    def __init__(
        self,
        runtime: Runtime,
        service: str,
        epoch: int,
        remembers: Mapping[type[Fact], str],
        remember_days: float,
        longer_s: Mapping[type[Fact], float] | None = None,
        besides: Besides | None = None,
    ) -> None:
        super().__init__(runtime, service, epoch, list(remembers), self._remember)
        self._fields = remembers
        self._remember_days = remember_days
        self._ttl_s = dict.fromkeys(remembers, remember_days * 86400) | dict(longer_s or {})
        self._besides = besides
        self.store = RedisSessionStore(self.view)
        self.deadlines = RedisDeadlines(self.view)

    async def _remember(self, event: Event, generation: Generation) -> None:
        if not event.fact.of_its_session:
            return
        kind = type(event.fact)
        ttl_s = self._ttl_s[kind]
        store = self.store.into(generation)
        names = SessionNames(store, self._remember_days)
        await names.note(event.fact)
        with suppress(Poison, NotKnownYet):  # it was refused when it was heard, or waits in a retry topic
            await EventIds(store, self._remember_days)(event)
            await store.remember(await names.of(event.fact), self._fields[kind], pack(event), ttl_s=ttl_s)
            if self._besides is not None:
                await self._besides(store, self.deadlines.into(generation), event)
