"""Looks again at sessions that are settled: what the provider or a person there did since is said, too."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from capturer.account import account_of, order_of
from capturer.hinted import Hinted
from capturer.money_back import book_of, by_others
from capturer.refunds import OpenRefund, open_refunds
from tapwatt.errors import BrokenInvariant, OutcomeUnknown, Unavailable
from tapwatt.facts.codec import Event, follow
from tapwatt.facts.events import Captured, ChargedBack, Refunded, SessionPriced
from tapwatt.facts.ids import session_name
from tapwatt.facts.packed_event import unpack
from tapwatt.provider.gateway import Gateway
from tapwatt.state.deadlines import Deadlines, all_due
from tapwatt.state.session_store import SessionStore
from tapwatt.worker.service import Done
from tapwatt.worker.tasks import together

KIND = "settled"
"""Under which kind settled sessions are due to be looked at by the clock."""
HINTED = "hinted"
"""Under which kind those are due at which the provider hinted: one worker looks, whoever got the hint."""

AT_ONCE = 20
"""So many are looked at together."""
AGAIN_S = 300

Looks = Sequence[timedelta]
"""How long after its capture a session is looked at, each time later."""


def next_look(looks: Looks, captured_at: datetime, now: datetime) -> datetime | None:
    """When it is looked at next; None once it was looked at often enough."""
    return next((captured_at + after for after in looks if captured_at + after > now), None)


@dataclass(frozen=True, slots=True)
class Found:
    """What went back of a session's money and was not said, and the refunds whose answer is still to come."""

    every: list[Refunded | ChargedBack]
    asked_for: list[OpenRefund]

    @property
    def certain(self) -> list[Refunded | ChargedBack]:
        """What was certainly not asked for by an operator: the rest waits until that refund has its answer."""
        return [one for one in self.every if not any(refund.may_be(one) for refund in self.asked_for)]


class Watching:
    """Settled sessions, by when they are looked at again."""

    def __init__(
        self, source: str, gateway: Gateway, sessions: SessionStore, deadlines: Deadlines, ttl_s: float, looks: Looks
    ) -> None:
        self._source = source
        self._gateway = gateway
        self._sessions = sessions
        self._deadlines = deadlines
        self._ttl_s = ttl_s
        self._looks = looks
        self._hinted = Hinted(gateway, sessions)

    async def look(self) -> AsyncGenerator[Done, None]:
        """Say of each session that is due, or that the provider hinted at, what went back of its money unsaid.

        One that contradicts itself is told when the others are looked at; it stays due.
        """
        now, wrong = self._gateway.clock.now(), None
        for session in await self._hinted.sessions():
            await self._deadlines.set(HINTED, session, now)
        for kind in (HINTED, KIND):
            async for sessions in all_due(self._deadlines, kind, now, at_once=AT_ONCE, again_s=AGAIN_S):
                for done in await together(self._perhaps_looked_at(kind, session) for session in sessions):
                    if isinstance(done, Done):
                        yield done
                    else:
                        wrong = done or wrong
        if wrong is not None:
            raise wrong

    async def _perhaps_looked_at(self, kind: str, session: str) -> Done | BrokenInvariant | None:
        try:
            return await self._looked_at(kind, session)
        except (Unavailable, OutcomeUnknown):
            return None  # it is due again
        except BrokenInvariant as error:
            return error

    async def _looked_at(self, kind: str, session: str) -> Done:
        known = await self._sessions.recall(session)
        said = unpack(known["said"]) if {"said", "priced"} <= known.keys() else None
        if said is None or not isinstance(said.fact, Captured):
            return Done(remember=partial(self._deadlines.clear, kind, session))
        found = await self._found(session, said.fact, unpack(known["priced"]).fact)
        told = tuple(self._told(said, one) for one in found.certain)
        return Done(say=told, remember=partial(self._next, kind, session, said, found))

    async def _found(self, session: str, captured: Captured, priced: object) -> Found:
        assert isinstance(priced, SessionPriced)
        account = account_of(captured.hold_reference, await self._gateway.provider.find(order_of(priced)))
        asked_for = await open_refunds(self._sessions, session)
        # In this order: a refund is claimed before it is answered, so what is not open any more is known.
        known = await self._sessions.recall(book_of(session))
        return Found(by_others(captured, account, set(known)), asked_for)

    def _told(self, said: Event, one: Refunded | ChargedBack) -> Event:
        # Its id follows from the capture and the provider's reference, so that it is one fact whoever finds it.
        at = (one.refunded_at if isinstance(one, Refunded) else one.charged_back_at) or said.envelope.time
        cause = replace(said.envelope, id=f"{said.envelope.id}/{_reference(one)}")
        return follow(cause, one, self._source, at)

    async def _next(self, kind: str, session: str, said: Event, found: Found) -> None:
        for one in found.certain:
            await keep(self._sessions, one, self._ttl_s)
        if found.certain != found.every:
            return  # it is due again
        await self._deadlines.clear(kind, session)
        if kind == HINTED:
            return
        due = next_look(self._looks, said.envelope.time, self._gateway.clock.now())
        if due is not None:
            await self._deadlines.set(KIND, session, due)


async def keep(sessions: SessionStore, one: Refunded | ChargedBack, ttl_s: float) -> None:
    """Whose this refund is: it is said once, and never taken for another one."""
    whose = one.refund_id if isinstance(one, Refunded) else "chargeback"
    session = session_name(str(one.operator_id), one.session_id)
    await sessions.remember(book_of(session), _reference(one), whose.encode(), ttl_s=ttl_s)


def _reference(one: Refunded | ChargedBack) -> str:
    return one.refund_reference if isinstance(one, Refunded) else one.chargeback_reference
