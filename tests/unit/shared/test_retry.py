"""The one loop that tries again: what it tries again, how long it waits, when it gives up."""

import asyncio
from datetime import UTC, datetime

import pytest

from tapwatt.errors import OutcomeUnknown, Unavailable
from tapwatt.retry import RetryPolicy, retrying


class Time:
    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime(2026, 3, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        return sum(self.slept)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


class Fails:
    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)

    async def __call__(self) -> str:
        if self.errors:
            raise self.errors.pop(0)
        return "done"


async def test_it_waits_longer_each_time_up_to_a_limit_and_as_long_as_it_is_asked_to() -> None:
    time, heard = Time(), []
    call = Fails(*(Unavailable("away") for _ in range(4)), Unavailable("away", 9.0), Unavailable("away", 0.1))
    policy = RetryPolicy(None, 0.5, 3.0)
    failed = lambda error, tried: heard.append(tried)  # noqa: E731
    assert await retrying(call, on=(Unavailable,), policy=policy, clock=time, failed=failed) == "done"
    assert time.slept == [0.5, 1.0, 2.0, 3.0, 3.0, 3.0]
    assert heard == [1, 2, 3, 4, 5, 6]


async def test_when_its_tries_are_used_up_the_last_error_is_raised() -> None:
    time = Time()
    call = Fails(Unavailable("first"), OutcomeUnknown("second"), Unavailable("third"))
    with pytest.raises(OutcomeUnknown, match="second"):
        await retrying(call, on=(Unavailable, OutcomeUnknown), policy=RetryPolicy(2), clock=time)
    assert len(time.slept) == 1


async def test_what_it_was_not_told_to_try_again_comes_out_at_once() -> None:
    time = Time()
    with pytest.raises(ZeroDivisionError):
        await retrying(Fails(ZeroDivisionError()), on=(Unavailable,), policy=RetryPolicy(), clock=time)
    with pytest.raises(Unavailable):
        await retrying(
            Fails(Unavailable("away")), on=(Unavailable,), policy=RetryPolicy(), clock=time, in_vain=lambda: True
        )
    assert time.slept == []
