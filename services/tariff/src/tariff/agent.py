"""The tariff's edge: keeps what is said of a session, and says its price, once, and what of it is not believed."""

from __future__ import annotations

from datetime import timedelta

from tapwatt.clock import Clock
from tapwatt.errors import Poison
from tapwatt.facts.codec import Event
from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    ChargingEnded,
    MeterRead,
    SessionCancelled,
    SessionDisputed,
    SessionPriced,
    SessionStale,
    SettlementDecided,
)
from tapwatt.facts.fields import Place
from tapwatt.facts.reasons import EndReason
from tapwatt.state.deadlines import Deadlines
from tapwatt.state.event_ids import EventIds
from tapwatt.state.session_names import SessionNames
from tapwatt.state.session_store import SessionStore
from tapwatt.worker.progress import Progress
from tapwatt.worker.service import Done, Round, Service
from tariff.case_files import BEGAN, MOST_ENDINGS, NAME, PRICED, CaseFile, CaseFiles, kept
from tariff.claims import Claims
from tariff.decide import Rules, decide, refused
from tariff.due import RUNNING_OUT, STALE, Due, look_after, settled_by
from tariff.running_out import RunningOut
from tariff.settings import TariffSettings
from tariff.stale import StaleSessions

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
    ) -> None:
        self._files = CaseFiles(sessions, timedelta(days=settings.remember_days))
        self._deadlines = deadlines
        self._claims = Claims(self._files, clock)
        stale, running_out = (Due(kind, deadlines, progress, clock) for kind in (STALE, RUNNING_OUT))
        self._stale = StaleSessions(stale, self._claims, clock, settings.at, self._rules)
        self._running_out = RunningOut(running_out, self._claims, self._rules)
        self._clock = clock
        self._settings = settings
        self._names = SessionNames(sessions, settings.remember_days)
        self._event_ids = EventIds(sessions, settings.remember_days)

    def service(self) -> Service:
        """What the worker runs."""
        heard = (Authorised, AuthorisationDeclined, SessionCancelled, MeterRead, ChargingEnded, SettlementDecided)
        every_s = self._settings.look_every_s
        return Service(
            NAME,
            dict.fromkeys(heard, self.heard),
            says=(SessionPriced, SessionDisputed, SessionStale),
            before=self._event_ids,
            rounds=(
                Round("look for sessions that nobody ends", every_s, self._stale.look),
                Round("settle sessions whose hold runs out", every_s, self._running_out.look),
            ),
        )

    async def heard(self, event: Event) -> Done:
        """Keep what was heard; say the price once it is known, and each word that is not believed."""
        if not event.fact.of_its_session:
            return Done()
        await self._names.note(event.fact)
        name = await self._names.of(event.fact)
        what = kept(event, self._clock.now())
        field = what.field
        if isinstance(event.fact, ChargingEnded):
            await self._room_for(name, field)
        file = await self._files.keep(name, what)
        await look_after(self._deadlines, event, self._settings.at)
        if isinstance(event.fact, MeterRead):
            await self._settle_soon(name, file)
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
        rules = self._rules(session.began.place)
        verdict = decide(session, rules)
        if verdict.price is not None:
            word, priced = verdict.price
            event, file = await self._claims.say(name, file.cause(word.name), priced)
            claimed.append(event)
            verdict = decide(file.session, rules)
        for word, disputed in verdict.disputes:
            event, file = await self._claims.say(name, file.cause(word.name), disputed)
            claimed.append(event)
        return claimed, file

    async def _room_for(self, name: str, field: str) -> None:
        file = await self._files.of(name)
        if field not in file.fields and file.full:
            raise Poison(f"more than {MOST_ENDINGS} different endings of one session: say how it ended, once")

    async def _remember(self, name: str, said: tuple[Event, ...]) -> None:
        await self._claims.again(name, said)
        for event in said:
            # A stale session is due until that was said too, which whoever claimed its price may not have lived to do.
            if not (isinstance(event.fact, SessionPriced) and event.fact.ended_because is EndReason.STALE):
                await look_after(self._deadlines, event, self._settings.at)

    async def _settle_soon(self, name: str, file: CaseFile) -> None:
        """A reading that comes when its session was looked at already, shortly before its hold runs out, counts too."""
        session = file.session
        if isinstance(session.began, Authorised) and session.priced is None:
            due = settled_by(session.began, self._settings.at(session.began.place))
            if due <= self._clock.now():
                await self._deadlines.set(RUNNING_OUT, name, due)

    def _rules(self, place: Place) -> Rules:
        return Rules(self._settings.rounding_policy, self._settings.at(place).limits)


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
