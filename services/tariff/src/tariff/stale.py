"""Says once that a session is stale when nobody says in time how it ended, and lets its hold go where that is set."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime
from functools import partial

from tapwatt.clock import Clock
from tapwatt.facts.codec import Event, follow
from tapwatt.facts.events import (
    Authorised,
    ChargingEnded,
    SessionCancelled,
    SessionPriced,
    SessionStale,
    SettlementDecided,
)
from tapwatt.facts.fields import Place
from tapwatt.facts.reasons import EndReason
from tapwatt.state.deadlines import Deadlines
from tapwatt.worker.progress import Ends, Progress
from tapwatt.worker.service import Done
from tariff.bills import nothing_owed
from tariff.case_files import BEGAN, NAME, PRICED, STALE, CaseFiles
from tariff.settings import PlaceRules
from tariff.words import Session

KIND = "stale"
"""Under which kind sessions are due that nobody ends."""

ENDINGS = (ChargingEnded, SessionCancelled, SettlementDecided)
"""What ends a session. None of them may still be unread when one is said to be stale."""

AT_ONCE = 200
AGAIN_S = 60


def deadline(authorised: Authorised, rules: PlaceRules) -> datetime:
    """When the session is stale if nobody has said how it ended (UTC)."""
    return authorised.hold.authorised_at + rules.stale_after


def stale(session: Session, rules: PlaceRules) -> SessionStale | None:
    """The word for a session whose deadline has come; None if somebody has said how it ended, believed or not."""
    match session.began:
        case Authorised() as authorised if not session.words and session.priced is None:
            return SessionStale(
                session_id=authorised.session_id,
                place=authorised.place,
                hold=authorised.hold,
                deadline=deadline(authorised, rules),
                policy=rules.stale_policy,
            )
        case _:
            return None


async def look_after(deadlines: Deadlines, event: Event, at: Callable[[Place], PlaceRules]) -> None:
    """Have a session be due that began, until it has an end. A rebuild does the same with what it reads."""
    match event.fact:
        case Authorised() as authorised:
            await deadlines.set(KIND, str(authorised.identity), deadline(authorised, at(authorised.place)))
        case SessionPriced() | SessionStale(policy="person") as done:
            await deadlines.clear(KIND, str(done.identity))
        case _:
            pass


class StaleSessions:
    """Sessions that began, by when somebody has to have said how they ended."""

    def __init__(
        self,
        files: CaseFiles,
        deadlines: Deadlines,
        progress: Progress,
        clock: Clock,
        at: Callable[[Place], PlaceRules],
    ) -> None:
        self._files = files
        self._deadlines = deadlines
        self._progress = progress
        self._clock = clock
        self._at = at
        self._seen: tuple[datetime, Ends] | None = None

    async def look(self) -> AsyncIterator[Done]:
        """Say of each session that is due that it is stale, once everything is read that was said before it was due."""
        self._seen = self._seen or (self._clock.now(), await self._progress.ends())
        until, ends = self._seen
        if not await self._progress.reached(ends):
            return
        self._seen = None
        for name in await self._deadlines.take(KIND, until, at_most=AT_ONCE, again_s=AGAIN_S):
            said = await self._say(name)
            yield Done(say=said, remember=partial(self._remember, name, said))

    async def _say(self, name: str) -> tuple[Event, ...]:
        """What is said of a session that is due. It is claimed first: said again after a crash, it is the same."""
        file = await self._files.of(name)
        told = file.said(STALE)
        if told is None:
            session = file.session
            began = session.began
            fact = stale(session, self._at(began.place)) if began is not None else None
            if fact is None:
                return ()
            file = await self._files.claim(name, follow(file.cause(BEGAN), fact, f"/tapwatt/{NAME}", fact.deadline))
            told = file.said(STALE)
        assert told is not None
        if not (isinstance(told.fact, SessionStale) and told.fact.policy == "release"):
            return (told,)
        authorised = file.session.began
        assert isinstance(authorised, Authorised)
        free = follow(told.envelope, nothing_owed(authorised, EndReason.STALE), f"/tapwatt/{NAME}", told.fact.deadline)
        file = await self._files.claim(name, free)
        priced = file.said(PRICED)
        return (told, priced) if priced is not None else (told,)

    async def _remember(self, name: str, said: Iterable[Event]) -> None:
        for event in said:
            await self._files.claim(name, event)
        await self._deadlines.clear(KIND, name)
