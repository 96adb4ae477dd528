"""The provider's own account of the sessions of a period, asked order by order: it has no list of a period.

CCV answers by merchantOrderReference alone. So it tells everything that was done for a session that we know, by hand
too, and nothing of one that we do not: a settlement file finds those.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime

from tapwatt.errors import Unavailable
from tapwatt.money import Money
from tapwatt.provider.port import Kind as Done
from tapwatt.provider.port import Provider, Status, Transaction
from tapwatt_watch.reconciliation.claims import Claims
from tapwatt_watch.reconciliation.difference import Frame
from tapwatt_watch.reconciliation.movements import Kind, Movement, Statement

SOURCE = "provider"
AT_ONCE = 4
TRIES = 6
PAUSE_S = 2.0
REST_IS_NOT_TOLD = "The provider does not tell whether it let the rest of a captured hold go: that is not compared."


def orders_of(claims: Claims, frame: Frame) -> dict[str, str]:
    """Under which names to ask: the session of each order, of those that were spoken of within the period."""
    return {
        order: session
        for session, (first, last) in claims.spoken.items()
        if session and first < frame.end and last >= frame.start
        for order in claims.orders.get(session, {session})
    }


async def ask(
    provider: Provider, orders: Mapping[str, str], now: datetime, rest: bool, progress: Callable[[int, int], None]
) -> Statement:
    """Everything that the provider has of these orders. Unavailable where it does not answer, after some tries.

    `rest` is whether the rest of a captured hold is let go by a reversal of ours, which the provider then tells.
    """
    turn = asyncio.Semaphore(AT_ONCE)
    found: list[Movement] = []
    asked = 0

    async def one(order: str, session: str) -> None:
        nonlocal asked
        async with turn:
            found.extend(_movements(await _find(provider, order), session, now, rest))
        asked += 1
        progress(asked, len(orders))

    async with asyncio.TaskGroup() as together:
        for order, session in orders.items():
            together.create_task(one(order, session))
    only = frozenset(orders.values())
    notes = () if rest else (REST_IS_NOT_TOLD,)
    return Statement(SOURCE, tuple(found), frozenset(Kind), now, only, notes=notes)


async def _find(provider: Provider, order: str) -> list[Transaction]:
    for left in reversed(range(TRIES)):
        try:
            return await provider.find(order)
        except Unavailable as error:
            if not left:
                raise
            await asyncio.sleep(error.retry_after_s or PAUSE_S)
    raise AssertionError("it was tried at least once")


def _movements(told: Collection[Transaction], session: str, now: datetime, rest: bool) -> Iterator[Movement]:
    """What moved money. What is pending or failed has moved none; a capture's own reversal pays all of it back."""
    done = [one for one in told if one.status is Status.SUCCESS and one.amount is not None]
    captures = {one.reference: one.original_reference or "" for one in done if one.kind is Done.CAPTURE}
    held = {one.reference: one.amount for one in done if one.kind is Done.AUTHORISE}
    for one in done:
        origin = one.original_reference or ""
        hold = one.reference if one.kind is Done.AUTHORISE else captures.get(origin, origin)
        kind = _kind(one.kind, of_a_capture=origin in captures)
        if kind is None or one.amount is None:
            continue
        reference = hold if kind is Kind.RELEASE else one.reference
        yield Movement(kind, reference, one.amount, one.final_at or one.created_at or now, session, hold)
        standing = held.get(hold)
        if kind is Kind.CAPTURE and not rest and standing is not None and standing.minor > one.amount.minor:
            left = Money(minor=standing.minor - one.amount.minor, currency=standing.currency)
            yield Movement(Kind.RELEASE, hold, left, one.final_at or now, session, hold)


def _kind(done: Done, *, of_a_capture: bool) -> Kind | None:
    match done:
        case Done.AUTHORISE:
            return Kind.HOLD
        case Done.CAPTURE:
            return Kind.CAPTURE
        case Done.REVERSAL:
            return Kind.REFUND if of_a_capture else Kind.RELEASE
        case Done.REFUND:
            return Kind.REFUND
        case Done.CHARGEBACK:
            return Kind.CHARGEBACK
        case Done.TOKEN:
            return None
