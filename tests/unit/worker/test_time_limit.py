"""Whoever takes longer than the limit is ended, and nobody else: one timer looks after all."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tapwatt.worker.time_limit import TimeLimit


async def within(limit: TimeLimit, work: Callable[[], Awaitable[object]]) -> object:
    with limit:
        return await work()


async def for_ever() -> None:
    await asyncio.get_running_loop().create_future()


async def test_each_task_has_its_whole_time_and_no_more() -> None:
    limit, ended = TimeLimit(0.1), []

    async def begins_at(at_s: float) -> None:
        await asyncio.sleep(at_s)
        begun = asyncio.get_running_loop().time()
        with pytest.raises(TimeoutError):
            await within(limit, for_ever)
        ended.append(asyncio.get_running_loop().time() - begun)

    async with asyncio.TaskGroup() as group:
        for number in range(20):
            group.create_task(begins_at(number / 100))
    assert len(ended) == 20
    assert all(0.099 < took < 0.3 for took in ended)
    assert limit.longest_s == 0


async def test_what_ends_in_time_is_left_alone_and_goes_on_afterwards() -> None:
    limit = TimeLimit(0.05)

    async def quick() -> str:
        await asyncio.sleep(0.01)
        return "done"

    assert await within(limit, quick) == "done"
    await asyncio.sleep(0.1)  # beyond the limit, and outside it


async def test_a_task_that_somebody_else_cancels_is_cancelled_and_not_over_its_time() -> None:
    limit = TimeLimit(60)
    task = asyncio.create_task(within(limit, for_ever))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_task_that_is_cancelled_as_its_time_ends_is_cancelled() -> None:
    limit = TimeLimit(0.02)
    tasks: list[asyncio.Task[object]] = []

    async def slow_to_end() -> None:
        try:
            await for_ever()
        except asyncio.CancelledError:
            tasks[0].cancel()
            raise

    tasks.append(asyncio.create_task(within(limit, slow_to_end)))
    with pytest.raises(asyncio.CancelledError):
        await tasks[0]


async def test_a_task_that_goes_on_is_known_by_its_age_and_holds_up_nobody_else() -> None:
    limit, let_go = TimeLimit(0.05), asyncio.Event()

    async def stubborn() -> str:
        while not let_go.is_set():
            try:
                await let_go.wait()
            except asyncio.CancelledError:
                continue
        return "ended at last"

    stuck = asyncio.create_task(within(limit, stubborn))
    await asyncio.sleep(0)
    with pytest.raises(TimeoutError):
        await within(limit, for_ever)
    with pytest.raises(TimeoutError):
        await within(limit, for_ever)
    assert limit.longest_s > 0.09
    let_go.set()
    # then it goes on as if nobody had cancelled it
    assert await stuck == "ended at last"
    assert stuck.cancelling() == 0
