"""Builds a service's view anew from the log, one builder at a time, while everybody else waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import suppress
from typing import TypeVar

from tapwatt import crash_windows as crash
from tapwatt.clock import Clock
from tapwatt.errors import Unavailable
from tapwatt.log import Log
from tapwatt.retry import RetryPolicy, retrying
from tapwatt.state.redis_client import RedisAway
from tapwatt.state.view import LEASE_S, LOOK_MS, Checkpoint, Generation, Superseded, ViewState

Record = TypeVar("Record")
Read = Callable[[], AsyncIterator[Record]]
"""Reads the topics from the earliest record to the ends that it takes when it is asked for its first record."""
ReadSince = Callable[[Checkpoint], AsyncIterator[Record]]
"""The same from where a view was noted to be. CannotResume, before its first record, where that cannot be read."""
Apply = Callable[[Record, Generation], Awaitable[object]]
"""Writes one record into a generation: `sessions.into(generation)`, `index.into(generation)`."""
KeyOf = Callable[[Record], Hashable]
Noted = Callable[[bool], None]
"""Hears whether the view is whole."""


class CannotResume(Exception):
    """What was noted of a view does not fit the log: it is not the same log, or the log is shorter."""


def ignored(whole: bool) -> None:
    """Nobody wants to hear it."""


WAIT_S = 0.5
AT_ONCE = 128


async def rebuild(
    read_topics: Read[Record],
    apply: Apply[Record],
    state: ViewState,
    *,
    clock: Clock,
    key_of: KeyOf[Record] | None = None,
    noted: Noted = ignored,
    since: ReadSince[Record] | None = None,
) -> int | None:
    """Return when the view is whole: how many records were applied here, or None if nothing had to be done here.

    The records of one key are applied in order, different keys at the same time; without `key_of` all are in order.
    With `since`, a view that came back with Redis is brought up to date from where it was, and not built anew.
    `noted` hears each time it is known whether the view is whole. Unavailable if Redis goes away meanwhile: call again.
    """
    while not await _whole(state, noted):
        resumed = await state.resume() if since is not None else None
        generation = resumed[0] if resumed is not None else await state.begin()
        if generation is None:
            await clock.sleep(WAIT_S)
            continue
        records = since(resumed[1]) if since is not None and resumed is not None else read_topics()
        try:
            applied = await _build(records, apply, state, generation, clock, key_of)
            await state.mark_whole(generation)
        except Superseded:
            continue
        except CannotResume:
            await state.distrust(generation)
            continue
        except BaseException:
            with suppress(Unavailable):
                await state.abandon(generation)
            raise
        noted(True)
        with suppress(Unavailable):  # what is left over is removed by the next rebuild
            await state.clean()
        return applied
    return None


async def _whole(state: ViewState, noted: Noted) -> bool:
    try:
        whole = await state.whole()
    except Unavailable as error:
        if not isinstance(error, RedisAway):
            noted(False)
        raise
    noted(whole)
    return whole


async def until_whole(
    read_topics: Read[Record],
    apply: Apply[Record],
    state: ViewState,
    *,
    clock: Clock,
    log: Log,
    key_of: KeyOf[Record] | None = None,
    noted: Noted = ignored,
    since: ReadSince[Record] | None = None,
    again_s: float,
) -> None:
    """Return when the view is whole, however often Redis or the log goes away meanwhile; tried every `again_s`."""

    def failed(error: Exception, tried: int) -> None:
        if not isinstance(error, RedisAway):  # that is an outage, and named as one
            log.warning("view not rebuilt yet", reason=str(error))

    applied = await retrying(
        lambda: rebuild(read_topics, apply, state, clock=clock, key_of=key_of, noted=noted, since=since),
        on=(Unavailable,),
        policy=RetryPolicy(tries=None, first_pause_s=again_s, longest_pause_s=again_s),
        clock=clock,
        failed=failed,
    )
    if applied is not None:
        log.info("view rebuilt", records=applied)


async def stay_whole(
    read_topics: Read[Record],
    apply: Apply[Record],
    state: ViewState,
    *,
    clock: Clock,
    log: Log,
    key_of: KeyOf[Record] | None = None,
    noted: Noted = ignored,
    since: ReadSince[Record] | None = None,
    every_s: float = LOOK_MS / 1000,
) -> None:
    """Run beside a worker, for ever: look every so many seconds whether the view is whole, and build it if not."""
    while True:
        await until_whole(
            read_topics,
            apply,
            state,
            clock=clock,
            log=log,
            key_of=key_of,
            noted=noted,
            since=since,
            again_s=every_s,
        )
        await clock.sleep(every_s)


async def _build(
    records: AsyncIterator[Record],
    apply: Apply[Record],
    state: ViewState,
    generation: Generation,
    clock: Clock,
    key_of: KeyOf[Record] | None,
) -> int:
    renewed = clock.monotonic()
    applied = 0
    waiting: dict[Hashable, list[Record]] = {}
    async for record in records:
        waiting.setdefault(key_of(record) if key_of else None, []).append(record)
        applied += 1
        if applied % AT_ONCE == 0:
            await _apply(waiting, apply, generation)
        if clock.monotonic() - renewed > LEASE_S / 3:
            await state.renew(generation)
            renewed = clock.monotonic()
    await _apply(waiting, apply, generation)
    return applied


async def _apply(waiting: dict[Hashable, list[Record]], apply: Apply[Record], generation: Generation) -> None:
    async def in_order(records: list[Record]) -> None:
        for record in records:
            await apply(record, generation)

    try:
        async with asyncio.TaskGroup() as group:
            for records in waiting.values():
                group.create_task(in_order(records))
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from failed
    waiting.clear()
    if crash.armed:
        await crash.armed("in-rebuild")
