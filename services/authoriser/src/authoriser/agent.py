"""The authoriser's edge: hears that a driver wants to charge, and says whether a hold stands, once for each session."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from pydantic import TypeAdapter

from authoriser import expiring, late_holds, withdrawals
from authoriser.agreement import Agreed, agree
from authoriser.decide import broken, contradiction, order_reference
from authoriser.expiring import ExpiringHolds
from authoriser.fleet_clocks import declined, skew
from authoriser.holds import Holds
from authoriser.late_holds import LateHolds, Page
from authoriser.offers import FIELD, Offers
from authoriser.settings import AuthoriserSettings
from authoriser.withdrawals import Withdrawals
from tapwatt.answer_once import AnswerOnce, Known
from tapwatt.errors import BadCredentials, OutcomeUnknown, Poison, TapwattError, Unavailable
from tapwatt.facts.codec import Event
from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    Captured,
    CaptureFailed,
    HoldExpiring,
    HoldReleased,
    SessionCancelled,
    SessionRequested,
    TariffPublished,
)
from tapwatt.facts.fact import Fact
from tapwatt.facts.packed_event import pack
from tapwatt.metrics.of_a_worker import START_ANSWER
from tapwatt.provider.gateway import Gateway
from tapwatt.state.deadlines import Deadlines
from tapwatt.state.event_ids import EventIds
from tapwatt.state.session_store import SessionStore
from tapwatt.worker.service import Answers, Done, Handler, Round, Service

NAME = "authoriser"
REMEMBERS: dict[type[Fact], str] = {
    TariffPublished: FIELD,
    SessionRequested: "asked",
    Authorised: "said",
    AuthorisationDeclined: "said",
    SessionCancelled: withdrawals.FIELD,
    HoldExpiring: "expiring",
    Captured: "settled",
    HoldReleased: "settled",
    CaptureFailed: "settled",
}
"""Under which field of its key a fact is remembered; the first of a field stands. A rebuild reads these topics."""

ANSWERED: dict[type[Fact], str] = {Authorised: "authorised", AuthorisationDeclined: "declined"}
"""How a driver who wants to charge is answered, in the words that are counted."""

_AGREEMENT: TypeAdapter[Agreed | AuthorisationDeclined] = TypeAdapter(Agreed | AuthorisationDeclined)


class AuthoriserAgent:
    """Hears that a driver wants to charge under a tariff, and says whether a hold stands, and when it runs out."""

    def __init__(
        self,
        gateway: Gateway,
        sessions: SessionStore,
        deadlines: Deadlines,
        offers: Offers,
        settings: AuthoriserSettings,
        clock_off: Callable[[str], None] = lambda direction: None,
        page: Page = lambda session, error: None,
    ) -> None:
        clock, days = gateway.clock, settings.remember_days
        self._clock = clock
        self._clock_off = clock_off
        self._sessions = sessions
        self._deadlines = deadlines
        self._offers = offers
        self._settings = settings
        self._withdrawals = Withdrawals(sessions, gateway.hints)
        self._holds = Holds(gateway, self._withdrawals, settings)
        self._late = LateHolds(gateway, sessions, deadlines, days * 86400, page)
        self._expiring = ExpiringHolds(f"/tapwatt/{NAME}", clock, sessions, deadlines, settings.warn_at, days * 86400)
        self._repeated_within = timedelta(seconds=self._holds.longest_s)
        self._event_ids = EventIds(sessions, days)
        self._answer_once = AnswerOnce(sessions, NAME, clock, days, decides_first=True)

    def service(self) -> Service:
        """What the worker runs."""
        every_s = self._settings.look_every_s
        settled: dict[type[Fact], Handler] = dict.fromkeys((Captured, HoldReleased, CaptureFailed), self.settled)
        return Service(
            NAME,
            {
                TariffPublished: self.published,
                SessionRequested: self.requested,
                SessionCancelled: self.cancelled,
                **settled,
            },
            says=(Authorised, AuthorisationDeclined, HoldExpiring),
            longest_s=self._holds.longest_s,
            answers={SessionRequested: Answers(START_ANSWER, ANSWERED, "authorise")},
            before=self._event_ids,
            rounds=(
                Round("look after late holds", every_s, self._late.look),
                Round("warn of holds that run out", every_s, self._expiring.look),
            ),
        )

    async def published(self, event: Event) -> Done:
        """From now on a request may name this tariff."""
        await self._offers.publish(event)
        return Done()

    async def requested(self, event: Event) -> Done:
        """One session has one request, the first, and one answer. Another request under its name is refused."""
        wrong: list[Exception] = []
        done = await self._answer_once(
            event, "asked", "said", partial(self._answer, event.logged_at, wrong), self._refuse
        )
        return replace(done, remember=partial(self._look_after, done.say, wrong))

    async def cancelled(self, event: Event) -> Done:
        """Nobody waits for this session's card any more."""
        session = event.fact.identity
        if session is not None:  # of the first days: it does not say whose session it is
            await self._keep(session, event)
            self._withdrawals.wake(session)
        return Done()

    async def settled(self, event: Event) -> Done:
        """Nothing is held for this session any more."""
        session = str(event.fact.identity)
        await self._keep(session, event)
        await look_after(self._deadlines, event, self._settings.warn_at)
        return Done()

    async def _keep(self, session: str, event: Event) -> None:
        ttl_s = self._settings.remember_days * 86400
        await self._sessions.remember(session, REMEMBERS[type(event.fact)], pack(event), ttl_s=ttl_s)

    async def _look_after(self, said: Sequence[Fact | Event], wrong: Sequence[Exception]) -> None:
        """What is to be done once the driver has the answer. What is wrong is for a person, after that."""
        for event in said:
            if isinstance(event, Event):
                await look_after(self._deadlines, event, self._settings.warn_at)
                if wrong:  # the worker pages now, and the rounds need not
                    await self._late.paged(str(event.fact.identity))
        for error in wrong:
            raise error

    def _refuse(self, first: Event, again: Event) -> AuthorisationDeclined | None:
        asked, anew = first.fact, again.fact
        assert isinstance(asked, SessionRequested)
        assert isinstance(anew, SessionRequested)
        return contradiction(asked, anew, self._repeated_within)

    async def _answer(
        self, logged_at: datetime | None, wrong: list[Exception], known: Known
    ) -> tuple[Event, Authorised | AuthorisationDeclined]:
        first = known["asked"]
        requested = first.fact
        assert isinstance(requested, SessionRequested)
        agreed, before = await self._agreed(requested)
        if not isinstance(agreed, Agreed):
            return first, agreed
        now = self._clock.now()
        off = skew(requested.requested_at, logged_at, now)
        told = declined(requested, off, timedelta(seconds=self._settings.clock_tolerance_s))
        if told is not None:
            self._clock_off(off.direction)
            return first, told
        # By the broker's clock, else by a fleet's that is not ahead of ours: nobody waits longer for that.
        asked_at = logged_at or min(requested.requested_at, now)
        try:
            said = await self._holds.place(requested, agreed, asked_at, before=before)
            noted = timedelta(seconds=self._settings.clock_noted_s)
            if isinstance(said, Authorised) and abs(off.behind) > noted:
                said = said.model_copy(update={"notes": (str(off),)})
            return first, said
        except (Unavailable, OutcomeUnknown, Poison, BadCredentials):
            raise
        except Exception as error:  # noqa: BLE001 - the driver hears of a mistake of ours too
            wrong.append(error)
            return first, broken(requested, str(error) if isinstance(error, TapwattError) else "a mistake of ours")

    async def _agreed(self, requested: SessionRequested) -> tuple[Agreed | AuthorisationDeclined, bool]:
        """What was agreed when this was first looked at, whatever is published or set since; and whether it was."""
        settings = self._settings
        name, ttl_s = f"agreed/{order_reference(requested)}", settings.remember_days * 86400
        before = "agreed" in await self._sessions.recall(name)
        agreed = agree(requested, await self._offers.of(requested), settings.tariff_types, settings.terms)
        known = await self._sessions.remember(name, "agreed", _AGREEMENT.dump_json(agreed), ttl_s=ttl_s)
        return _AGREEMENT.validate_json(known["agreed"]), before


async def look_after(deadlines: Deadlines, event: Event, warn_at: Callable[[Authorised], datetime]) -> None:
    """Have a hold that stands warned of in time, and one that may yet come let go."""
    match event.fact:
        case Authorised() as authorised:
            await deadlines.set(expiring.KIND, str(authorised.identity), warn_at(authorised))
        case AuthorisationDeclined(outcome_known=False) as declined:
            await deadlines.set(late_holds.KIND, str(declined.identity), event.envelope.time)
        case Captured() | HoldReleased() | CaptureFailed() as settled:
            await deadlines.clear(expiring.KIND, str(settled.identity))
        case _:
            pass


def rebuilt(settings: AuthoriserSettings) -> Callable[[SessionStore, Deadlines, Event], Awaitable[None]]:
    """What a rebuild does with each fact beside keeping it."""

    async def besides(sessions: SessionStore, deadlines: Deadlines, event: Event) -> None:
        await look_after(deadlines, event, settings.warn_at)

    return besides
