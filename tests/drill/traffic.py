"""Drivers who come and go meanwhile: ordinary sessions, a few at once, whatever becomes of each."""

from __future__ import annotations

import asyncio
from random import Random

from simulator.fleet.drivers import Scene, Waiting
from simulator.fleet.fleet import Fleet
from simulator.fleet.tariffs import ALL, published
from simulator.fleet.world import World
from simulator.stories import STORIES
from tapwatt.errors import TapwattError

EVERY_S = 1.0
AT_ONCE = 20
USUAL = tuple(story for story in STORIES if story.often and "by-hand" not in story.name)
"""Nobody is at the portal, which is one of the faults."""


class Traffic:
    """Sessions without end, until it is cancelled. `begun` and `well` count them."""

    def __init__(self, fleet: Fleet, world: World) -> None:
        self._fleet = fleet
        self._world = world
        self._number = 5000
        self.begun = self.well = 0

    async def flow(self) -> None:
        """A driver a second. One who waits too long, or is turned away, gives up."""
        for tariff in ALL:
            offer = published(tariff, self._fleet.now())
            await self._fleet.say(offer, name=offer.offer)
        turn = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as together:
            while True:
                await turn.acquire()
                together.create_task(self._one(turn))
                await asyncio.sleep(EVERY_S)

    def scene(self, name: str) -> Scene:
        """A corner of the world that nobody else is in."""
        self._number += 1
        chance = Random(self._number)
        waiting = Waiting(patience_s=30.0, shortest_charge_s=2.0)
        return Scene(self._fleet, self._world, f"drill-{name}-{self._number}", self._number, chance, waiting)

    async def _one(self, turn: asyncio.Semaphore) -> None:
        self.begun += 1
        try:
            story = USUAL[self._number % len(USUAL)]
            await story.play(self.scene(story.name))
            self.well += 1
        except (TapwattError, TimeoutError, OSError):
            pass  # something is broken on purpose
        finally:
            turn.release()
