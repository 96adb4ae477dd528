"""Deals out a day's stories from a seed: every story once, then ordinary ones until there are enough sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from simulator.stories import STORIES, Story


@dataclass(frozen=True, slots=True)
class Part:
    """One story to be played. The same run, number and story are always played the same way."""

    number: int
    story: Story
    name: str
    seed: str

    @property
    def chance(self) -> Random:
        """This part's own chance, whatever the others do meanwhile."""
        return Random(self.seed)  # noqa: S311 - repeatable on purpose


def deal(sessions: int, seed: int, run: str = "demo", stories: Sequence[Story] = STORIES) -> list[Part]:
    """At least so many sessions, and every story at least once, shuffled. `run` begins every session's name."""
    chance = Random(f"deal/{seed}")  # noqa: S311 - repeatable on purpose
    dealt = list(stories)
    usual = [story for story in stories if story.often]
    while sum(story.sessions for story in dealt) < sessions:
        dealt.append(chance.choices(usual, weights=[story.often for story in usual])[0])
    chance.shuffle(dealt)
    return [
        Part(number, story, f"{run}-{number:03d}-{story.name}", f"{seed}/{number}/{story.name}")
        for number, story in enumerate(dealt, start=1)
    ]
