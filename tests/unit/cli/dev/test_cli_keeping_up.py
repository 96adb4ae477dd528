"""A part of a held ring that ends is heard of and comes back, however often its start fails; the others go on."""

from __future__ import annotations

import asyncio

from tapwatt.errors import TapwattError
from tapwatt_cli.dev.keeping import keep_up


class ScriptedPart:
    """A part that ends when the test says so, and whose next starts fail as often as the test says."""

    def __init__(self, name: str, failing_starts: int = 0) -> None:
        self.name = name
        self.ends = asyncio.Event()
        self.back = asyncio.Event()
        self._failing = failing_starts

    async def ended(self) -> None:
        await self.ends.wait()
        self.ends.clear()
        raise TapwattError(f"{self.name} ended by itself")

    async def restart(self) -> None:
        if self._failing:
            self._failing -= 1
            raise TapwattError(f"{self.name} does not start")
        self.back.set()


async def test_s33_a_part_that_ends_is_said_aloud_and_is_back_again() -> None:
    # given a ring of which one part starts only at the third try
    said: list[str] = []
    steady, failing = ScriptedPart("tariff"), ScriptedPart("capturer", failing_starts=2)
    keeping = asyncio.create_task(keep_up([steady, failing], said.append, first_pause_s=0.001))
    # when it ends by itself
    failing.ends.set()
    async with asyncio.timeout(5):
        await failing.back.wait()
    await asyncio.sleep(0)
    # then its end, each failed start and its return are said, and nothing of the other
    assert said == [
        "capturer ended by itself; it is started again",
        "capturer does not start; it is tried again in 0.002 s",
        "capturer does not start; it is tried again in 0.004 s",
        "capturer is back",
    ]
    # and when it ends again, that is heard, too
    failing.back.clear()
    failing.ends.set()
    async with asyncio.timeout(5):
        await failing.back.wait()
    assert said[4] == "capturer ended by itself; it is started again"
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
