"""Keeps a ring up: a part of it that ends by itself is said aloud and started again, as often as it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from tapwatt.errors import TapwattError

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
Tell = Callable[[str], None]


class Part(Protocol):
    """A process that can end by itself and be started again."""

    name: str

    async def ended(self) -> None:
        """Wait until it ends by itself, and raise a TapwattError with its sentence then."""

    async def restart(self) -> None:
        """Start it again and wait until it works. A TapwattError says why it does not."""


async def keep_up(parts: Sequence[Part], tell: Tell, first_pause_s: float = FIRST_PAUSE_S) -> None:
    """Keep all of these up until this is cancelled. `tell` hears of each end, each failed start and each return."""
    async with asyncio.TaskGroup() as together:
        for part in parts:
            together.create_task(_keep(part, tell, first_pause_s))


async def _keep(part: Part, tell: Tell, first_pause_s: float) -> None:
    while True:
        try:
            await part.ended()
        except TapwattError as error:
            tell(f"{error}; it is started again")
        await _started_again(part, tell, first_pause_s)
        tell(f"{part.name} is back")


async def _started_again(part: Part, tell: Tell, pause_s: float) -> None:
    while True:
        await asyncio.sleep(pause_s)
        try:
            return await part.restart()
        except TapwattError as error:
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
            tell(f"{error}; it is tried again in {pause_s:g} s")
