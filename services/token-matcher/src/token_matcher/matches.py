"""Finds which session a card may stop, waits for one that is authorised and not indexed yet; claims it once."""

from __future__ import annotations

from tapwatt.clock import Clock
from tapwatt.errors import Unavailable
from tapwatt.facts.cards import Card
from tapwatt.facts.events import StopRequested, TokenMatched, TokenNotMatched
from tapwatt.facts.ids import session_name
from tapwatt.worker.progress import Ends, Progress
from token_matcher.decide import Said, decide
from token_matcher.index import Index
from token_matcher.settings import TokenMatcherSettings


class Matches:
    """Looks a card up among the open sessions of its operator and site.

    `begun` is how far this service has come with Authorised: while it is behind, no session is "not yet", never "none".
    """

    def __init__(self, index: Index, begun: Progress, clock: Clock, settings: TokenMatcherSettings) -> None:
        self._index = index
        self._begun = begun
        self._clock = clock
        self._settings = settings

    async def of(self, stop: StopRequested, card: Card) -> Said:
        """What this card may stop here, also where another stop has stopped it already: each tap has its own answer.

        Unavailable while sessions have begun that are not indexed yet, or if the session ends meanwhile.
        """
        said = await self._found(stop, card)
        if isinstance(said, TokenMatched):
            await self._claim(stop, said)
        return said

    async def _found(self, stop: StopRequested, card: Card) -> Said:
        until = self._clock.monotonic() + self._settings.index_wait_s
        ends: Ends | None = None
        while True:
            said = decide(stop, card, await self._index.candidates(stop.operator_id, stop.site_id, card))
            if not isinstance(said, TokenNotMatched):
                return said
            ends = await self._begun.ends() if ends is None else ends
            if self._clock.monotonic() >= until:
                if not await self._begun.reached(ends):
                    raise Unavailable(f"stop {stop.stop_id}: sessions have begun that are not indexed yet")
                return said
            await self._clock.sleep(self._settings.look_again_s)

    async def _claim(self, stop: StopRequested, said: TokenMatched) -> None:
        name = session_name(stop.operator_id, said.session_id)
        if await self._index.claim(name, stop.stop_id) is None:
            raise Unavailable(f"session {name} ended while it was matched: stop {stop.stop_id} looks again")
