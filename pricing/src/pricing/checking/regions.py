"""Parts of all that can happen, as boxes that do not overlap: where two meet, and what is left without one.

A box has a set of cells on every axis, as the bits of a whole number, and stands for all their combinations. Nothing is
sampled: what is left of a box without another is cut into at most one box an axis.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

Box = tuple[int, ...]
"""The cells on each axis, as bits."""

MOST_BOXES = 2_000
"""Boxes that a region may be cut into, and bounds on an axis, before a tariff counts as too much to look at."""
MOST_WORK = 500_000
"""Pairs of boxes that are compared for one tariff: some seconds."""


class TooMany(Exception):
    """The restrictions cut each other into more pieces than anyone should wait for."""


@dataclass(slots=True)
class Budget:
    """How much may still be compared."""

    left: int = MOST_WORK

    def spend(self, pairs: int) -> None:
        """Raises TooMany once there is nothing left."""
        self.left -= pairs
        if self.left < 0:
            raise TooMany


def meet(one: Box, other: Box) -> Box | None:
    """Where two boxes overlap; None if nowhere."""
    both = tuple(a & b for a, b in zip(one, other, strict=True))
    return both if all(both) else None


def meets(region: Iterable[Box], box: Box) -> list[Box]:
    """The part of a region that is in the box."""
    return [both for piece in region if (both := meet(piece, box)) is not None]


def within(one: Box, other: Box) -> bool:
    """Whether the first box lies wholly in the other."""
    return not any(a & ~b for a, b in zip(one, other, strict=True))


def without(region: Iterable[Box], box: Box, budget: Budget) -> list[Box]:
    """The part of a region that is not in the box. TooMany if that has too many pieces."""
    left: list[Box] = []
    for piece in region:
        budget.spend(1)
        left.extend(_cut(piece, box))
        if len(left) > MOST_BOXES:
            raise TooMany
    return left


def _cut(piece: Box, box: Box) -> Iterator[Box]:
    if meet(piece, box) is None:
        yield piece
        return
    inside = list(piece)
    for axis, cells in enumerate(box):
        outside = inside[axis] & ~cells
        if outside:
            yield (*inside[:axis], outside, *inside[axis + 1 :])
        inside[axis] &= cells
