"""Follows a pending transaction to its end: asks from time to time, and at once when a hint comes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tapwatt.clock import Clock
from tapwatt.errors import BrokenInvariant, Unavailable
from tapwatt.provider.port import Provider, Transaction
from tapwatt.provider.settings import ProviderSettings
from tapwatt.provider.webhook_hints import WebhookHints


@dataclass(frozen=True, slots=True)
class PollingPace:
    """How long to wait between two questions, in seconds: first, growing by a factor, never longer or shorter than."""

    first_s: float = 1.0
    growth: float = 1.5
    longest_s: float = 10.0
    least_s: float = 0.2

    @classmethod
    def of(cls, settings: ProviderSettings) -> PollingPace:
        """As the operator has set it."""
        return cls(settings.poll_first_s, settings.poll_growth, settings.poll_longest_s, settings.poll_least_s)


GivenUp = Callable[[], Awaitable[bool]]
"""Whether nobody waits for the transaction any more."""


async def never() -> bool:
    """Somebody waits for it to the end."""
    return False


async def poll_until_final(
    provider: Provider,
    transaction: Transaction,
    *,
    deadline: float,
    clock: Clock,
    hints: WebhookHints,
    pace: PollingPace = PollingPace(),
    given_up: GivenUp = never,
) -> Transaction:
    """The transaction once it is final, or as it was last told at the deadline (`clock.monotonic()` seconds).

    It ends as soon as nobody waits any more, which is looked at each time before it is asked about; a hint wakes it.

    It is asked about at least once more, and once at the deadline. A provider that cannot be asked (Unavailable), or
    that does not know the transaction yet, is asked again; anything worse is raised.
    """
    if transaction.final:
        return transaction
    wait = pace.first_s
    with hints.listening(transaction.reference) as hinted:
        while True:
            left = deadline - clock.monotonic()
            await hint_or_time(hinted, min(wait, left), pace.least_s, clock)
            if await given_up():
                return transaction
            over = clock.monotonic() >= deadline
            wait = min(wait * pace.growth, pace.longest_s)
            try:
                told = await provider.status(transaction.reference)
            except Unavailable as unavailable:
                told = None
                wait = max(wait, unavailable.retry_after_s or 0.0)
            transaction = _same(transaction, told) if told is not None else transaction
            if over or transaction.final:
                return transaction


async def hint_or_time(hinted: asyncio.Event, wait_s: float, least_s: float, clock: Clock) -> None:
    """Waits so long, or for a hint; but so long at least that a flood of forged hints does not become one of ours."""
    if wait_s <= 0:
        return
    begun = clock.monotonic()
    async with asyncio.TaskGroup() as both:
        waiting = both.create_task(clock.sleep(wait_s)), both.create_task(hinted.wait())
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for one in waiting:
            one.cancel()
    early = min(least_s, wait_s) - (clock.monotonic() - begun)
    if early > 0:
        await clock.sleep(early)
    hinted.clear()


def _same(before: Transaction, now: Transaction) -> Transaction:
    """What is told now, if it is still about what was asked for."""
    pairs = (
        (before.kind, now.kind),
        (before.asked, now.asked),
        (before.order_reference, now.order_reference),
        (before.original_reference, now.original_reference),
    )
    for was, became in pairs:
        if was is not None and became is not None and was != became:
            raise BrokenInvariant(
                f"{before.reference} was told to be about {was} and now about {became}: compare with the provider"
            )
    return now
