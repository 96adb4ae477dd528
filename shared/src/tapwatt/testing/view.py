"""A view kept in the process itself: for tests and simulations, with the real one's manners."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Generic, TypeVar

from tapwatt.clock import Clock
from tapwatt.errors import Unavailable
from tapwatt.state.view import LEASE_S, Checkpoint, Generation, Superseded

Store = TypeVar("Store")


class InMemoryView(Generic[Store]):
    """One generation of a store is current, another may be being built. It begins empty and, unless told, not whole."""

    def __init__(self, new_store: Callable[[], Store], clock: Clock, *, whole: bool = False) -> None:
        self._new_store = new_store
        self._clock = clock
        self._current: Store | None = new_store() if whole else None
        self._marked: Generation | None = None
        self._building: tuple[Generation, Store] | None = None
        self._lease_ends = 0.0
        self._numbers = count(1)

    def flush(self) -> None:
        """Forget everything, as a Redis does that comes back empty."""
        self._current = self._marked = self._building = None

    def reading(self, into: Generation | None) -> Store:
        """The store to read from."""
        if into is not None:
            if self._building is None or self._building[0] != into:
                raise Superseded("the rebuild was taken over by another one")
            return self._building[1]
        if self._current is None:
            raise Unavailable("what this service knows is being rebuilt: nothing is said until it is whole")
        return self._current

    async def whole(self) -> bool:
        """Whether what the view says may be believed."""
        return self._current is not None

    async def begin(self) -> Generation | None:
        """Name a generation to build and lease it to the caller; None while another's lease runs, or if it is whole."""
        if self._building and self._clock.monotonic() < self._lease_ends:
            return None
        if self._current is not None:
            return None
        generation = Generation(f"build-{next(self._numbers)}")
        self._building = generation, self._new_store()
        await self.renew(generation)
        return generation

    async def resume(self) -> tuple[Generation, Checkpoint] | None:
        """Nothing comes back here: what is forgotten is forgotten."""
        return None

    async def distrust(self, generation: Generation) -> None:
        """As it does not come back, there is nothing to distrust."""

    async def checkpoint(self, noted: Checkpoint) -> None:
        """Nothing comes back here, so it is of no use."""
        self.reading(None)

    async def renew(self, generation: Generation) -> None:
        """Still at it."""
        self.reading(generation)
        self._lease_ends = self._clock.monotonic() + LEASE_S

    async def mark_whole(self, generation: Generation) -> None:
        """Make this generation what everybody reads."""
        if self._marked == generation:
            return
        self._current, self._marked, self._building = self.reading(generation), generation, None

    async def abandon(self, generation: Generation) -> None:
        """Let the next one begin at once."""
        if self._building and self._building[0] == generation:
            self._building = None

    async def clean(self) -> None:
        """Nothing is left over here."""
