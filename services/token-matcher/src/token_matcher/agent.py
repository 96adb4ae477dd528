"""The token matcher's edge: keeps the open sessions indexed, reads a tapped card, and says what it may stop."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from tapwatt.errors import Unavailable
from tapwatt.facts.cards import Card
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
from tapwatt.provider.gateway import Gateway
from tapwatt.provider.port import Kind, Transaction
from tapwatt.provider.unknown_outcomes import find_existing
from tapwatt.worker.kafka.group_progress import Ends, Progress
from tapwatt.worker.service import Done, Handler, Service
from token_matcher.decide import Said, ask, decide, not_matched, read
from token_matcher.index import Index, Opened
from token_matcher.settings import TokenMatcherSettings

NAME = "token-matcher"


class TokenMatcherAgent:
    """Hears holds come and go and drivers who want to stop, and says which session a card stops.

    `begun` is how far this step has come with Authorised: while it is behind, no session is "not yet", never "none".
    """

    def __init__(self, gateway: Gateway, index: Index, begun: Progress, settings: TokenMatcherSettings) -> None:
        self._gateway = gateway
        self._index = index
        self._begun = begun
        self._settings = settings
        self._presentation = timedelta(seconds=settings.presentation_s)

    def service(self) -> Service:
        """What the worker runs."""
        hears: dict[type[Fact], Handler] = {
            StopRequested: self.stop,
            Authorised: self.begun,
            Captured: self.ended,
            HoldReleased: self.ended,
            CaptureFailed: self.ended,
        }
        return Service(NAME, hears, says=(TokenMatched, TokenNotMatched, TokenAmbiguous))

    async def begun(self, event: Event) -> Done:
        """The session can be stopped by its card from now on."""
        assert isinstance(event.fact, Authorised)
        await self._index.open(Opened.by(event.fact))
        return Done()

    async def ended(self, event: Event) -> Done:
        """The session's hold is settled: nobody stops it any more, whenever its Authorised may come."""
        await self._index.close(event.fact.key, event.envelope.time)
        return Done()

    async def stop(self, event: Event) -> Done:
        """One stop has one answer, the first that was decided: asked again, it is said again as it was."""
        stop = event.fact
        assert isinstance(stop, StopRequested)
        before = await self._index.answered(stop.stop_id)
        if before is None:
            answer = await self._answer(event, stop)
            before = await self._index.answer(stop.stop_id, pack(answer))
        return Done(say=(unpack(before),))

    async def _answer(self, event: Event, stop: StopRequested) -> Event:
        said = await self._matched(stop)
        if isinstance(said, TokenMatched):
            holder = await self._index.claim(said.session_id, stop.stop_id)
            if holder is None:
                raise Unavailable(
                    f"session {said.session_id} ended while it was matched: stop {stop.stop_id} looks again"
                )
            if holder != stop.stop_id:
                before = await self._answer_of(holder, said.session_id)
                if isinstance(before.fact, TokenMatched):
                    return before
                said = said.model_copy(update={"stop_id": stop.stop_id})  # that stop came to nothing: this one stands
        return follow(event.envelope, said, f"/tapwatt/{NAME}", self._gateway.clock.now())

    async def _answer_of(self, stop_id: str, session_id: str) -> Event:
        """A session that is being stopped already is not stopped twice: what was said then is said again."""
        first = await self._index.answered(stop_id)
        if first is None:
            raise Unavailable(f"session {session_id} is being stopped by {stop_id}, which has no answer yet")
        return unpack(first)

    async def _matched(self, stop: StopRequested) -> Said:
        try:
            answer = await self._card(stop)
        except Unavailable:
            # Nothing was asked of the terminal, and a driver stands before it: better a true no than silence.
            if self._age_s(stop) < self._settings.unavailable_s:
                raise
            return not_matched(stop, NoMatchReason.TERMINAL_OFFLINE)
        if answer is None or not answer.final:
            return not_matched(stop, NoMatchReason.TIMED_OUT)
        card = read(stop, answer, self._presentation)
        if isinstance(card, TokenNotMatched):
            return card
        return await self._looked_up(stop, card)

    async def _looked_up(self, stop: StopRequested, card: Card) -> Said:
        """What the index says, with patience for a session that is authorised and not indexed yet."""
        clock, settings = self._gateway.clock, self._settings
        until = clock.monotonic() + settings.index_wait_s
        ends: Ends | None = None
        while True:
            sessions = await self._index.candidates(stop.operator_id, stop.site_id, card)
            said = decide(stop, card, sessions)
            if not isinstance(said, TokenNotMatched):
                return said
            ends = await self._begun.ends() if ends is None else ends
            if clock.monotonic() >= until:
                if not await self._begun.reached(ends):
                    raise Unavailable(f"stop {stop.stop_id}: sessions have begun that are not indexed yet")
                return said
            await clock.sleep(settings.look_again_s)

    async def _card(self, stop: StopRequested) -> Transaction | None:
        """The card read as it ended, or as it stands when the driver's time is over; None if none was begun in time."""
        gateway, settings, asked = self._gateway, self._settings, ask(stop)
        find = find_existing(gateway.provider, asked.order_reference, Kind.TOKEN)
        begun: Transaction | None
        if self._age_s(stop) < settings.begin_within_s:
            begun = await gateway.begin(partial(gateway.provider.read_token, asked), find, since=stop.requested_at)
        else:
            begun = await find()
        return begun and await gateway.await_card(
            begun, settings.presentation_s, asked_at=stop.requested_at, cancel_s=settings.cancel_within_s
        )

    def _age_s(self, stop: StopRequested) -> float:
        return (self._gateway.clock.now() - stop.requested_at).total_seconds()
