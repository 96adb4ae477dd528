"""Whether what was read of some topics is all that stood there a moment ago. Pure; times are monotonic seconds.

Where the topics end is asked again and again. Once all was read to where they ended when they were asked, what is told
is as old as that question; too old, it is not known any more. A broker that does not answer needs no rule of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

KNOWN_FOR_S = 15.0
"""What is older than that is not told."""

Where = TypeVar("Where")


class Freshness(Generic[Where]):
    """How fresh what was read is, by what the broker said and how far was read."""

    def __init__(self) -> None:
        self._asked_at = 0.0
        self._goal: Mapping[Where, int] | None = None
        self._fresh_at: float | None = None
        self.ever = False
        """Whether it was known once."""

    def asked(self, ends: Mapping[Where, int], at: float) -> None:
        """The topics ended there when that was asked at this time."""
        if self._goal is None:  # one goal after another, so that each is reached however fast the topics grow
            self._goal, self._asked_at = ends, at

    def read(self, positions: Mapping[Where, int], at: float) -> None:
        """Everything before these offsets was read at this time."""
        if self._goal is not None and all(positions.get(one, -1) >= end for one, end in self._goal.items()):
            self._goal, self._fresh_at = None, self._asked_at
            self.ever = self.ever or self.known(at)

    def stale(self, at: float) -> bool:
        """Whether it is time to ask again where the topics end: they were read to where they ended long ago."""
        return self._goal is None and not self.known(at)

    def doubt(self) -> None:
        """It is read anew."""
        self._goal = self._fresh_at = None

    def known(self, now: float) -> bool:
        """Whether what was read may be told."""
        return self._fresh_at is not None and now - self._fresh_at <= KNOWN_FOR_S
