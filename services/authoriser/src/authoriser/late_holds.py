"""Lets go what is held for a driver who was told that there is no hold, because the answer came too late."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

from authoriser.decide import gone
from tapwatt.errors import BrokenInvariant, NeedsHuman, OutcomeUnknown, Unavailable
from tapwatt.facts.events import AuthorisationDeclined
from tapwatt.facts.packed_event import unpack
from tapwatt.provider.gateway import Gateway
from tapwatt.provider.port import Kind, ReversalRequest, Status, Transaction
from tapwatt.state.deadlines import Deadlines
from tapwatt.state.session_store import SessionStore
from tapwatt.worker.service import Done

KIND = "late_hold"
"""Under which kind sessions are due whose hold may yet come."""

AT_ONCE = 20
AGAIN_S = 30
"""How soon one is looked at again, until it is certain that nothing comes any more."""
EACH_S = 60
"""The longest that one is looked at."""


class LateHolds:
    """Looks after sessions that were declined before it was known what became of their hold."""

    def __init__(self, gateway: Gateway, sessions: SessionStore, deadlines: Deadlines) -> None:
        self._gateway = gateway
        self._sessions = sessions
        self._deadlines = deadlines

    async def look(self) -> AsyncIterator[Done]:
        """Cancel what is pending and let go what is held of each session that is due."""
        now = self._gateway.clock.now()
        for session in await self._deadlines.take(KIND, now, at_most=AT_ONCE, again_s=AGAIN_S):
            if await self._over(session):
                yield Done(remember=partial(self._deadlines.clear, KIND, session))

    async def _over(self, session: str) -> bool:
        """Whether nothing is held of it, and nothing can come any more."""
        said = (await self._sessions.recall(session)).get("said")
        event = unpack(said) if said is not None else None
        if event is None or not isinstance(event.fact, AuthorisationDeclined):
            return True
        since = event.envelope.time
        try:
            async with asyncio.timeout(EACH_S):
                every = [one for one in await self._gateway.provider.find(session) if one.kind is Kind.AUTHORISE]
                left = [one for one in every if not await self._let_go(session, one)]
        except (Unavailable, OutcomeUnknown, NeedsHuman, BrokenInvariant, TimeoutError):
            return False
        over_at = since + timedelta(seconds=self._gateway.life_s)
        return not left and self._gateway.clock.now() > over_at

    async def _let_go(self, session: str, one: Transaction) -> bool:
        match one.status:
            case Status.FAILED:
                return True
            case Status.PENDING | Status.MANUAL:
                await self._gateway.provider.cancel(one)
                return False
            case Status.SUCCESS:
                since = one.final_at or self._gateway.clock.now()
                return gone(await self._gateway.complete(ReversalRequest.of(one.reference), session, since=since))
