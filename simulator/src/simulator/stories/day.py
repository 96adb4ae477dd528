"""Plays a day at the chargers: so many stories at once, each in its own corner of the world, and how each went."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from simulator.fleet.drivers import Scene, Waiting
from simulator.fleet.fleet import Fleet
from simulator.fleet.tariffs import ALL, published
from simulator.fleet.world import World
from simulator.stories.deck import Part
from tapwatt.errors import TapwattError


@dataclass(frozen=True, slots=True)
class Played:
    """How a story went: `trouble` is empty when it went as told, else a sentence."""

    part: Part
    session_ids: tuple[str, ...]
    trouble: str = ""


async def play_day(
    fleet: Fleet,
    world: World,
    parts: Sequence[Part],
    *,
    at_once: int,
    waiting: Waiting,
    played: Callable[[Played], None] = lambda one: None,
) -> list[Played]:
    """Publish the tariffs, then play every part, at most `at_once` at the same time.

    A story that goes wrong does not stop the others.
    """
    turn = asyncio.Semaphore(at_once)
    for tariff in ALL:
        offer = published(tariff, fleet.now())
        await fleet.say(offer, name=offer.offer)

    async def play(part: Part) -> Played:
        async with turn:
            scene = Scene(fleet, world, part.name, part.number, part.chance, waiting)
            trouble = ""
            try:
                await part.story.play(scene)
            except (TapwattError, TimeoutError) as error:
                trouble = str(error) or f"{part.name}: it took too long"
            one = Played(part, tuple(session.id for session in scene.sessions), trouble)
            played(one)
            return one

    async with asyncio.TaskGroup() as together:
        tasks = [together.create_task(play(part), name=part.name) for part in parts]
    return [task.result() for task in tasks]
