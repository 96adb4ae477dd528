"""What a story is: a name, a sentence, the scenarios it shows, how many sessions it takes, and how it is played."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from simulator.fleet.drivers import Scene

Play = Callable[[Scene], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Story:
    """A kind of session. `often` is its share of an ordinary day; 0 is told once only."""

    name: str
    tells: str
    scenarios: tuple[int, ...]
    play: Play
    sessions: int = 1
    often: int = 1


class Shelf:
    """Collects the stories of a module, each written as a function whose docstring says what it tells."""

    def __init__(self) -> None:
        self._stories: list[Story] = []

    def story(self, *scenarios: int, sessions: int = 1, often: int = 1) -> Callable[[Play], Play]:
        """Put this function on the shelf; its name is the story's, its docstring's first line what it tells."""

        def put(play: Play) -> Play:
            name = play.__name__.replace("_", "-")
            tells = (play.__doc__ or "").strip().splitlines()[0]
            self._stories.append(Story(name, tells, scenarios, play, sessions, often))
            return play

        return put

    @property
    def stories(self) -> tuple[Story, ...]:
        """What is on the shelf."""
        return tuple(self._stories)
