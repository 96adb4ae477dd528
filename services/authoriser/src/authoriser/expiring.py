"""Says in time that a hold runs out, once, so that the fleet stops charging before it does."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from datetime import datetime
from functools import partial

from tapwatt.clock import Clock
from tapwatt.facts.codec import Event, follow
from tapwatt.facts.events import Authorised, HoldExpiring
from tapwatt.facts.packed_event import pack, unpack
from tapwatt.state.deadlines import Deadlines, all_due
from tapwatt.state.session_store import SessionStore
from tapwatt.worker.service import Done

KIND = "expiring"
"""Under which kind sessions are due whose hold runs out soon."""

AT_ONCE = 200
AGAIN_S = 60


def expiring(authorised: Authorised) -> HoldExpiring:
    """The warning that this hold runs out."""
    hold = authorised.hold
    return HoldExpiring(
        session_id=authorised.session_id,
        place=authorised.place,
        expires_at=hold.expires_at,
        hold_reference=hold.reference,
        held=hold.amount,
    )


class ExpiringHolds:
    """Holds that stand, by when their fleet has to be warned: so long before they run out."""

    def __init__(
        self,
        source: str,
        clock: Clock,
        sessions: SessionStore,
        deadlines: Deadlines,
        warn_at: Callable[[Authorised], datetime],
        ttl_s: float,
    ) -> None:
        self._source = source
        self._clock = clock
        self._sessions = sessions
        self._deadlines = deadlines
        self._warn_at = warn_at
        self._ttl_s = ttl_s

    async def look(self) -> AsyncGenerator[Done, None]:
        """Say of each hold that is due that it runs out, unless it is settled or that was said."""
        async for sessions in all_due(self._deadlines, KIND, self._clock.now(), at_once=AT_ONCE, again_s=AGAIN_S):
            for session in sessions:
                yield await self._of(session)

    async def _of(self, session: str) -> Done:
        known = await self._sessions.recall(session)
        said = unpack(known["said"]) if "said" in known else None
        if said is None or not isinstance(said.fact, Authorised) or known.keys() & {"settled", "expiring"}:
            return Done(remember=partial(self._deadlines.clear, KIND, session))
        # Its time is when it was due: said again by whoever comes after a crash, it is the same to the byte.
        event = follow(said.envelope, expiring(said.fact), self._source, self._warn_at(said.fact))
        return Done(say=(event,), remember=partial(self._said, session, event))

    async def _said(self, session: str, event: Event) -> None:
        await self._sessions.remember(session, "expiring", pack(event), ttl_s=self._ttl_s)
        await self._deadlines.clear(KIND, session)
