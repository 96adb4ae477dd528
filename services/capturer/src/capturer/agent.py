"""The capturer's edge: settles a priced session, gives money back, and says what came of it, once each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from capturer import watching
from capturer.decide import Said
from capturer.money_back import overcharged
from capturer.refunds import Refunds
from capturer.settings import CapturerSettings
from capturer.settling import Settling
from capturer.watching import Looks, Watching, keep, next_look
from tapwatt.answer_once import AnswerOnce, Known
from tapwatt.clock import Clock
from tapwatt.facts.codec import Event, follow
from tapwatt.facts.events import (
    Captured,
    CaptureFailed,
    ChargedBack,
    HoldReleased,
    Refunded,
    RefundFailed,
    RefundRequested,
    SessionDisputed,
    SessionPriced,
)
from tapwatt.facts.fact import Fact
from tapwatt.provider.gateway import Gateway
from tapwatt.state.deadlines import Deadlines
from tapwatt.state.event_ids import EventIds
from tapwatt.state.session_names import SessionNames
from tapwatt.state.session_store import SessionStore
from tapwatt.worker.service import Done, Round, Service, nothing

NAME = "capturer"
REMEMBERS: dict[type[Fact], str] = {
    SessionPriced: "priced",
    Captured: "said",
    HoldReleased: "said",
    CaptureFailed: "said",
    RefundRequested: "asked",
    Refunded: "answered",
    RefundFailed: "answered",
    ChargedBack: "charged_back",
}
"""Under which field of its session or refund a fact is remembered; the first of a field stands."""


class CapturerAgent:
    """Hears what is owed and what is to go back, and says what was taken, let go or given back.

    `release_rest`: a provider that keeps the rest of a hold until it is asked. `page` wakes a person about what was
    taken too much.
    """

    def __init__(
        self,
        gateway: Gateway,
        sessions: SessionStore,
        deadlines: Deadlines,
        settings: CapturerSettings,
        *,
        release_rest: bool,
        page: Callable[[SessionDisputed], None] = lambda disputed: None,
    ) -> None:
        days = settings.remember_days
        self._gateway = gateway
        self._settings = settings
        self._deadlines = deadlines
        self._page = page
        self._names = SessionNames(sessions, days)
        self._settling = Settling(gateway, sessions, settings, release_rest=release_rest)
        self._refunds = Refunds(gateway, sessions, days * 86400)
        self._watching = Watching(f"/tapwatt/{NAME}", gateway, sessions, deadlines, days * 86400, settings.looks)
        self._event_ids = EventIds(sessions, days)
        self._answer_once = AnswerOnce(sessions, NAME, gateway.clock, days)

    def service(self) -> Service:
        """What the worker runs."""
        return Service(
            NAME,
            {SessionPriced: self.priced, RefundRequested: self.refund},
            says=(Captured, HoldReleased, CaptureFailed, Refunded, RefundFailed, ChargedBack, SessionDisputed),
            longest_s=4 * self._gateway.life_s,
            before=self._event_ids,
            rounds=(Round("look again at what is settled", self._settings.look_every_s, self._watching.look),),
        )

    async def priced(self, event: Event) -> Done:
        """One session has one price, the first, and is settled once."""
        await self._names.note(event.fact)
        done = await self._answer_once(event, "priced", "said", self._settle)
        said = tuple(one for one in done.say if isinstance(one, Event))
        disputes = _disputes(said)
        return replace(done, say=(*said, *disputes), remember=partial(self._look_after, done, said, disputes))

    async def refund(self, event: Event) -> Done:
        """One refund_id is one refund, the first that was asked for under it."""
        if event.fact.operator is None:
            event = await self._with_operator(event)
        return await self._answer_once(event, "asked", "answered", self._give_back, _another_refund)

    async def _settle(self, known: Known) -> tuple[Event, Said]:
        first = known["priced"]
        priced = first.fact
        assert isinstance(priced, SessionPriced)
        return first, await self._settling.settle(priced)

    async def _give_back(self, known: Known) -> tuple[Event, Refunded | RefundFailed]:
        first = known["asked"]
        requested = first.fact
        assert isinstance(requested, RefundRequested)
        return first, await self._refunds.answer(requested, first.envelope.time)

    async def _with_operator(self, event: Event) -> Event:
        """A request of the first days need not say whose session it is: it is of the only known one of that id."""
        name = await self._names.of(event.fact)
        operator_id, _, _ = name.partition("/")
        return replace(event, fact=event.fact.model_copy(update={"operator_id": operator_id}))

    async def _look_after(self, done: Done, said: Sequence[Event], disputes: Sequence[Event]) -> None:
        """Remember what was said, and have it looked at again. A person is paged the first time it is said."""
        new = done.remember is not nothing
        await done.remember()
        for event in said:
            await watch(self._deadlines, event, self._settings.looks, self._gateway.clock.now())
        for event in disputes if new else ():
            assert isinstance(event.fact, SessionDisputed)
            self._page(event.fact)


async def watch(deadlines: Deadlines, event: Event, looks: Looks, now: datetime) -> None:
    """Have a session of which something was taken looked at again, when that is next due."""
    if isinstance(event.fact, Captured):
        due = next_look(looks, event.envelope.time, now)
        if due is not None:
            await deadlines.set(watching.KIND, str(event.fact.identity), due)


async def rebuilt(
    sessions: SessionStore, deadlines: Deadlines, event: Event, settings: CapturerSettings, clock: Clock
) -> None:
    """What a rebuild keeps beside the fact itself: which session is watched, and whose each of its refunds is.

    A look that was missed meanwhile is made up for by the next one: the provider is not asked about six weeks at once.
    """
    await watch(deadlines, event, settings.looks, clock.now())
    if isinstance(event.fact, Refunded | ChargedBack):
        await keep(sessions, event.fact, settings.remember_days * 86400)


def _disputes(said: Sequence[Event]) -> list[Event]:
    found = []
    for event in said:
        disputed = overcharged(event.fact) if isinstance(event.fact, Captured) else None
        if disputed is not None:
            found.append(follow(event.envelope, disputed, event.envelope.source, event.envelope.time))
    return found


def _another_refund(first: Event, again: Event) -> RefundFailed | None:
    asked, anew = first.fact, again.fact
    assert isinstance(asked, RefundRequested)
    assert isinstance(anew, RefundRequested)
    if asked.amount == anew.amount:
        return None
    return RefundFailed(
        operator_id=anew.operator_id,
        session_id=anew.session_id,
        refund_id=anew.refund_id,
        amount=anew.amount,
        reason="another_refund",
        detail=f"refund {anew.refund_id} is one of {asked.amount}: give each refund an id of its own",
    )
