"""The index of open sessions as a view of what was said, rebuilt from the log whenever Redis has lost it."""

from __future__ import annotations

from contextlib import suppress

from tapwatt.errors import Poison
from tapwatt.facts.codec import Event
from tapwatt.facts.events import (
    Authorised,
    Captured,
    CaptureFailed,
    HoldReleased,
    StopRequested,
    TokenAmbiguous,
    TokenMatched,
    TokenNotMatched,
)
from tapwatt.facts.ids import session_name
from tapwatt.facts.packed_event import pack
from tapwatt.state.event_ids import EventIds
from tapwatt.state.view import Generation
from tapwatt.wiring.process import Runtime
from tapwatt.wiring.view import ServiceView
from token_matcher.agent import NAME
from token_matcher.decide import stop_name
from token_matcher.index import ANSWER, Index, IndexedIds, Opened, RedisIndex

EPOCH = 4
"""Count up when what is indexed changes: the index is then rebuilt from the log."""

INDEXED = (
    Authorised,
    TokenMatched,
    TokenNotMatched,
    TokenAmbiguous,
    Captured,
    HoldReleased,
    CaptureFailed,
    StopRequested,
)
"""What the index is a view of, in the order it is read: a session is open before its stop is claimed."""


class IndexedSessions(ServiceView):
    """The index of open sessions, whole before the first card is matched."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(runtime, NAME, EPOCH, INDEXED, self._index)
        self.index = RedisIndex(self.view)

    async def _index(self, event: Event, generation: Generation) -> None:
        await indexed(self.index.into(generation), event)


async def indexed(index: Index, event: Event) -> None:
    """What a rebuild does with an event, whatever the index is kept in."""
    match event.fact:
        case Authorised() as fact:
            await index.open(Opened.by(fact))
        case TokenMatched(operator_id=str(operator_id), session_id=session_id, stop_id=stop_id):
            await index.claim(session_name(operator_id, session_id), stop_id)
            await index.answer(stop_name(operator_id, stop_id), pack(event))
        case (
            TokenNotMatched(operator_id=str(operator_id), stop_id=stop_id)
            | TokenAmbiguous(operator_id=str(operator_id), stop_id=stop_id)
        ):
            await index.answer(stop_name(operator_id, stop_id), pack(event))
        case TokenMatched() | TokenNotMatched() | TokenAmbiguous():
            pass  # of the first days, when a stop was not named by its operator: its driver has gone
        case StopRequested():
            with suppress(Poison):  # it was refused when it was heard
                await EventIds(IndexedIds(index), ANSWER.days)(event)
        case ended:
            await index.close(str(ended.identity), event.envelope.time)
