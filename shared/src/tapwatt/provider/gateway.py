"""The gateway to the provider: a request is sent once, its outcome made known, and followed until it is final."""

from __future__ import annotations

from asyncio import timeout
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from tapwatt.at_work import driver_took
from tapwatt.clock import Clock
from tapwatt.errors import BadCredentials, BrokenInvariant, OutcomeUnknown, Unavailable
from tapwatt.facts.bill import CardSlip
from tapwatt.provider.polling import GivenUp, PollingPace, never, poll_until_final
from tapwatt.provider.port import (
    KIND_OF,
    CaptureRequest,
    FollowUp,
    Provider,
    RefundRequest,
    ReversalRequest,
    Status,
    Transaction,
)
from tapwatt.provider.unknown_outcomes import Ask, OutcomePolicy, Send, find_existing, make_known
from tapwatt.provider.webhook_hints import WebhookHints
from tapwatt.retry import RetryPolicy, retrying

SLIP_S = 10.0
"""The longest that a capture which is done waits for what its receipt shows."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """The provider, and by what policy and at what pace it is asked."""

    provider: Provider
    clock: Clock
    hints: WebhookHints = field(default_factory=WebhookHints)
    policy: OutcomePolicy = field(default_factory=OutcomePolicy)
    pace: PollingPace = field(default_factory=PollingPace)

    @property
    def life_s(self) -> float:
        """The longest life of a transaction at the provider, in seconds."""
        return self.policy.longest_life.total_seconds()

    async def complete(self, request: FollowUp, order_reference: str, *, since: datetime) -> Transaction:
        """What a capture, reversal or refund has done for good; `since` is when it was first due.

        A refusal stands only if the same was not done before. Unavailable if nothing happened, OutcomeUnknown if it may
        have.
        """
        match request:
            case CaptureRequest():
                about, send = request.hold_reference, partial(self.provider.capture, request)
            case ReversalRequest():
                about, send = request.hold_reference, partial(self.provider.reverse, request)
            case RefundRequest():
                about, send = request.capture_reference, partial(self.provider.refund, request)
        find = find_existing(self.provider, order_reference, KIND_OF[type(request)], about)

        async def standing() -> Transaction | None:
            found = await find()  # one that failed is an answer to what was sent then, and to nothing else
            return None if found is None or found.status is Status.FAILED else found

        answer = await self.follow(await self.begin(send, standing, since=since), self.life_s)
        if answer.status is Status.FAILED and (done := await standing()) is not None:
            return await self.follow(done, self.life_s)
        return answer

    async def begin(self, send: Send, ask: Ask, *, since: datetime) -> Transaction:
        """What a request has begun; it may be pending. `since` is when it was first due (see make_known)."""
        return await make_known(send, ask, since=since, clock=self.clock, policy=self.policy)

    async def follow(self, transaction: Transaction, within_s: float, given_up: GivenUp = never) -> Transaction:
        """The transaction once it is final, or as it was last told after so many seconds.

        A request sent again is answered as it was then; what needed a human may have been decided since: ask.
        """
        if transaction.status is Status.MANUAL:
            return await self.provider.status(transaction.reference) or transaction
        deadline = self.clock.monotonic() + within_s
        return await poll_until_final(
            self.provider,
            transaction,
            deadline=deadline,
            clock=self.clock,
            hints=self.hints,
            pace=self.pace,
            given_up=given_up,
        )

    async def slip(self, hold_reference: str) -> CardSlip | None:
        """What a receipt shows of the card, told by its hold; None as well if the provider cannot be asked now.

        It is for paper: nothing waits for it, and no money depends on it.
        """
        with suppress(Unavailable, OutcomeUnknown, BrokenInvariant, BadCredentials, TimeoutError):
            async with timeout(SLIP_S):
                ask = partial(self.provider.slip, hold_reference)
                return await retrying(ask, on=(Unavailable,), policy=RetryPolicy(3, 1.0, 1.0), clock=self.clock)
        return None

    async def await_card(
        self, begun: Transaction, within_s: float, *, asked_at: datetime, cancel_s: float, given_up: GivenUp = never
    ) -> Transaction:
        """A terminal's transaction once a driver has presented a card, or as it ended when the driver's time was over.

        The driver has `within_s` from when it was begun; then, or once they have given up, it is cancelled and followed
        for `cancel_s` more. What was asked for at `asked_at` was not begun before: a provider whose clock is behind
        takes no time from a driver.
        """
        earliest = max(asked_at, begun.created_at or asked_at)
        passed_s = (self.clock.now() - earliest).total_seconds()
        waits = self.clock.monotonic()
        told = await self.follow(begun, within_s - min(max(passed_s, 0.0), within_s), given_up)
        driver_took(by_driver_s(told, self.clock.monotonic() - waits))
        return await self._cancelled(told, cancel_s)

    async def _cancelled(self, pending: Transaction, within_s: float, again_s: float = 15.0) -> Transaction:
        """A cancelled transaction may succeed all the same: only its status tells."""
        end = self.clock.monotonic() + within_s
        while not pending.final and (left := end - self.clock.monotonic()) > 0:
            with suppress(Unavailable, OutcomeUnknown):  # it is followed in any case, and asked again if it goes on
                await self.provider.cancel(pending)
            pending = await self.follow(pending, min(again_s, left))
        return pending


def by_driver_s(told: Transaction | None, waited_s: float) -> float:
    """How many of the seconds that were waited for a card a driver took: by the provider's clock, if it says so."""
    if told is None or not told.final or not told.took:
        return waited_s
    return min(told.took.total_seconds(), waited_s)
