"""Places a hold at a terminal and answers the driver in time, whatever the provider does meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

from authoriser.agreement import Agreed
from authoriser.decide import ReverseFirst, ask, decide, given_up, gone, order_reference, overdue
from authoriser.settings import AuthoriserSettings
from authoriser.withdrawals import Withdrawals
from tapwatt.errors import OutcomeUnknown, Unavailable
from tapwatt.facts.events import AuthorisationDeclined, Authorised, SessionRequested
from tapwatt.facts.reasons import DeclineReason
from tapwatt.provider.gateway import Gateway
from tapwatt.provider.port import AuthoriseRequest, Kind, ReversalRequest, Status, Transaction
from tapwatt.provider.unknown_outcomes import find_existing
from tapwatt.retry import RetryPolicy, retrying

T = TypeVar("T")

AGAIN = RetryPolicy(tries=None)
"""How the provider is asked again while a driver waits."""


@dataclass(slots=True)
class _Progress:
    """How far it came, for the case that the driver's time is over first."""

    reason: DeclineReason = DeclineReason.PROVIDER_UNAVAILABLE
    detail: str = "the provider did not answer in time"


class Holds:
    """Brings what was agreed to a hold that stands, or to the reason why none does, within the driver's patience."""

    def __init__(self, gateway: Gateway, withdrawals: Withdrawals, settings: AuthoriserSettings) -> None:
        self._gateway = gateway
        self._withdrawals = withdrawals
        self._settings = settings

    @property
    def longest_s(self) -> float:
        """The longest that `place` may take (seconds)."""
        return self._settings.presentation_s + self._settings.patience_s

    async def place(
        self, requested: SessionRequested, agreed: Agreed, asked_at: datetime, *, before: bool
    ) -> Authorised | AuthorisationDeclined:
        """The hold as the driver's card made it, or why there is none, at the latest when the driver's time is over.

        The driver has waited since `asked_at`. What is held and may not be used is let go before that is said, or
        after it (see late_holds) where the provider takes longer than the driver has. `before`: somebody looked at it
        and did not live to answer, so the provider is asked what that one began; not each heeds its references.
        """
        progress = _Progress()
        left_s = self.longest_s - (self._gateway.clock.now() - asked_at).total_seconds()
        if left_s <= 0:
            return overdue(requested, DeclineReason.TIMED_OUT, "nobody waited any more when it was heard")
        said = await _within(left_s, partial(self._placed, requested, agreed, asked_at, before, progress))
        return overdue(requested, progress.reason, progress.detail) if said is None else said

    async def _placed(
        self, requested: SessionRequested, agreed: Agreed, asked_at: datetime, before: bool, progress: _Progress
    ) -> Authorised | AuthorisationDeclined:
        session = order_reference(requested)
        if await self._withdrawals.cancelled(session):
            return given_up(requested)
        begun = await self._begin(ask(requested, agreed), asked_at, before, progress)
        if begun is None:
            return overdue(requested, progress.reason, progress.detail)
        progress.reason, progress.detail = DeclineReason.TIMED_OUT, "no card was presented in time"
        with self._withdrawals.prompting(session, begun.reference):
            hold = await self._again(partial(self._await_card, begun, session, asked_at))
        if hold.status is Status.PENDING:
            return overdue(requested, progress.reason, progress.detail)
        said = decide(requested, agreed, hold)
        if not isinstance(said, ReverseFirst):
            return said
        progress.reason, progress.detail = said.then.reason, said.then.detail
        await self._again(partial(self._reverse, requested, hold, said.ask))
        return said.then

    async def _begin(
        self, asked: AuthoriseRequest, asked_at: datetime, before: bool, progress: _Progress
    ) -> Transaction | None:
        """The hold as it was begun, now or before; None if that could not be made sure of in time.

        After `patience_s` nothing is sent any more: a driver who has seen no prompt for so long is told so.
        """
        gateway = self._gateway
        find = find_existing(gateway.provider, asked.order_reference, Kind.AUTHORISE, since=asked_at)
        left_s = self._settings.patience_s - (gateway.clock.now() - asked_at).total_seconds()
        if left_s <= 0:
            begun = await self._again(find)
            progress.reason, progress.detail = DeclineReason.TIMED_OUT, "no hold was begun in time"
            return begun

        async def once() -> Transaction:
            known = await find() if before else None
            if known is not None:
                return known
            begun = await gateway.begin(partial(gateway.provider.authorise, asked), find, since=asked_at)
            if begun.status is Status.FAILED:  # where one stands, the refusal is of what was sent a second time
                return await find() or begun
            return begun

        return await _within(left_s, partial(self._again, once))

    async def _again(self, call: Callable[[], Awaitable[T]]) -> T:
        """Whatever it takes, until the driver's time is over."""
        clock = self._gateway.clock
        return await retrying(call, on=(Unavailable, OutcomeUnknown), policy=AGAIN, clock=clock)

    async def _await_card(self, begun: Transaction, session: str, asked_at: datetime) -> Transaction:
        return await self._gateway.await_card(
            begun,
            self._settings.presentation_s,
            asked_at=asked_at,
            cancel_s=self._gateway.life_s + self._settings.late_hold_s,
            given_up=partial(self._withdrawals.cancelled, session),
        )

    async def _reverse(self, requested: SessionRequested, hold: Transaction, asked: ReversalRequest) -> None:
        since = hold.final_at or requested.requested_at
        answer = await self._gateway.complete(asked, order_reference(requested), since=since)
        if not gone(answer):
            raise Unavailable(f"hold {hold.reference} of session {order_reference(requested)} is not let go")


async def _within(left_s: float, call: Callable[[], Awaitable[T]]) -> T | None:
    """What it gives, or None once the time is over."""
    try:
        async with asyncio.timeout(left_s) as limit:
            return await call()
    except TimeoutError:
        if not limit.expired():
            raise
    return None
