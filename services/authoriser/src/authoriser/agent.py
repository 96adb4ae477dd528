"""The authoriser's edge: begins a hold, waits for the driver's card, and says what came of it, once a session."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from authoriser.agreement import Agreed, agree
from authoriser.decide import ReverseFirst, ask, decide, gone, unheard
from authoriser.offers import FIELD, Offers
from authoriser.settings import AuthoriserSettings
from tapwatt.errors import OutcomeUnknown, Unavailable
from tapwatt.facts.codec import Event, follow
from tapwatt.facts.events import AuthorisationDeclined, Authorised, Fact, SessionRequested, TariffPublished
from tapwatt.facts.packed_event import pack, unpack
from tapwatt.provider.gateway import Gateway
from tapwatt.provider.port import AuthoriseRequest, Kind, ReversalRequest, Transaction
from tapwatt.provider.unknown_outcomes import find_existing, find_within_life
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

    def __init__(self, gateway: Gateway, memory: SessionStore, offers: Offers, settings: AuthoriserSettings) -> None:
        self._gateway = gateway
        self._sessions = memory
        self._offers = offers
        self._settings = settings
        self._ttl_s = timedelta(days=settings.remember_days).total_seconds()

    def service(self) -> Service:
        """What the worker runs."""
        hears: dict[type[Fact], Handler] = {TariffPublished: self.published, SessionRequested: self.requested}
        return Service(NAME, hears, says=(Authorised, AuthorisationDeclined))

    async def published(self, event: Event) -> Done:
        """From now on a request may name this tariff."""
        await self._offers.publish(event)
        return Done()

    async def requested(self, event: Event) -> Done:
        """One session has one request, the first, and one answer: asked again, it is said again as it was."""
        session = event.fact.key
        known = await self._sessions.remember(session, "asked", pack(event), ttl_s=self._ttl_s)
        if "said" in known:
            return Done(say=(unpack(known["said"]),))
        first = unpack(known["asked"])
        assert isinstance(first.fact, SessionRequested)
        answer = await self._answer(first.fact)
        said = follow(first.envelope, answer, f"/tapwatt/{NAME}", self._gateway.clock.now())
        return Done(
            say=(said,), remember=partial(self._sessions.remember, session, "said", pack(said), ttl_s=self._ttl_s)
        )

    async def _answer(self, requested: SessionRequested) -> Authorised | AuthorisationDeclined:
        agreed = agree(requested, await self._offers.of(requested), self._settings.tariff_types)
        if isinstance(agreed, AuthorisationDeclined):
            return agreed
        return await self._held(requested, agreed)

    async def _held(self, requested: SessionRequested, agreed: Agreed) -> Authorised | AuthorisationDeclined:
        begun = await self._begin(requested, ask(requested, agreed))
        if begun is None:
            return unheard(requested)
        settings = self._settings
        hold = await self._gateway.await_card(
            begun,
            settings.presentation_s,
            asked_at=requested.requested_at,
            cancel_s=self._gateway.life_s + settings.grace_s,
        )
        said = decide(requested, agreed, hold, settings.terms(agreed.hold.currency))
        if isinstance(said, ReverseFirst):
            await self._let_go(requested, hold, said.ask)
            return said.then
        return said

    async def _begin(self, requested: SessionRequested, asked: AuthoriseRequest) -> Transaction | None:
        """The hold as it was begun, now or before; None once it is certain that none was or will be.

        After `begin_within_s` nothing is sent any more: whoever handles this event again will find the same.
        """
        gateway = self._gateway
        until = requested.requested_at + timedelta(seconds=self._settings.begin_within_s)
        find = find_existing(gateway.provider, asked.order_reference, Kind.AUTHORISE)

        async def send() -> Transaction:
            if gateway.clock.now() >= until:
                raise OutcomeUnknown(
                    f"session {requested.session_id}: too late to begin a hold, what was begun is asked"
                )
            return await gateway.provider.authorise(asked)

        if gateway.clock.now() < until:
            return await gateway.begin(send, find, since=requested.requested_at)
        return await find_within_life(find, last_sent=until, clock=gateway.clock, patience=gateway.patience)

    async def _let_go(self, requested: SessionRequested, hold: Transaction, asked: ReversalRequest) -> None:
        provider = self._gateway.provider
        find = find_existing(provider, requested.session_id, Kind.REVERSAL, hold.reference)
        since = hold.final_at or requested.requested_at
        answer = await self._gateway.complete(partial(provider.reverse, asked), find, since=since)
        if not gone(answer) and not gone(await find() or answer):
            raise Unavailable(
                f"hold {hold.reference} of session {requested.session_id} is not let go "
                f"({answer.failure or answer.status}): it is asked again by schedule"
            )
