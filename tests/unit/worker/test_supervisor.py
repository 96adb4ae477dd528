"""No task without a parent: one that ends unforeseen is seen, counted, and begins again or ends the process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tapwatt.clock import SystemClock
from tapwatt.log import quiet
from tapwatt.worker.supervisor import Supervisor


@asynccontextmanager
async def supervisor() -> AsyncIterator[tuple[Supervisor, list[str]]]:
    ended: list[str] = []
    async with Supervisor(SystemClock(), quiet(), ended.append) as tasks:
        yield tasks, ended


async def nothing() -> None:
    return None


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("odd"), asyncio.CancelledError(), BaseExceptionGroup("many", [KeyError()])]
)
async def test_a_task_that_ends_unforeseen_is_counted_and_begins_again_after_its_pause(error: BaseException) -> None:
    begun = 0

    async def watch() -> None:
        nonlocal begun
        begun += 1
        if begun < 3:
            raise error
        await asyncio.sleep(60)

    async with supervisor() as (tasks, ended), tasks.beside("watch", watch, again_after_s=0.01):
        await asyncio.sleep(0.1)
        assert (begun, ended) == (3, ["watch", "watch"])
        assert tasks.ends_in_peace


async def test_a_task_that_nobody_begins_again_ends_the_process_with_its_error() -> None:
    error = ZeroDivisionError("odd")

    async def watch() -> None:
        raise error

    async with supervisor() as (tasks, ended), tasks.beside("watch", watch):
        assert await tasks.until_it_must_end(nothing()) is error
    assert ended == ["watch"]


async def test_a_task_that_simply_stops_is_not_what_anybody_foresaw_either() -> None:
    async with supervisor() as (tasks, ended), tasks.beside("watch", nothing):
        assert str(await tasks.until_it_must_end(nothing())) == "watch has ended"
    assert ended == ["watch"]


async def test_what_was_started_within_the_block_ends_with_it() -> None:
    cancelled: list[str] = []

    async def work(name: str) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(name)
            raise

    async with supervisor() as (tasks, ended):
        async with tasks.beside("inner", lambda: work("inner")):
            tasks.start(work("outer"))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert cancelled == ["inner"]
    assert cancelled == ["inner", "outer"]
    assert ended == []


async def test_asked_to_stop_while_it_is_still_starting_it_stops_starting() -> None:
    async def start() -> None:
        asyncio.get_running_loop().call_later(0.01, tasks.ask_to_stop)
        await asyncio.sleep(60)
        raise AssertionError("it went on")

    async with supervisor() as (tasks, ended):
        assert await tasks.until_it_must_end(start()) is None
    assert ended == []


async def test_what_goes_wrong_in_starting_ends_it_and_the_first_error_counts() -> None:
    async def start() -> None:
        raise KeyError("first")

    async with supervisor() as (tasks, _):
        error = await tasks.until_it_must_end(start())
        tasks.fail(ValueError("second"))
        assert isinstance(error, KeyError)
        assert not tasks.ends_in_peace
