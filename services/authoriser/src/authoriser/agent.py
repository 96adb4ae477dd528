"""The authoriser's edge: begins a hold, waits for the driver's card, and says what came of it, once a session."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from authoriser.agreement import Agreed, agree
from authoriser.decide import LetGoFirst, ask, decide, gone, unheard
from authoriser.offers import FIELD, Offers
from authoriser.settings import AuthoriserSettings
from tapwatt.errors import OutcomeUnknown, Unavailable
from tapwatt.facts.codec import Event, follow
from tapwatt.facts.events import AuthorisationDeclined, Authorised, Fact, SessionRequested, TariffPublished
from tapwatt.facts.packed_event import keep, kept
from tapwatt.provider.gateway import Way
from tapwatt.provider.port import Kind, LetGo, PlaceHold, Transaction
from tapwatt.provider.unknown_outcomes import found, found_in_time
from tapwatt.state.session_store import Remembers
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

    def __init__(self, way: Way, memory: Remembers, offers: Offers, settings: AuthoriserSettings) -> None:
        self._way = way
        self._memory = memory
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
        known = await self._memory.remember(session, "asked", keep(event), ttl_s=self._ttl_s)
        if "said" in known:
            return Done(say=(kept(known["said"]),))
        first = kept(known["asked"])
        assert isinstance(first.fact, SessionRequested)
        answer = await self._answer(first.fact)
        said = follow(first.envelope, answer, f"/tapwatt/{NAME}", self._way.clock.now())
        return Done(
            say=(said,), remember=partial(self._memory.remember, session, "said", keep(said), ttl_s=self._ttl_s)
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
        hold = await self._way.presented(
            begun,
            settings.presentation_s,
            asked_at=requested.requested_at,
            cancel_s=self._way.life_s + settings.grace_s,
        )
        said = decide(requested, agreed, hold, settings.terms(agreed.hold.currency))
        if isinstance(said, LetGoFirst):
            await self._let_go(requested, hold, said.ask)
            return said.then
        return said

    async def _begin(self, requested: SessionRequested, asked: PlaceHold) -> Transaction | None:
        """The hold as it was begun, now or before; None once it is certain that none was or will be.

        After `begin_within_s` nothing is sent any more: whoever handles this event again will find the same.
        """
        way = self._way
        until = requested.requested_at + timedelta(seconds=self._settings.begin_within_s)
        find = found(way.provider, asked.order_reference, Kind.AUTHORISE)

        async def send() -> Transaction:
            if way.clock.now() >= until:
                raise OutcomeUnknown(
                    f"session {requested.session_id}: too late to begin a hold, what was begun is asked"
                )
            return await way.provider.authorise(asked)

        if way.clock.now() < until:
            return await way.begun(send, find, since=requested.requested_at)
        return await found_in_time(find, last_sent=until, clock=way.clock, patience=way.patience)

    async def _let_go(self, requested: SessionRequested, hold: Transaction, asked: LetGo) -> None:
        provider = self._way.provider
        find = found(provider, requested.session_id, Kind.REVERSAL, hold.reference)
        since = hold.final_at or requested.requested_at
        answer = await self._way.outcome(partial(provider.reverse, asked), find, since=since)
        if not gone(answer) and not gone(await find() or answer):
            raise Unavailable(
                f"hold {hold.reference} of session {requested.session_id} is not let go "
                f"({answer.failure or answer.status}): it is asked again by schedule"
            )
