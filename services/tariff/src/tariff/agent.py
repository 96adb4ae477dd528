"""The tariff's edge: keeps what is said of a session, and says its price, once, and what of it is not believed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tapwatt.clock import Clock
from tapwatt.errors import Poison
from tapwatt.facts.codec import Event, follow
from tapwatt.facts.envelopes import Envelope
from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    ChargingEnded,
    SessionCancelled,
    SessionDisputed,
    SessionPriced,
    SessionStale,
    SettlementDecided,
)
from tapwatt.state.deadlines import Deadlines
from tapwatt.state.event_ids import EventIds
from tapwatt.state.session_names import SessionNames
from tapwatt.state.session_store import SessionStore
from tapwatt.worker.progress import Progress
from tapwatt.worker.service import Done, Round, Service
from tariff.case_files import BEGAN, MOST_ENDINGS, NAME, PRICED, CaseFile, CaseFiles, kept
from tariff.decide import Rules, decide, refused
from tariff.settings import TariffSettings
from tariff.stale import StaleSessions, look_after

__all__ = ["NAME", "TariffAgent"]


class TariffAgent:
    """Hears how sessions begin and end, prices them, and disputes what is not believed.

    What is going to be said is claimed in the session's own file before it is said: of two who hear of a session at the
    same time, both say what the first of them has claimed.
    """

    def __init__(
        self,
        sessions: SessionStore,
        deadlines: Deadlines,
        progress: Progress,
        clock: Clock,
        settings: TariffSettings,
        counted: Callable[[SessionDisputed], None] = lambda said: None,
    ) -> None:
        self._files = CaseFiles(sessions, timedelta(days=settings.remember_days))
        self._deadlines = deadlines
        self._stale = StaleSessions(self._files, deadlines, progress, clock, settings.at)
        self._clock = clock
        self._settings = settings
        self._counted = counted
        self._names = SessionNames(sessions, settings.remember_days)
        self._event_ids = EventIds(sessions, settings.remember_days)

    def service(self) -> Service:
        """What the worker runs."""
        heard = (Authorised, AuthorisationDeclined, SessionCancelled, ChargingEnded, SettlementDecided)
        return Service(
            NAME,
            dict.fromkeys(heard, self.heard),
            says=(SessionPriced, SessionDisputed, SessionStale),
            before=self._event_ids,
            rounds=(Round("look for sessions that nobody ends", self._settings.look_every_s, self._stale.look),),
        )

    async def heard(self, event: Event) -> Done:
        """Keep what was heard; say the price once it is known, and each word that is not believed."""
        if not event.fact.of_its_session:
            return Done()
        await self._names.note(event.fact)
        name = await self._names.of(event.fact)
        field, value = kept(event, self._clock.now())
        if isinstance(event.fact, ChargingEnded):
            await self._room_for(name, field)
        file = await self._files.keep(name, field, value)
        await look_after(self._deadlines, event, self._settings.at)
        claimed, file = await self._claim(name, file)
        if isinstance(event.fact, SettlementDecided):  # asked last: another word may just have been priced
            _follow_if_possible(event.fact, file)
        said = _told_by(field, file, claimed)
        return Done(say=said, remember=lambda: self._remember(name, said))

    async def _claim(self, name: str, file: CaseFile) -> tuple[list[Event], CaseFile]:
        """Claim what follows from what is known: the price first, since it decides what is disputed."""
        claimed: list[Event] = []
        session = file.session
        if session.began is None:
            return claimed, file
        rules = self._rules(session.began)
        verdict = decide(session, rules)
        if verdict.price is not None:
            word, priced = verdict.price
            event, file = await self._say(name, file.cause(word.name), priced)
            claimed.append(event)
            verdict = decide(file.session, rules)
        for word, disputed in verdict.disputes:
            event, file = await self._say(name, file.cause(word.name), disputed)
            claimed.append(event)
        return claimed, file

    async def _say(self, name: str, cause: Envelope, fact: SessionPriced | SessionDisputed) -> tuple[Event, CaseFile]:
        """What is said under the field of this fact: this one, unless another one was claimed before."""
        event = follow(cause, fact, f"/tapwatt/{NAME}", self._clock.now())
        field, value = kept(event, event.envelope.time)
        file = await self._files.keep(name, field, value)
        if isinstance(fact, SessionDisputed) and file.fields[field] == value:
            self._counted(fact)
        stands = file.said(field)
        assert stands is not None
        return stands, file

    async def _room_for(self, name: str, field: str) -> None:
        file = await self._files.of(name)
        if field not in file.fields and file.full:
            raise Poison(f"more than {MOST_ENDINGS} different endings of one session: say how it ended, once")

    async def _remember(self, name: str, said: tuple[Event, ...]) -> None:
        """Kept again once it is told: a view that was lost in between was rebuilt without it."""
        for event in said:
            await self._files.claim(name, event)

    def _rules(self, began: Authorised | AuthorisationDeclined) -> Rules:
        return Rules(self._settings.rounding_policy, self._settings.at(began.place).limits)


def _follow_if_possible(decision: SettlementDecided, file: CaseFile) -> None:
    why = refused(file.session, decision)
    if why is not None:
        raise Poison(why)


def _told_by(field: str, file: CaseFile, claimed: list[Event]) -> tuple[Event, ...]:
    """What is said to an event kept under this field: what it has led to, which is the same whenever it comes again.

    How a session began and the word that stands may have led to anything; another word to its own dispute.
    """
    priced = file.said(PRICED)
    stands = any(word.name == field and word.stands for word in file.session.words)
    if stands or field == BEGAN:
        told = [*([priced] if priced else []), *file.disputes]
    else:
        own = file.said(file.dispute_of(field))
        told = [*claimed, *([own] if own else [])]
    return tuple({event.envelope.id: event for event in told}.values())
