"""The same day said once, and said again and again, late and in another order: the provider's books have to be equal.

Nothing else goes wrong in either. Each event is said one to five times, its copies up to seven days late, and once more
when the week is over, in another order; the first time is when it happened.
"""

from __future__ import annotations

import time
from dataclasses import replace

from tests.simulation.day import Outcome, live
from tests.simulation.dice import DICE, Dice
from tests.simulation.seeds import Came

ONCE = frozenset(DICE)
AGAIN_AND_AGAIN = frozenset(DICE) - {"repeats", "again"}
THROWN = frozenset({"repeats", "again"})


def run_shuffle(dice: Dice) -> Came:
    """Live the day of this seed twice; each hold that is not the same in both is wrong."""
    begun = time.process_time()
    once = books(live(replace(dice, off=ONCE)))
    shuffled = Always(dice.seed, dice.drivers, dice.days, AGAIN_AND_AGAIN)
    outcome = live(shuffled)
    wrong = [*outcome.wrong, *different(once, books(outcome))]
    met = {"sessions charged": sum(any(held) for held in once.values()), "records": said(outcome)}
    return Came(dice.seed, outcome.sessions, tuple(wrong), {}, met, time.process_time() - begun)


class Always(Dice):
    """Both dice are thrown in every seed."""

    on = THROWN


Hold = tuple[int, int, int, int, int]
Books = dict[str, list[Hold]]


def books(outcome: Outcome) -> Books:
    """By operator/session: each hold in minor units, as authorised, captured, released, reversed and refunded."""
    found: Books = {}
    for held in outcome.world.provider._books._holds.values():
        amounts = (held.authorised, held.captured, held.released, held.reversed, held.refunded)
        found.setdefault(held.order_reference, []).append(tuple(one.minor for one in amounts))  # type: ignore[arg-type]
    return found


def different(once: Books, shuffled: Books) -> list[str]:
    """What is not the same, a sentence a session."""
    names = sorted(once.keys() | shuffled.keys())
    return [
        f"{name}: {once.get(name, [])} when said once, {shuffled.get(name, [])} when said again and again"
        for name in names
        if once.get(name) != shuffled.get(name)
    ]


def said(outcome: Outcome) -> int:
    """How many records fleets wrote."""
    of_a_fleet = ("session-requested", "session-cancelled", "charging-ended", "stop-requested", "meter-read")
    records = outcome.world.log._records.items()
    return sum(len(some) for at, some in records if at.topic.split(".")[1] in of_a_fleet)
