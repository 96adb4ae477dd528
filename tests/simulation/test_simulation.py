"""Whole worlds with every die, seed after seed: each session ends in the ledger as its fleet's words say it."""

from __future__ import annotations

import pytest
from tests.simulation.day import live
from tests.simulation.dice import DICE, Dice
from tests.simulation.seeds import Came, replay, run_seed
from tests.simulation.shrink import shrink

SEEDS = 1500
"""As many as a core lives in little more than a minute. `make simulate` lives any number of them."""
IN_COMPANY = 500
"""So many of them have one driver, two, or three; whoever comes after is alone."""
AT_ONCE = 50


def small(seed: int) -> Dice:
    """One driver alone, two, or three."""
    return Dice(seed, drivers=1 + seed % 3 if seed < IN_COMPANY else 1)


def told(came: Came, dice: Dice) -> str:
    lines = [*came.wrong, *(line for one in came.stories.values() for line in one), f"live it again: {replay(dice)}"]
    return "\n".join(lines)


@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE))
def test_s33_whatever_happens_the_ledger_ends_as_the_fleets_words_say(first: int) -> None:
    for seed in range(first, first + AT_ONCE):
        came = run_seed(small(seed))
        assert not came.wrong, told(came, small(seed))


def test_a_seed_lives_the_same_life_each_time() -> None:
    first, again = (live(Dice(11, 3)) for _ in range(2))
    assert first.world.met() == again.world.met()
    assert [record.value for record in first.world.said] == [record.value for record in again.world.said]
    assert first.world.ear.values == again.world.ear.values


def test_every_die_is_thrown_and_does_something() -> None:
    # given the seeds of this room
    thrown = {die for seed in range(SEEDS) for die in small(seed).on}
    assert thrown == DICE.keys()
    met: dict[str, int] = {}
    for seed in range(0, 60):
        for what, count in run_seed(Dice(seed, 3)).met.items():
            met[what] = met.get(what, 0) + count
    assert all(met.values()), met


def test_what_fails_is_made_smaller_and_can_be_lived_again() -> None:
    # given a world that fails as long as there are four drivers and two of the dice
    class Failing:
        def __init__(self, dice: Dice) -> None:
            self.wrong = ["wrong"] if dice.drivers >= 4 and {"kills", "redis"} <= dice.on else []

    seed = next(seed for seed in range(100) if {"kills", "redis"} <= Dice(seed).on)
    smallest = shrink(Dice(seed, 10), lives=Failing)  # type: ignore[arg-type]
    # then it is made as small as that, and one command says so
    assert (smallest.drivers, smallest.on) == (4, frozenset({"kills", "redis"}))
    command = replay(smallest)
    assert command.startswith(f"python -m tests.simulation --seeds {seed}-{seed} --drivers 4 --days 3 --without")
    assert "--without 'lost views'" in command or "lost views" not in smallest.off
