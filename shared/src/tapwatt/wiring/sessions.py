"""What a service remembers of sessions, kept in its view in Redis."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from datetime import datetime

from tapwatt.errors import Poison
from tapwatt.facts.codec import Event
from tapwatt.facts.fact import Fact
from tapwatt.facts.ids import OURS
from tapwatt.facts.packed_event import pack
from tapwatt.state.deadlines import Deadlines, RedisDeadlines
from tapwatt.state.event_ids import EventIds
from tapwatt.state.session_names import NotKnownYet, SessionNames
from tapwatt.state.session_store import Kept, RedisSessionStore, SessionStore
from tapwatt.state.view import Generation
from tapwatt.wiring.process import Runtime
from tapwatt.wiring.view import ServiceView

Besides = Callable[[SessionStore, Deadlines, Event], Awaitable[None]]
"""Keeps what follows from a fact that a rebuild reads: what is due, and the like."""

Keep = Callable[[Event], Kept | None]
"""Under which field of its session an event is kept, and as what; None where it is not."""


def under(fields: Mapping[type[Fact], str]) -> Keep:
    """Each kind of fact under a field of its own, as it was said."""
    return lambda event: Kept(fields[type(event.fact)], pack(event))


class Remembering:
    """What a rebuild does with an event, whatever the store: it is kept as it was when it was first heard or said.

    Kept for `remember_days`, or for so many seconds where `longer_s` says so. What is older than that by now is let be:
    the log has it for longer than its session is known by its name, which may have come again. `besides` is done with
    each fact, as it was done when the fact was first said or heard.
    """

    def __init__(
        self,
        remembers: Mapping[type[Fact], str] | Collection[type[Fact]],
        remember_days: float,
        now: Callable[[], datetime],
        longer_s: Mapping[type[Fact], float] | None = None,
        besides: Besides | None = None,
        keep: Keep | None = None,
    ) -> None:
        self._now = now
        self.topics = list(remembers)
        self._keep = keep or under(remembers if isinstance(remembers, Mapping) else {})
        self._remember_days = remember_days
        self._ttl_s = dict.fromkeys(remembers, remember_days * 86400) | dict(longer_s or {})
        self._besides = besides

    async def __call__(self, event: Event, store: SessionStore, deadlines: Deadlines) -> None:
        """Keep what this event says."""
        if not event.fact.of_its_session:
            return
        ttl_s = self._ttl_s[type(event.fact)]
        if self._over(event, ttl_s):
            return
        names = SessionNames(store, self._remember_days)
        await names.note(event.fact)
        with suppress(Poison, NotKnownYet):  # it was refused when it was heard, or waits in a retry topic
            await EventIds(store, self._remember_days)(event)
            kept = self._keep(event)
            if kept is not None:
                name = await names.of(event.fact)
                await store.remember(name, kept.field, kept.value, ttl_s=ttl_s, of=kept.of)
            if self._besides is not None:
                await self._besides(store, deadlines, event)

    def _over(self, event: Event, ttl_s: float) -> bool:
        """Whether it would be forgotten by now. A fleet's own clock is not believed: the broker's is, or nobody's."""
        ours = event.envelope.source.startswith(OURS)
        said_at = event.logged_at or (event.envelope.time if ours else None)
        return said_at is not None and (self._now() - said_at).total_seconds() > ttl_s


class RememberedSessions(ServiceView):
    """What a service remembers of sessions: which fact of a session is kept under which field (see Remembering).

    `keep` says it for each event, where the kind of fact does not tell.
    """

    def __init__(
        self,
        runtime: Runtime,
        service: str,
        epoch: int,
        remembers: Mapping[type[Fact], str] | Collection[type[Fact]],
        remember_days: float,
        longer_s: Mapping[type[Fact], float] | None = None,
        besides: Besides | None = None,
        keep: Keep | None = None,
    ) -> None:
        super().__init__(runtime, service, epoch, list(remembers), self._remember)
        now = runtime.clock.now
        self._remembering = Remembering(remembers, remember_days, now, longer_s, besides, keep)
        self.store = RedisSessionStore(self.view)
        self.deadlines = RedisDeadlines(self.view)

    async def _remember(self, event: Event, generation: Generation) -> None:
        await self._remembering(event, self.store.into(generation), self.deadlines.into(generation))
