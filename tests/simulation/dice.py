"""The dice of one seed: which things go wrong in this world, and how much of each. One seed throws them all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from random import Random

DICE: dict[str, str] = {
    "operators": "two to four operators with clashing session ids, terminals and sites",
    "repeats": "a fleet says its events up to five times, late and in another order",
    "corrections": "a fleet corrects itself: another word of how a session ended, later and larger",
    "contradictions": "a fleet contradicts itself: other content, under a new name or a known one",
    "lies": "a charger says energies and times that cannot be, or its clock is off by days",
    "silence": "nobody says how a session ended; a meter may have been read",
    "again": "all that fleets ever said is said again days later, in another order",
    "months": "weeks or months pass before that",
    "foreign": "broken, foreign and empty records stand among the good ones",
    "kills": "a process is killed anywhere and starts again",
    "members": "a service has two members, and partitions go from one to the other while they are handled",
    "frozen": "a member is frozen past its session timeout and goes on with what it had",
    "produce": "the broker does not acknowledge, is slow, or takes a record twice",
    "partitions": "a topic gets more partitions in the middle",
    "transactions": "offsets are left out, as aborted transactions leave them",
    "redis": "Redis is away, slow, or takes no writes",
    "lost views": "Redis comes back empty or older, or a single key is gone: the view is rebuilt from the log",
    "faults": "calls to the provider are lost before or after they are applied, applied late, pending or refused",
    "habits": "the provider ignores or forgets references, is slow, or keeps the rest of a hold",
    "outages": "the provider is not there for minutes",
    "manual": "a transaction needs the provider's helpdesk",
    "amounts": "the provider answers with another amount than it took",
    "portal": "a person takes, lets go or gives back at the provider's portal, and banks charge back",
    "refunds": "an operator asks for money to go back, also twice and too much",
    "persons": "a person decides what a disputed session owes",
    "strikes": "an exception of any kind is raised at any await of a handler",
    "taps": "drivers stop by card: their own, another one's, at the wrong EVSE, again and again",
    "first days": "a fleet of the first days does not say whose session it is that ended",
    "names": "an operator's counter begins again: the names of sessions come again after seven weeks",
    "hints": "webhooks come, do not come, and are forged",
}
"""Each die, and what it does."""

LIKELY = 0.55
"""How likely a die is thrown in a seed, so that each meets each other and stands alone at times, too."""


@dataclass(frozen=True)
class Dice:
    """What happens in the world of one seed. `off` are the dice that are not thrown."""

    seed: int
    drivers: int = 10
    days: float = 3.0
    off: frozenset[str] = frozenset()

    @cached_property
    def on(self) -> frozenset[str]:
        """The dice that are thrown: those of the seed without those that are off."""
        chance = Random(f"dice {self.seed}")
        thrown = {name for name in DICE if chance.random() < LIKELY}
        return frozenset(thrown - self.off)

    def chance(self, what: str) -> Random:
        """The chance of one part of the world: another part does not change it."""
        return Random(f"{what} {self.seed}")

    def rate(self, die: str, most: float) -> float:
        """How often it happens: never where the die is off, else up to this."""
        return Random(f"rate {die} {self.seed}").uniform(most / 5, most) if die in self.on else 0.0
