"""The authoriser's edge: hears that a driver wants to charge, and says whether a hold stands, once for each session."""

from __future__ import annotations

from datetime import timedelta

from pydantic import TypeAdapter

from authoriser.agreement import Agreed, agree
from authoriser.decide import contradiction, order_reference
from authoriser.holds import Holds
from authoriser.offers import FIELD, Offers
from authoriser.settings import AuthoriserSettings
from tapwatt.answer_once import AnswerOnce, Known
from tapwatt.facts.codec import Event
from tapwatt.facts.events import AuthorisationDeclined, Authorised, SessionRequested, TariffPublished
from tapwatt.facts.fact import Fact
from tapwatt.provider.gateway import Gateway
from tapwatt.state.event_ids import EventIds
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


_AGREEMENT: TypeAdapter[Agreed | AuthorisationDeclined] = TypeAdapter(Agreed | AuthorisationDeclined)


class AuthoriserAgent:
    """Hears that a driver wants to charge under a tariff, and says whether a hold stands."""

    def __init__(self, gateway: Gateway, sessions: SessionStore, offers: Offers, settings: AuthoriserSettings) -> None:
        self._holds = Holds(gateway, settings)
        self._offers = offers
        self._sessions = sessions
        self._settings = settings
        self._repeated_within = timedelta(seconds=settings.begin_within_s)
        self._event_ids = EventIds(sessions, settings.remember_days)
        self._answer_once = AnswerOnce(sessions, NAME, gateway.clock, settings.remember_days)

    def service(self) -> Service:
        """What the worker runs."""
        hears: dict[type[Fact], Handler] = {TariffPublished: self.published, SessionRequested: self.requested}
        says = (Authorised, AuthorisationDeclined)
        return Service(NAME, hears, says=says, longest_s=self._holds.longest_s, before=self._event_ids)

    async def published(self, event: Event) -> Done:
        """From now on a request may name this tariff."""
        await self._offers.publish(event)
        return Done()

    async def requested(self, event: Event) -> Done:
        """One session has one request, the first, and one answer. Another request under its name is refused."""
        return await self._answer_once(event, "asked", "said", self._answer, self._refuse)

    def _refuse(self, first: Event, again: Event) -> AuthorisationDeclined | None:
        asked, anew = first.fact, again.fact
        assert isinstance(asked, SessionRequested)
        assert isinstance(anew, SessionRequested)
        return contradiction(asked, anew, self._repeated_within)

    async def _answer(self, known: Known) -> tuple[Event, Authorised | AuthorisationDeclined]:
        first = known["asked"]
        requested = first.fact
        assert isinstance(requested, SessionRequested)
        agreed = await self._agreed(requested)
        return first, await self._holds.place(requested, agreed) if isinstance(agreed, Agreed) else agreed

    async def _agreed(self, requested: SessionRequested) -> Agreed | AuthorisationDeclined:
        """What was agreed when this was first looked at stands, whatever is published or set since."""
        settings = self._settings
        agreed = agree(requested, await self._offers.of(requested), settings.tariff_types, settings.terms)
        name, ttl_s = f"agreed/{order_reference(requested)}", settings.remember_days * 86400
        known = await self._sessions.remember(name, "agreed", _AGREEMENT.dump_json(agreed), ttl_s=ttl_s)
        return _AGREEMENT.validate_json(known["agreed"])
