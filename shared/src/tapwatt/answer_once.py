"""The first stands, and is said again as it was: one question about a session has one answer, whatever comes again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from tapwatt.clock import Clock
from tapwatt.facts.codec import Event, follow
from tapwatt.facts.fact import Fact
from tapwatt.facts.ids import cause, fact_id
from tapwatt.facts.packed_event import pack, unpack
from tapwatt.state.session_names import SessionNames
from tapwatt.state.session_store import SessionStore
from tapwatt.worker.service import Done

Known = Mapping[str, Event]
"""The first event of each field that is known of a session."""

Answer = Callable[[Known], Awaitable[tuple[Event, Fact] | None]]
"""What follows from which event; None while something is missing. It may be asked again, and must then say the same."""


Refuse = Callable[[Event, Event], Fact | None]
"""Why what was heard now cannot stand for what was heard first under its name; None if it is the same said again."""


@dataclass(frozen=True, slots=True)
class AnswerOnce:
    """How a service answers about sessions: it keeps what it heard first and what it said, for `remember_days`.

    With `decides_first` an answer is kept before it is said: for answers that depend on when they are given, so that
    another one is never given to an event that comes again after a crash.
    """

    sessions: SessionStore
    service: str
    clock: Clock
    remember_days: float
    decides_first: bool = False

    async def __call__(self, event: Event, heard: str, said: str, answer: Answer, refuse: Refuse | None = None) -> Done:
        """Keep the event under the field `heard`, where the first stands, and say what stands under `said`.

        `refuse` looks at the first one and at this one; what it gives is said to this one, and nothing else happens.
        What this very event was answered is said again in any case: a view that was lost since may be rebuilt with
        another first one, which waited for its next try when this one was heard.
        """
        known = await self._remember(event, heard)
        before = unpack(known[said]) if said in known else None
        if before is not None and before.envelope.id == _follows(event, before):
            return Done(say=(before,))
        refused = refuse(unpack(known[heard]), event) if refuse is not None else None
        if refused is not None:
            return Done(say=(refused,))
        if before is not None:
            return Done(say=(before,))
        answered = await answer({field: unpack(packed) for field, packed in known.items()})
        if answered is None:
            return Done()
        because, fact = answered
        follows = follow(because.envelope, fact, f"/tapwatt/{self.service}", self.clock.now())
        if self.decides_first:
            known = await self._remember(follows, said)
            return Done(say=(unpack(known[said]),))
        return Done(say=(follows,), remember=partial(self._remember, follows, said))

    async def _remember(self, event: Event, field: str) -> dict[str, bytes]:
        ttl_s = self.remember_days * 86400
        name = await self._names.of(event.fact)
        return await self.sessions.remember(name, field, pack(event), ttl_s=ttl_s)

    @property
    def _names(self) -> SessionNames:
        return SessionNames(self.sessions, self.remember_days)


def _follows(event: Event, answer: Event) -> str:
    """The id that an answer of this kind to the event has."""
    return fact_id(cause(event.envelope.source, event.envelope.id), answer.fact.name)
