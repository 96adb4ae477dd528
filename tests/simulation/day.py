"""Lets the world of one seed live: drivers, fleets, people and everything that goes wrong; then judges it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass

from tests.flow.virtual_time import in_virtual_time
from tests.simulation.dice import Dice
from tests.simulation.drivers import DAY_S, Driver
from tests.simulation.fleets import Fleet
from tests.simulation.oracle import judge
from tests.simulation.persons import People
from tests.simulation.reading import read_once
from tests.simulation.story import story
from tests.simulation.world import World

FORGOTTEN_S = 47 * DAY_S
"""What is remembered for 45 days is forgotten."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a seed: sentences about what is wrong, and the world as it ended."""

    dice: Dice
    wrong: list[str]
    sessions: int
    world: World
    stories: dict[str, list[str]]


async def _life(dice: Dice, tell: Collection[str]) -> Outcome:
    async with World(dice) as world:
        await _sessions(world, dice.drivers, life=1)
        if "again" in dice.on:
            await _again(world, dice.chance("day").choice((15, 20, 30, 40)) if "months" in dice.on else 7)
        await _until_all_is_over(world)
        wrong, sessions, stories = judge(world), len(world.truths), _stories(world, tell)
        if "names" in dice.on and not wrong:
            await asyncio.sleep(FORGOTTEN_S)
            world.begin_again()
            await world.stormy()
            await _sessions(world, max(dice.drivers // 2, 1), life=2)
            await _until_all_is_over(world)
            wrong, sessions, stories = judge(world), sessions + len(world.truths), _stories(world, tell)
        return Outcome(dice, wrong, sessions, world, stories)


async def _sessions(world: World, drivers: int, life: int) -> None:
    """Drivers come, and what their fleets say of it is said."""
    dice = world.dice
    chance = dice.chance(f"day {life}")
    operators = dice.chance("operators").randint(2, 4) if "operators" in dice.on else 1
    fleets = [Fleet(world, f"op{number}", dice.chance(f"fleet {number} {life}")) for number in range(operators)]
    turns: dict[str, asyncio.Lock] = {}
    living = []
    for number in range(drivers):
        fleet = fleets[number % operators]
        driver = Driver(world, fleet, number, f"s{number // operators}", turns, life)
        People(world, fleet, driver.truth, dice.chance(f"people {number} {life}")).begin()
        living.append(driver)
    async with asyncio.timeout(400 * DAY_S):
        await asyncio.gather(*(driver.live() for driver in living))
    await asyncio.sleep(chance.choice((0.5, 3)) * DAY_S)
    await world.calm()


async def _until_all_is_over(world: World) -> None:
    """People have done what they do, and the schedule for what was refused is over."""
    await asyncio.sleep(12 * DAY_S)
    await world.calm()


def _stories(world: World, tell: Collection[str]) -> dict[str, list[str]]:
    named = {what.partition(":")[0] for what in judge(world)} | set(tell)
    return {name: story(world, name) for name in sorted(named & world.truths.keys())}


async def _again(world: World, day: float) -> None:
    """Whatever fleets said is said again, in another order, as a replay from a backup would, on this day or later."""
    await asyncio.sleep(max(day * DAY_S - world.clock.monotonic(), 0))
    await world.stormy()
    chance = world.dice.chance("again")
    for record in chance.sample(world.said, len(world.said)):
        if "stop-requested" not in record.topic:
            world.log.append([record])
    await asyncio.sleep(chance.choice((60, DAY_S)))
    await world.calm()


def live(dice: Dice, tell: Collection[str] = ()) -> Outcome:
    """The world of this seed, from its first session to its last; with the stories of what is wrong, and of `tell`."""
    with read_once():
        return in_virtual_time(_life(dice, tell))
