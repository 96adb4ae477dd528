"""When a session is due to be looked at, and that it is looked at only once all that was said before that is read."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from datetime import datetime

from tapwatt.clock import Clock
from tapwatt.facts.codec import Event
from tapwatt.facts.events import (
    Authorised,
    ChargingEnded,
    MeterRead,
    SessionCancelled,
    SessionPriced,
    SessionStale,
    SettlementDecided,
)
from tapwatt.facts.fields import Place
from tapwatt.state.deadlines import Deadlines, all_due
from tapwatt.worker.progress import Ends, Progress
from tariff.settings import PlaceRules

STALE, RUNNING_OUT = "stale", "running out"
"""Under which kinds sessions are due that nobody ends, and those whose hold runs out."""

TELLING = (MeterRead, ChargingEnded, SessionCancelled, SettlementDecided)
"""What tells how a session goes on or ended. None of them may still be unread when it is settled without an end."""

AT_ONCE = 200
AGAIN_S = 60


def stale_at(authorised: Authorised, rules: PlaceRules) -> datetime:
    """When the session is stale if nothing is heard of it any more (UTC)."""
    return authorised.hold.authorised_at + rules.stale_after


def settled_by(authorised: Authorised, rules: PlaceRules) -> datetime:
    """When the session is billed by its last reading if nobody has said how it ended (UTC)."""
    return authorised.hold.expires_at - rules.settle_before_expiry


async def look_after(deadlines: Deadlines, event: Event, at: Callable[[Place], PlaceRules]) -> None:
    """Have a session be due that began, until it has an end. A rebuild does the same with what it reads."""
    match event.fact:
        case Authorised() as authorised:
            rules, name = at(authorised.place), str(authorised.identity)
            await deadlines.set(STALE, name, stale_at(authorised, rules))
            await deadlines.set(RUNNING_OUT, name, settled_by(authorised, rules))
        case SessionPriced() as priced:
            await deadlines.clear(STALE, str(priced.identity))
            await deadlines.clear(RUNNING_OUT, str(priced.identity))
        case SessionStale(policy="person") as left:
            await deadlines.clear(STALE, str(left.identity))
        case _:
            pass


class Due:
    """The sessions of one kind that are due."""

    def __init__(self, kind: str, deadlines: Deadlines, progress: Progress, clock: Clock) -> None:
        self._kind = kind
        self._deadlines = deadlines
        self._progress = progress
        self._clock = clock
        self._seen: tuple[datetime, Ends] | None = None

    async def names(self) -> AsyncGenerator[str, None]:
        """All of them, once everything is read that was said before they were due; each again soon, until cleared."""
        self._seen = self._seen or (self._clock.now(), await self._progress.ends())
        until, ends = self._seen
        if not await self._progress.reached(ends):
            return
        self._seen = None
        async for some in all_due(self._deadlines, self._kind, until, at_once=AT_ONCE, again_s=AGAIN_S):
            for name in some:
                yield name

    async def clear(self, name: str) -> None:
        """This one was looked at."""
        await self._deadlines.clear(self._kind, name)
