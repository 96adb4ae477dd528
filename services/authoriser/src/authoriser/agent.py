"""The authoriser's edge: hears that a driver wants to charge, and says whether a hold stands, once for each session."""

from __future__ import annotations

from authoriser.agreement import Agreed, agree
from authoriser.holds import Holds
from authoriser.offers import FIELD, Offers
from authoriser.settings import AuthoriserSettings
from tapwatt.answer_once import AnswerOnce, Known
from tapwatt.facts.codec import Event
from tapwatt.facts.events import AuthorisationDeclined, Authorised, SessionRequested, TariffPublished
from tapwatt.facts.fact import Fact
from tapwatt.provider.gateway import Gateway
from tapwatt.state.session_store import SessionStore
from tapwatt.worker.service import Done, Handler, Service

NAME = "authoriser"
REMEMBERS: dict[type[Fact], str] = {
    TariffPublished: FIELD,
    SessionRequested: "asked",
    Authorised: "said",
    AuthorisationDeclined: "said",
}
"""Under which field of its key a fact is remembered; the first of a field stands. A rebuild reads these topics."""


class AuthoriserAgent:
    """Hears that a driver wants to charge under a tariff, and says whether a hold stands."""

    def __init__(self, gateway: Gateway, sessions: SessionStore, offers: Offers, settings: AuthoriserSettings) -> None:
        self._holds = Holds(gateway, settings)
        self._offers = offers
        self._tariff_types = settings.tariff_types
        self._answer_once = AnswerOnce(sessions, NAME, gateway.clock, settings.remember_days)

    def service(self) -> Service:
        """What the worker runs."""
        hears: dict[type[Fact], Handler] = {TariffPublished: self.published, SessionRequested: self.requested}
        return Service(NAME, hears, says=(Authorised, AuthorisationDeclined), longest_s=self._holds.longest_s)

    async def published(self, event: Event) -> Done:
        """From now on a request may name this tariff."""
        await self._offers.publish(event)
        return Done()

    async def requested(self, event: Event) -> Done:
        """One session has one request, the first, and one answer."""
        return await self._answer_once(event, "asked", "said", self._answer)

    async def _answer(self, known: Known) -> tuple[Event, Authorised | AuthorisationDeclined]:
        first = known["asked"]
        requested = first.fact
        assert isinstance(requested, SessionRequested)
        agreed = agree(requested, await self._offers.of(requested), self._tariff_types)
        return first, await self._holds.place(requested, agreed) if isinstance(agreed, Agreed) else agreed
