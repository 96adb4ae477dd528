"""Finds which session a card may stop, waits for one that is authorised and not indexed yet; claims it once."""

from __future__ import annotations

from datetime import timedelta

from tapwatt.clock import Clock
from tapwatt.errors import Poison, Unavailable
from tapwatt.facts.cards import Card, same_card
from tapwatt.facts.codec import decode
from tapwatt.facts.events import Authorised, StopRequested, TokenMatched, TokenNotMatched
from tapwatt.facts.ids import session_name
from tapwatt.facts.reasons import NoMatchReason
from tapwatt.worker.progress import Progress
from tapwatt.worker.records import Incoming
from token_matcher.decide import Presented, Said, decide, not_matched
from token_matcher.index import Index, Opened
from token_matcher.settings import TokenMatcherSettings


class NotYet(Unavailable):
    """Whether there is a session is not known now."""


class Matches:
    """Looks a card up among the open sessions of its operator and site.

    `begun` is how far this service has come with Authorised. Before it is said that there is no session, what is not
    handled yet is read from the log itself: so what is held up elsewhere holds up nobody here, and no session that
    waits to be indexed is denied.
    """

    def __init__(self, index: Index, begun: Progress, clock: Clock, settings: TokenMatcherSettings) -> None:
        self._index = index
        self._begun = begun
        self._clock = clock
        self._settings = settings

    async def of(self, stop: StopRequested, presented: Presented) -> Said:
        """What this card may stop here, also where another stop has stopped it already: each tap has its own answer.

        Unavailable while nobody knows what has begun, or if the session ends meanwhile, as long as a driver may wait.
        """
        try:
            said = await self._found(stop, presented)
            if isinstance(said, TokenMatched):
                await self._claim(stop, said)
        except NotYet:
            if (self._clock.now() - stop.requested_at).total_seconds() < self._settings.patience_s:
                raise
            return not_matched(stop, NoMatchReason.TIMED_OUT)
        return said

    async def _found(self, stop: StopRequested, presented: Presented) -> Said:
        until = self._clock.monotonic() + self._settings.index_wait_s
        while True:
            said = await self._look(stop, presented)
            if not isinstance(said, TokenNotMatched) or said.reason is not NoMatchReason.NO_SESSION:
                return said
            if self._clock.monotonic() >= until:
                break
            await self._clock.sleep(self._settings.look_again_s)
        await self._index_what_waits(stop, presented.card)
        return await self._look(stop, presented)

    async def _look(self, stop: StopRequested, presented: Presented) -> Said:
        sessions = await self._index.candidates(stop.operator_id, stop.site_id, presented.card)
        return decide(stop, presented, sessions, timedelta(seconds=self._settings.debounce_s))

    async def _index_what_waits(self, stop: StopRequested, card: Card) -> None:
        """Index what this card has begun here and is not indexed yet, as its own record does once it is handled."""
        try:
            ends = await self._begun.ends()
            records = () if await self._begun.reached(ends) else await self._begun.unhandled()
        except Unavailable as error:
            raise NotYet(f"stop {stop.stop_id}: nobody knows which sessions have begun here: {error}") from error
        for record in records:
            fact = _begun(record)
            here = fact and (fact.place.operator_id, fact.place.site_id) == (stop.operator_id, stop.site_id)
            if fact and here and same_card(fact.card, card):
                await self._index.open(Opened.by(fact))

    async def _claim(self, stop: StopRequested, said: TokenMatched) -> None:
        name = session_name(stop.operator_id, said.session_id)
        if await self._index.claim(name, stop.stop_id) is None:
            raise NotYet(f"session {name} ended while it was matched: stop {stop.stop_id} looks again")


def _begun(record: Incoming) -> Authorised | None:
    """The session that the record begins; what cannot be read begins none."""
    try:
        fact = decode(record.key, record.value, record.headers).fact
    except Poison:
        return None
    return fact if isinstance(fact, Authorised) else None
