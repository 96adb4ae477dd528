"""What is said again, late and in another order changes no hold; and what is different in two ledgers is named."""

from __future__ import annotations

from tests.simulation.dice import Dice
from tests.simulation.seeds import replay
from tests.simulation.shuffles import different, run_shuffle

SHUFFLES = 40


def test_s12_a_day_that_is_said_again_and_again_ends_in_the_ledger_of_the_day_said_once() -> None:
    charged = 0
    for seed in range(SHUFFLES):
        came = run_shuffle(Dice(seed, drivers=3))
        assert not came.wrong, "\n".join([*came.wrong, f"live it again: {replay(Dice(seed, 3))} --shuffles"])
        charged += came.met["sessions charged"]
    assert charged > SHUFFLES


def test_another_amount_another_hold_and_another_session_are_each_named() -> None:
    hold = (6000, 700, 5300, 0, 0)
    once = {"op0/s0": [hold], "op0/s1": [hold], "op0/s2": [hold]}
    shuffled = {"op0/s0": [(6000, 1400, 4600, 0, 0)], "op0/s1": [hold, hold], "op0/s3": [hold]}
    named = [what.partition(":")[0] for what in different(once, shuffled)]
    assert named == ["op0/s0", "op0/s1", "op0/s2", "op0/s3"]
    assert not different(once, once)
