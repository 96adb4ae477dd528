"""Says once that a session is stale when nothing is heard of it any more, and settles it where that is set."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable
from functools import partial

from tapwatt.clock import Clock
from tapwatt.facts.codec import Event
from tapwatt.facts.events import Authorised, SessionStale
from tapwatt.facts.fields import Place
from tapwatt.facts.reasons import EndReason
from tapwatt.worker.service import Done
from tariff.bills import nothing_owed
from tariff.case_files import BEGAN, PRICED, STALE, CaseFile
from tariff.claims import Claims
from tariff.decide import Rules
from tariff.due import Due, stale_at
from tariff.running_out import settle
from tariff.settings import PlaceRules
from tariff.words import Session


def stale(session: Session, rules: PlaceRules) -> SessionStale | None:
    """The word for a session of which nothing is heard; None if somebody has said how it ended, believed or not.

    Its deadline counts from its last reading, where there is one.
    """
    match session.began:
        case Authorised() as authorised if not session.words and session.priced is None:
            deadline, last = stale_at(authorised, rules), session.so_far
            if last is not None:
                deadline = max(deadline, min(last.reading.ended_at, last.heard_at) + rules.stale_after)
            return SessionStale(
                session_id=authorised.session_id,
                place=authorised.place,
                hold=authorised.hold,
                deadline=deadline,
                policy=rules.stale_policy,
            )
        case _:
            return None


class StaleSessions:
    """Sessions that began, by when something has to have been heard of them."""

    def __init__(
        self,
        due: Due,
        claims: Claims,
        clock: Clock,
        at: Callable[[Place], PlaceRules],
        rules_at: Callable[[Place], Rules],
    ) -> None:
        self._due = due
        self._claims = claims
        self._clock = clock
        self._at = at
        self._rules_at = rules_at

    async def look(self) -> AsyncGenerator[Done, None]:
        """Say of each session that is due that it is stale, unless it goes on."""
        async for name in self._due.names():
            now, file = self._clock.now(), await self._claims.files.of(name)
            fact = self._fact(file)
            if fact is not None and fact.deadline > now:
                continue  # it goes on: it is due again soon
            said = await self._say(name, file, fact)
            yield Done(say=said, remember=partial(self._remember, name, said))

    def _fact(self, file: CaseFile) -> SessionStale | None:
        """What is said of a session that is due; as it was claimed, if it was."""
        told = file.said(STALE)
        if told is not None:
            assert isinstance(told.fact, SessionStale)
            return told.fact
        session = file.session
        return stale(session, self._at(session.began.place)) if session.began is not None else None

    async def _say(self, name: str, file: CaseFile, fact: SessionStale | None) -> tuple[Event, ...]:
        """It is claimed first: said again after a crash, it is the same."""
        if fact is None:
            return ()
        told, file = await self._claims.say(name, file.cause(BEGAN), fact, at=fact.deadline)
        if fact.policy != "release":
            return (told,)
        authorised, priced = file.session.began, file.said(PRICED)
        assert isinstance(authorised, Authorised)
        if priced is None:
            priced = await settle(self._claims, name, file, self._rules_at(authorised.place), EndReason.STALE)
        if priced is None:
            free = nothing_owed(authorised, EndReason.STALE)
            priced, _ = await self._claims.say(name, told.envelope, free, at=fact.deadline)
        return (told, priced)

    async def _remember(self, name: str, said: Iterable[Event]) -> None:
        await self._claims.again(name, said)
        await self._due.clear(name)
