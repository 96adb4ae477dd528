"""Makes a world that fails smaller while it still fails: fewer drivers, fewer dice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.simulation.day import Outcome, live
from tests.simulation.dice import DICE, Dice

Live = Callable[[Dice], Outcome]


def shrink(dice: Dice, says: Callable[[str], None] = lambda what: None, lives: Live = live) -> Dice:
    """The same seed with the fewest drivers and then the fewest dice with which something is still wrong."""

    def fails(tried: Dice) -> bool:
        return bool(lives(tried).wrong)

    for drivers in range(1, dice.drivers):
        if fails(replace(dice, drivers=drivers)):
            dice = replace(dice, drivers=drivers)
            says(f"{drivers} drivers are enough")
            break
    for die in DICE:
        without = replace(dice, off=dice.off | {die})
        if die in dice.on and fails(without):
            dice = without
            says(f"without {die}")
    return dice
