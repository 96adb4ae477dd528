"""Several calls at the same time: what each gives, and that none goes on when one of them has failed."""

from __future__ import annotations

import asyncio

import pytest

from tapwatt.errors import Unavailable
from tapwatt.worker.tasks import together


async def test_all_are_at_work_at_the_same_time_and_give_what_they_give_in_their_order() -> None:
    met = asyncio.Barrier(3)

    async def call(number: int) -> int:
        await met.wait()
        return number

    async with asyncio.timeout(5):
        assert await together(call(number) for number in range(3)) == [0, 1, 2]


async def test_what_one_raises_is_raised_once_the_others_were_ended() -> None:
    ended = []

    async def hang() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append(True)

    async def fail() -> None:
        await asyncio.sleep(0)
        raise Unavailable("Redis is away")

    with pytest.raises(Unavailable, match="Redis is away"):
        await together([hang(), fail(), hang()])
    assert ended == [True, True]
