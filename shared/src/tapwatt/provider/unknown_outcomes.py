"""Makes sure what became of a request to the provider: unknown is asked about, never guessed, never sent blindly."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tapwatt.at_work import outcome_known, outcome_unknown
from tapwatt.clock import Clock
from tapwatt.errors import BrokenInvariant, OutcomeUnknown, Unavailable
from tapwatt.provider.port import Kind, Provider, Status, Transaction
from tapwatt.provider.settings import ProviderSettings
from tapwatt.retry import RetryPolicy, retrying

Send = Callable[[], Awaitable[Transaction]]
Ask = Callable[[], Awaitable[Transaction | None]]


@dataclass(frozen=True, slots=True)
class OutcomePolicy:
    """How often a request is sent before its outcome is left unknown, and how long the provider remembers and takes."""

    tries: int = 4
    pause_s: float = 1.0
    idempotency_window: timedelta = timedelta(hours=23)
    longest_life: timedelta = timedelta(minutes=6)

    @classmethod
    def of(cls, settings: ProviderSettings) -> OutcomePolicy:
        """As the operator has set it."""
        return cls(
            settings.tries,
            settings.try_pause_s,
            timedelta(seconds=max(settings.idempotency_window_s - settings.idempotency_margin_s, 0.0)),
            timedelta(seconds=settings.longest_life_s),
        )


def find_existing(
    provider: Provider,
    order_reference: str,
    kind: Kind,
    original_reference: str | None = None,
    *,
    since: datetime | None = None,
) -> Ask:
    """Asks for what was already done of this kind (to this hold or capture) under an order reference.

    With `since` only for what was begun then or later: an operator's counter may begin again, and the provider keeps
    an order for longer than a session is remembered. Of what is sent under one idempotency reference there is one; of
    card reads, which have none, there may be several.
    """

    async def ask() -> Transaction | None:
        every = await provider.find(order_reference)
        of_kind = [one for one in every if one.kind is kind and one.original_reference == original_reference]
        of_kind = [one for one in of_kind if since is None or of_this_session(one, since)]
        if kind is Kind.CAPTURE:  # one that was cancelled at the provider's portal is none any more
            undone = {one.original_reference for one in every if _reversed(one)}
            of_kind = [one for one in of_kind if one.reference not in undone]
        standing = [one for one in of_kind if one.status is not Status.FAILED]
        if len(standing) > 1:
            names = ", ".join(one.reference for one in standing)
            raise BrokenInvariant(
                f"order {order_reference} has more than one {kind}: {names}; "
                "exactly one was asked for: compare with the provider"
            )
        last = standing or of_kind
        return last[-1] if last else None

    return ask


CLOCKS_APART = timedelta(days=1)
"""More than any two clocks that work differ, and much less than after which a session's name may come again."""


def of_this_session(one: Transaction, since: datetime) -> bool:
    """Whether a transaction is not that of an earlier session of the same name; `since` is when this one began."""
    return one.created_at is None or one.created_at >= since - CLOCKS_APART


def _reversed(one: Transaction) -> bool:
    return one.kind is Kind.REVERSAL and one.status is Status.SUCCESS


async def make_known(send: Send, ask: Ask, *, since: datetime, clock: Clock, policy: OutcomePolicy) -> Transaction:
    """What became of a request, which may still be pending.

    `send` sends it under its one idempotency reference; `ask` looks for what it did. `since` is when it was first
    due: once the provider may have forgotten the reference, it is asked first, and what it finds is the answer. One
    that heeds no references (a window of 0) is asked each time.
    Raises Unavailable if nothing can have happened, else OutcomeUnknown when the tries are used up.
    """
    if abs(clock.now() - since) >= policy.idempotency_window:
        known = await ask()
        if known is not None:
            return known
    unknown: OutcomeUnknown | None = None
    tried = 0

    async def once() -> Transaction:
        """Ask what became of what was sent before; if that is nothing, send, except at the very end."""
        nonlocal unknown, tried
        tried += 1
        if unknown is not None:
            known = await ask()
            if known is not None:
                outcome_known()
                return known
            if tried > policy.tries:
                raise unknown
        # Not found is not "did not happen": it may be applied late. The same reference makes sending again harmless.
        try:
            told = await send()
        except OutcomeUnknown as error:
            unknown = error
            outcome_unknown(clock.monotonic())
            raise
        outcome_known()
        return told

    tries = RetryPolicy(policy.tries + 1, policy.pause_s, policy.pause_s)
    on = (Unavailable, OutcomeUnknown)
    try:
        return await retrying(once, on=on, policy=tries, clock=clock, in_vain=lambda: unknown is None)
    except Unavailable as unavailable:
        if unknown is None:
            raise
        raise unknown from unavailable
