"""The token matcher's edge: keeps the open sessions indexed, reads a tapped card, and says what it may stop."""

from __future__ import annotations

from functools import partial

from tapwatt.facts.codec import Event, follow
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
from tapwatt.facts.fact import Fact
from tapwatt.facts.packed_event import pack, unpack
from tapwatt.facts.reasons import NoMatchReason
from tapwatt.metrics.of_a_worker import STOP_ANSWER
from tapwatt.provider.gateway import Gateway
from tapwatt.state.event_ids import EventIds
from tapwatt.worker.progress import Progress
from tapwatt.worker.service import Answers, Done, Handler, Service
from token_matcher.card_reads import CardReads
from token_matcher.decide import Presented, Said, not_matched, stop_name
from token_matcher.index import ANSWER, Index, IndexedIds, Opened
from token_matcher.matches import Matches
from token_matcher.settings import TokenMatcherSettings

NAME = "token-matcher"
ANSWERED: dict[type[Fact], str] = {
    TokenMatched: "matched",
    TokenNotMatched: "not_matched",
    TokenAmbiguous: "ambiguous",
}
"""How a driver who wants to stop is answered, in the words that are counted."""


class TokenMatcherAgent:
    """Hears holds come and go and drivers who want to stop, and says which session a card stops."""

    def __init__(self, gateway: Gateway, index: Index, begun: Progress, settings: TokenMatcherSettings) -> None:
        self._clock = gateway.clock
        self._index = index
        self._settings = settings
        self._cards = CardReads(gateway, index, settings)
        self._matches = Matches(index, begun, gateway.clock, settings)

    def service(self) -> Service:
        """What the worker runs."""
        settled: dict[type[Fact], Handler] = dict.fromkeys((Captured, HoldReleased, CaptureFailed), self.ended)
        hears: dict[type[Fact], Handler] = {StopRequested: self.stop, Authorised: self.begun, **settled}
        says = (TokenMatched, TokenNotMatched, TokenAmbiguous)
        return Service(
            NAME,
            hears,
            says=says,
            before=EventIds(IndexedIds(self._index), ANSWER.days),
            answers={StopRequested: Answers(STOP_ANSWER, ANSWERED, "token")},
        )

    async def begun(self, event: Event) -> Done:
        """The session can be stopped by its card from now on."""
        assert isinstance(event.fact, Authorised)
        await self._index.open(Opened.by(event.fact))
        return Done()

    async def ended(self, event: Event) -> Done:
        """The session's hold is settled: nobody stops it any more, whenever its Authorised may come."""
        await self._index.close(str(event.fact.identity), event.envelope.time)
        return Done()

    async def stop(self, event: Event) -> Done:
        """One stop has one answer, the first that was decided: asked again, it is said again as it was."""
        stop = event.fact
        assert isinstance(stop, StopRequested)
        name = stop_name(stop.operator_id, stop.stop_id)
        before = await self._index.answered(name)
        leftovers = partial(self._cards.cancel_leftovers, stop, answered_before=before is not None)
        if before is None:
            follows = follow(event.envelope, await self._answer(stop), f"/tapwatt/{NAME}", self._clock.now())
            before = await self._index.answer(name, pack(follows))
        return Done(say=(unpack(before),), remember=leftovers)

    async def _answer(self, stop: StopRequested) -> Said:
        if not await self._may_tap(stop):
            return not_matched(stop, NoMatchReason.TOO_MANY_TAPS)
        presented = await self._cards.read(stop)
        return await self._matches.of(stop, presented) if isinstance(presented, Presented) else presented

    async def _may_tap(self, stop: StopRequested) -> bool:
        """Whether its terminal is not tapped too often. A stop that comes late is answered, and no longer a tap."""
        settings, now = self._settings, self._clock.now()
        if (now - stop.requested_at).total_seconds() >= settings.begin_within_s:
            return True
        terminal, name = stop_name(stop.operator_id, stop.terminal_id), stop_name(stop.operator_id, stop.stop_id)
        within_s, at_most = settings.taps_within_s, settings.taps_at_most
        return await self._index.tap(terminal, name, now, within_s=within_s, at_most=at_most)
