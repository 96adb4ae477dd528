"""The tariff's edge: keeps the two halves of a session until both are there, then says its price, once."""

from __future__ import annotations

from tapwatt.answer_once import AnswerOnce, Known
from tapwatt.clock import Clock
from tapwatt.facts.codec import Event
from tapwatt.facts.events import AuthorisationDeclined, Authorised, ChargingEnded, SessionCancelled, SessionPriced
from tapwatt.facts.fact import Fact
from tapwatt.state.event_ids import EventIds
from tapwatt.state.session_names import SessionNames
from tapwatt.state.session_store import SessionStore
from tapwatt.worker.service import Done, Service
from tariff.decide import Session, decide
from tariff.settings import TariffSettings

NAME = "tariff"
REMEMBERS: dict[type[Fact], str] = {
    Authorised: "began",
    AuthorisationDeclined: "began",
    SessionCancelled: "ended",
    ChargingEnded: "ended",
    SessionPriced: "priced",
}
"""Under which field a fact of a session is remembered; the first of a field stands. A rebuild reads these topics."""


class TariffAgent:
    """Hears how sessions begin and end, and prices them."""

    def __init__(self, sessions: SessionStore, clock: Clock, settings: TariffSettings) -> None:
        self._rounding = settings.rounding_policy
        self._answer_once = AnswerOnce(sessions, NAME, clock, settings.remember_days)
        self._names = SessionNames(sessions, settings.remember_days)
        self._event_ids = EventIds(sessions, settings.remember_days)

    def service(self) -> Service:
        """What the worker runs."""
        heard = (Authorised, AuthorisationDeclined, SessionCancelled, ChargingEnded)
        return Service(NAME, dict.fromkeys(heard, self.heard), says=(SessionPriced,), before=self._event_ids)

    async def heard(self, event: Event) -> Done:
        """Keep what was heard; once both halves are known, price the session as its first ending has it."""
        if not event.fact.of_its_session:
            return Done()
        await self._names.note(event.fact)
        return await self._answer_once(event, REMEMBERS[type(event.fact)], "priced", self._price)

    async def _price(self, known: Known) -> tuple[Event, SessionPriced] | None:
        began, ended = known.get("began"), known.get("ended")
        priced = decide(_session(began, ended), self._rounding)
        # The price follows from the ending, whichever half came last: its id is the same in any order.
        return (ended, priced) if priced is not None and ended is not None else None


def _session(began: Event | None, ended: Event | None) -> Session:
    first, last = began and began.fact, ended and ended.fact
    assert first is None or isinstance(first, Authorised | AuthorisationDeclined)
    assert last is None or isinstance(last, SessionCancelled | ChargingEnded)
    return Session(first, last)
