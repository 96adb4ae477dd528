"""The tariff's edge: keeps the two halves of a session until both are there, then says its price, once."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from tapwatt.clock import Clock
from tapwatt.facts.codec import Event, follow
from tapwatt.facts.events import AuthorisationDeclined, Authorised, ChargingEnded, Fact, SessionCancelled, SessionPriced
from tapwatt.facts.packed_event import pack, unpack
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

    def __init__(self, memory: SessionStore, clock: Clock, settings: TariffSettings) -> None:
        self._sessions = memory
        self._clock = clock
        self._rounding = settings.rounding_policy
        self._ttl_s = timedelta(days=settings.remember_days).total_seconds()

    def service(self) -> Service:
        """What the worker runs."""
        heard = (Authorised, AuthorisationDeclined, SessionCancelled, ChargingEnded)
        return Service(NAME, dict.fromkeys(heard, self.heard), says=(SessionPriced,))

    async def heard(self, event: Event) -> Done:
        """Keep what was heard; once both halves are known, price the session as its first ending has it."""
        session, field = event.fact.key, REMEMBERS[type(event.fact)]
        known = await self._sessions.remember(session, field, pack(event), ttl_s=self._ttl_s)
        if "priced" in known:
            return Done(say=(unpack(known["priced"]),))
        began, ended = (unpack(known[half]) if half in known else None for half in ("began", "ended"))
        priced = decide(_session(began, ended), self._rounding)
        if priced is None or ended is None:
            return Done()
        # The price follows from the ending, whichever half came last: its id is the same in any order.
        said = follow(ended.envelope, priced, f"/tapwatt/{NAME}", self._clock.now())
        return Done(
            say=(said,),
            remember=partial(self._sessions.remember, session, "priced", pack(said), ttl_s=self._ttl_s),
        )


def _session(began: Event | None, ended: Event | None) -> Session:
    first, last = began and began.fact, ended and ended.fact
    assert first is None or isinstance(first, Authorised | AuthorisationDeclined)
    assert last is None or isinstance(last, SessionCancelled | ChargingEnded)
    return Session(first, last)
