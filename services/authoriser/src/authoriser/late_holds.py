"""Lets go what is held for a driver who was told that there is no hold, because the answer came too late."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from datetime import datetime, timedelta
from functools import partial

from authoriser.decide import gone
from tapwatt.errors import BrokenInvariant, NeedsHuman, OutcomeUnknown, Unavailable
from tapwatt.facts.events import AuthorisationDeclined
from tapwatt.facts.packed_event import unpack
from tapwatt.provider.gateway import Gateway
from tapwatt.provider.port import Kind, ReversalRequest, Status, Transaction, succeeded
from tapwatt.provider.unknown_outcomes import of_this_session
from tapwatt.state.deadlines import Deadlines, all_due
from tapwatt.state.session_store import SessionStore
from tapwatt.worker.service import Done
from tapwatt.worker.tasks import together

KIND = "late_hold"
"""Under which kind sessions are due whose hold may yet come."""

AT_ONCE = 20
"""So many are looked at together."""
AGAIN_S = 30
"""How soon one is looked at again, until it is certain that nothing comes any more."""
ANEW, MOST_ANEW = timedelta(minutes=1), timedelta(hours=1)
"""How soon a hold is asked for anew that the provider refused to let go: at first, and at most."""
EACH_S = 60
"""The longest that one is looked at."""

Page = Callable[[str, NeedsHuman | BrokenInvariant], None]
"""Wakes a person about the hold of a session (operator/session)."""


class LateHolds:
    """Looks after sessions that were declined before it was known what became of their hold.

    What only a person can clear up is told once, for `ttl_s` seconds or until Redis is lost, and looked at again all
    the same: it may have been decided since.
    """

    def __init__(
        self, gateway: Gateway, sessions: SessionStore, deadlines: Deadlines, ttl_s: float, page: Page
    ) -> None:
        self._gateway = gateway
        self._sessions = sessions
        self._deadlines = deadlines
        self._ttl_s = ttl_s
        self._page = page

    async def paged(self, session: str) -> None:
        """A person was told of this session's hold, or is told now."""
        await self._sessions.remember(_pages(session), "paged", b"1", ttl_s=self._ttl_s)

    async def look(self) -> AsyncGenerator[Done, None]:
        """Cancel what is pending and let go what is held of each session that is due."""
        now = self._gateway.clock.now()
        async for sessions in all_due(self._deadlines, KIND, now, at_once=AT_ONCE, again_s=AGAIN_S):
            over = await together(map(self._over, sessions))
            for session in (one for one, is_over in zip(sessions, over, strict=True) if is_over):
                yield Done(remember=partial(self._deadlines.clear, KIND, session))

    async def _over(self, session: str) -> bool:
        """Whether nothing is held of it, and nothing can come any more."""
        said = (await self._sessions.recall(session)).get("said")
        event = unpack(said) if said is not None else None
        if event is None or not isinstance(event.fact, AuthorisationDeclined):
            return True
        over_at = event.envelope.time + timedelta(seconds=self._gateway.life_s)
        try:
            async with asyncio.timeout(EACH_S):
                left = await self._left(session, event.envelope.time)
        except (Unavailable, OutcomeUnknown, TimeoutError):
            return False
        except (NeedsHuman, BrokenInvariant) as error:
            await self._page_once(session, error)
            return False
        over = self._gateway.clock.now() > over_at
        if over and left:
            await self._page_once(session, _stands(session, left))
        return over and not left

    async def _left(self, session: str, declined_at: datetime) -> list[Transaction]:
        """What may still be held of it, and not of an earlier session of its name.

        What is wrong with one is raised once the others are let go; what needs a person comes before what may be better
        the next time.
        """
        left: list[Transaction] = []
        wrong: NeedsHuman | BrokenInvariant | None = None
        later: Unavailable | OutcomeUnknown | None = None
        for one in await self._gateway.provider.find(session):
            try:
                ours = one.kind is Kind.AUTHORISE and of_this_session(one, declined_at)
                if ours and not await self._let_go(session, one):
                    left.append(one)
            except (Unavailable, OutcomeUnknown) as error:
                later = error
            except (NeedsHuman, BrokenInvariant) as error:
                wrong = error
        if wrong is not None:
            raise wrong
        if later is not None:
            raise later
        return left

    async def _let_go(self, session: str, one: Transaction) -> bool:
        match one.status:
            case Status.FAILED:
                return True
            case Status.PENDING:
                await self._gateway.provider.cancel(one)
                return False
            case Status.MANUAL:
                raise NeedsHuman(
                    f"hold {one.reference} of session {session}, whose driver was told no, needs manual intervention: "
                    "call the provider's helpdesk with this reference; what they decide is found by itself"
                )
            case Status.SUCCESS:
                return await self._released(session, one)

    async def _released(self, session: str, one: Transaction) -> bool:
        """Whether the provider lets it go. What it refuses is asked anew under another reference, ever more rarely."""
        now, refused = self._gateway.clock.now(), await self._sessions.recall(_refusals(one.reference))
        last = max(map(bytes.decode, refused.values()), default="")
        if last and now < datetime.fromisoformat(last) + min(ANEW * 2 ** (len(refused) - 1), MOST_ANEW):
            return False
        asked = ReversalRequest.of(one.reference, len(refused))
        answer = await self._gateway.complete(asked, session, since=one.final_at or now)
        if succeeded(answer, session) or gone(answer):
            return True
        at = self._gateway.clock.now().isoformat().encode()
        await self._sessions.remember(_refusals(one.reference), str(len(refused)), at, ttl_s=self._ttl_s)
        return False

    async def _page_once(self, session: str, error: NeedsHuman | BrokenInvariant) -> None:
        if await self._sessions.recall(_pages(session)):
            return
        self._page(session, error)
        await self.paged(session)


def _pages(session: str) -> str:
    return f"late_hold/{session}"


def _refusals(hold_reference: str) -> str:
    return f"late_hold_refused/{hold_reference}"


def _stands(session: str, left: list[Transaction]) -> NeedsHuman:
    names = ", ".join(one.reference for one in left)
    return NeedsHuman(
        f"hold {names} of session {session}, whose driver was told no, is not let go by the provider: see to it at the "
        "provider's portal"
    )
