"""Finds which session a card may stop, waits for one that is authorised and not indexed yet; claims it once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from tapwatt.clock import Clock
from tapwatt.errors import Poison, Unavailable
from tapwatt.facts.codec import decode
from tapwatt.facts.events import Authorised, StopRequested, TokenMatched, TokenNotMatched
from tapwatt.facts.ids import session_name
from tapwatt.facts.reasons import NoMatchReason
from tapwatt.worker.progress import Ends, Progress
from tapwatt.worker.records import Incoming
from token_matcher.decide import Presented, Said, decide
from token_matcher.index import Index
from token_matcher.settings import TokenMatcherSettings


class Matches:
    """Looks a card up among the open sessions of its operator and site.

    `begun` is how far this service has come with Authorised: while one of this site waits, no session is "not yet",
    never "none".
    """

    def __init__(self, index: Index, begun: Progress, clock: Clock, settings: TokenMatcherSettings) -> None:
        self._index = index
        self._begun = begun
        self._clock = clock
        self._settings = settings

    async def of(self, stop: StopRequested, presented: Presented) -> Said:
        """What this card may stop here, also where another stop has stopped it already: each tap has its own answer.

        Unavailable while sessions have begun that are not indexed yet, or if the session ends meanwhile.
        """
        said = await self._found(stop, presented)
        if isinstance(said, TokenMatched):
            await self._claim(stop, said)
        return said

    async def _found(self, stop: StopRequested, presented: Presented) -> Said:
        until = self._clock.monotonic() + self._settings.index_wait_s
        debounce = timedelta(seconds=self._settings.debounce_s)
        ends: Ends | None = None
        while True:
            sessions = await self._index.candidates(stop.operator_id, stop.site_id, presented.card)
            said = decide(stop, presented, sessions, debounce)
            if not isinstance(said, TokenNotMatched) or said.reason is not NoMatchReason.NO_SESSION:
                return said
            ends = await self._begun.ends() if ends is None else ends
            if self._clock.monotonic() >= until:
                if not await self._begun.reached(ends) and any(map(partial(_opens_here, stop), await self._waiting())):
                    raise Unavailable(f"stop {stop.stop_id}: sessions have begun here that are not indexed yet")
                return said
            await self._clock.sleep(self._settings.look_again_s)

    async def _waiting(self) -> Sequence[Incoming]:
        """What was said of holds and is not indexed yet: few records, since it is asked when the rest is done."""
        return await self._begun.unhandled()

    async def _claim(self, stop: StopRequested, said: TokenMatched) -> None:
        name = session_name(stop.operator_id, said.session_id)
        if await self._index.claim(name, stop.stop_id) is None:
            raise Unavailable(f"session {name} ended while it was matched: stop {stop.stop_id} looks again")


def _opens_here(stop: StopRequested, record: Incoming) -> bool:
    """Whether it may open a session at the site of the stop. What cannot be read opens none."""
    try:
        fact = decode(record.key, record.value, record.headers).fact
    except Poison:
        return False
    if not isinstance(fact, Authorised):
        return False
    return (fact.place.operator_id, fact.place.site_id) == (stop.operator_id, stop.site_id)
