"""Runs seeds, in one process or in several, and gives what came of each in plain values."""

from __future__ import annotations

import multiprocessing
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field

from tests.simulation.day import live
from tests.simulation.dice import DICE, Dice


@dataclass(frozen=True, slots=True)
class Came:
    """What came of one seed. `cpu_s` is what it took on one core."""

    seed: int
    sessions: int
    wrong: tuple[str, ...] = ()
    stories: dict[str, list[str]] = field(default_factory=dict)
    met: dict[str, int] = field(default_factory=dict)
    cpu_s: float = 0.0


def run_seed(dice: Dice) -> Came:
    """Live this seed; what is raised is wrong, too."""
    begun = time.process_time()
    try:
        outcome = live(dice)
    except Exception as error:  # noqa: BLE001 - whatever it is, the seed is to be told
        where = traceback.format_exception(error)[-6:]
        return Came(dice.seed, dice.drivers, (f"* it raised {error!r}:\n{''.join(where)}",))
    met = outcome.world.met()
    took = time.process_time() - begun
    return Came(dice.seed, outcome.sessions, tuple(outcome.wrong), outcome.stories, met, took)


def run_seeds(every: list[Dice], jobs: int, live_one: Callable[[Dice], Came] = run_seed) -> Iterator[Came]:
    """Each seed, in whatever order they are done."""
    if jobs == 1:
        yield from map(live_one, every)
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(jobs, initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_IGN)) as pool:
        yield from pool.imap_unordered(live_one, every, chunksize=4)


@dataclass(slots=True)
class Summary:
    """What came of all of them."""

    seeds: int = 0
    sessions: int = 0
    cpu_s: float = 0.0
    met: Counter[str] = field(default_factory=Counter)
    failed: list[Came] = field(default_factory=list)

    def add(self, came: Came) -> None:
        """One more."""
        self.seeds += 1
        self.sessions += came.sessions
        self.cpu_s += came.cpu_s
        self.met.update(came.met)
        if came.wrong:
            self.failed.append(came)

    def document(self) -> dict[str, object]:
        """As one JSON document."""
        return {
            "seeds": self.seeds,
            "sessions": self.sessions,
            "violations": len(self.failed),
            "cpu_s": round(self.cpu_s, 1),
            "met": dict(sorted(self.met.items())),
            "failed": [asdict(one) for one in self.failed],
        }


def replay(dice: Dice) -> str:
    """The one command that lives this seed again."""
    unless = f" --drivers {dice.drivers} --days {dice.days:g}" + "".join(
        f" --without '{die}'" if " " in die else f" --without {die}" for die in DICE if die in dice.off
    )
    return f"python -m tests.simulation --seeds {dice.seed}-{dice.seed}{unless}"
