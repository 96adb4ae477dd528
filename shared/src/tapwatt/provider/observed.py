"""The provider as it is seen from here: how long each call took and what came of it, and whether it takes our key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from tapwatt import crash_windows as crash
from tapwatt.clock import Clock
from tapwatt.errors import BadCredentials, BrokenInvariant, OutcomeUnknown, RateLimited, Unavailable
from tapwatt.facts.bill import CardSlip
from tapwatt.log import Log
from tapwatt.outage import Outage
from tapwatt.provider.port import (
    AuthoriseRequest,
    CaptureRequest,
    Provider,
    ReadTokenRequest,
    RefundRequest,
    ReversalRequest,
    Status,
    Transaction,
)
from tapwatt.spans import Span, span

T = TypeVar("T")

Noted = Callable[[str, str, str, float], None]
"""Hears of each call: its verb, its result, the phase in which it ended, and how many seconds it took."""

SLOW_S = 5.0
"""A call that takes longer is logged: half the time that somebody at a terminal is promised an answer in."""

LOOK = "tapwatt-look"
"""The order reference that is asked about where nothing else was asked: no order has it."""


class ProviderStanding:
    """How the provider stands with us: whether it answers, and whether it takes our key.

    Where it does not take our key nothing is sent but a question now and then, and everything is Unavailable: starts
    and stops are declined in time, and captures wait by schedule until the key is right.
    """

    def __init__(self, clock: Clock, log: Log, grace_s: float = 5.0) -> None:
        self._clock = clock
        self._log = log
        self.outage = Outage("the provider", clock, log, grace_s)
        self.key_refused = ""
        self.answered_at = clock.monotonic()

    def answered(self) -> None:
        """It gave an answer that shows that it knows us."""
        self.answered_at = self._clock.monotonic()
        self.outage.works()
        if self.key_refused:
            self._log.warning("the provider takes our key again")
            self.key_refused = ""

    def refused_key(self, error: BadCredentials) -> None:
        """It answered that it does not know us."""
        self.outage.works()
        if not self.key_refused:
            self._log.critical("the provider does not accept our key: nothing is sent until it does", reason=str(error))
        self.key_refused = str(error)

    def look_again_s(self, usually_s: float) -> float:
        """After how many seconds it is asked again: soon where it did not answer, so that it is known to be back."""
        return min(usually_s, 5.0) if self.outage.reason or self.key_refused else usually_s


class ObservedProvider:
    """Every call to the provider, measured. Raises Unavailable where the provider does not take our key."""

    def __init__(self, provider: Provider, standing: ProviderStanding, *, clock: Clock, log: Log, noted: Noted) -> None:
        self._provider = provider
        self._standing = standing
        self._clock = clock
        self._log = log
        self._noted = noted

    async def authorise(self, ask: AuthoriseRequest) -> Transaction:
        """Begin a hold."""
        return await self._called("authorise", lambda: self._provider.authorise(ask))

    async def read_token(self, ask: ReadTokenRequest) -> Transaction:
        """Begin reading a card."""
        return await self._called("read_token", lambda: self._provider.read_token(ask))

    async def capture(self, ask: CaptureRequest) -> Transaction:
        """Take money of a hold."""
        return await self._called("capture", lambda: self._provider.capture(ask))

    async def reverse(self, ask: ReversalRequest) -> Transaction:
        """Let a hold go."""
        return await self._called("reverse", lambda: self._provider.reverse(ask))

    async def refund(self, ask: RefundRequest) -> Transaction:
        """Give money of a capture back."""
        return await self._called("refund", lambda: self._provider.refund(ask))

    async def status(self, reference: str) -> Transaction | None:
        """How a transaction stands."""
        return await self._called("status", lambda: self._provider.status(reference))

    async def find(self, order_reference: str) -> list[Transaction]:
        """What belongs to an order."""
        return await self._called("find", lambda: self._provider.find(order_reference))

    async def slip(self, hold_reference: str) -> CardSlip | None:
        """What a receipt shows of a card."""
        return await self._called("slip", lambda: self._provider.slip(hold_reference))

    async def cancel(self, pending: Transaction) -> None:
        """Ask for a terminal transaction to be cancelled."""
        await self._called("cancel", lambda: self._provider.cancel(pending))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._provider.aclose()

    async def look(self) -> None:
        """Ask the provider something harmless, also where it did not take our key. BadCredentials if it does not."""
        await self._measured("find", lambda: self._provider.find(LOOK))

    async def _called(self, verb: str, call: Callable[[], Awaitable[T]]) -> T:
        if self._standing.key_refused:
            raise Unavailable("the provider does not accept our key: nothing is sent to it until it does")
        if crash.armed:
            await crash.armed(f"before-{verb}".replace("_", "-"))
        try:
            told = await self._measured(verb, call)
        except BadCredentials as error:
            raise Unavailable(str(error)) from error
        if crash.armed:
            await crash.armed(f"after-{verb}".replace("_", "-"))
        return told

    async def _measured(self, verb: str, call: Callable[[], Awaitable[T]]) -> T:
        with span(f"provider {verb}", "client", {"tapwatt.provider.verb": verb}) as traced:
            return await self._noted_call(verb, call, traced)

    async def _noted_call(self, verb: str, call: Callable[[], Awaitable[T]], traced: Span | None) -> T:
        begun = self._clock.monotonic()
        result, phase = "done", "answer"
        try:
            told = await call()
            if isinstance(told, Transaction) and told.status is Status.FAILED:
                result = "refused"
            self._standing.answered()
            return told
        except BadCredentials as error:
            result = "key_refused"
            self._standing.refused_key(error)
            raise
        except (Unavailable, OutcomeUnknown) as error:
            phase, result = error.phase, _word(error)
            if phase == "refused":
                self._standing.answered()
            else:
                self._standing.outage.fails(str(error))
            raise
        except BrokenInvariant:
            result = "broken"
            self._standing.answered()
            raise
        except BaseException:
            result = "ended"
            raise
        finally:
            took_s = self._clock.monotonic() - begun
            self._noted(verb, result, phase, took_s)
            if traced is not None:
                traced.attributes |= {"tapwatt.provider.result": result, "tapwatt.provider.phase": phase}
            if took_s >= SLOW_S:
                self._log.warning("a slow call to the provider", verb=verb, result=result, took_s=round(took_s, 1))


def _word(error: Unavailable | OutcomeUnknown) -> str:
    if isinstance(error, OutcomeUnknown):
        return "unknown"
    return "rate_limited" if isinstance(error, RateLimited) else "unavailable"
