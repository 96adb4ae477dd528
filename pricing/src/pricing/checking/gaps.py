"""Moments at which a driver pays nothing for something that the tariff has a price for: is that meant?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pricing.checking.finding import WORD, Finding, Subject, note, warning
from pricing.checking.in_words import region_in_words
from pricing.checking.regions import Box, Budget, meet, meets, without
from pricing.checking.space import ELAPSED, ENERGY, Space
from pricing.checking.winners import Contest, During
from tapwatt.tariffs import Dimension

_FALLBACK = "Add a last element without restrictions; if it is meant, give that a price of 0."
_BOUND = "A reading that crosses a bound is on neither side of it. Add a last element without that restriction."


def gaps(subject: Subject, space: Space, contests: Sequence[Contest], budget: Budget) -> Iterator[Finding]:
    """What is free although it has a price at other moments: a warning if charging is, else a note.

    Free at the start of every session, as the first half hour, is a note: who writes that means it.
    """
    by = {(contest.dimension, contest.during): contest for contest in contests}
    energy, time = by.get((Dimension.ENERGY, During.CHARGING)), by.get((Dimension.TIME, During.CHARGING))
    main = energy or time
    found: list[Finding] = []
    if main is not None:
        free = _both(energy, time, budget)
        found += _charging_is_free(subject, space, main, free)
        for contest in (energy, time):
            if contest is not None:
                found += _free(subject, space, contest, _less(contest.free, free, budget))
    for dimension, during in ((Dimension.PARKING_TIME, During.PARKED), (Dimension.FLAT, During.SESSION)):
        contest = by.get((dimension, during))
        found += _free(subject, space, contest, contest.free) if contest is not None else []
    reserved = by.get((Dimension.TIME, During.RESERVED))
    found += _free(subject, space, reserved, reserved.free) if reserved is not None else []
    yield from found
    if found and not any(one.restrictions is None for one in subject.tariff.elements):
        yield note(
            f"{subject.path}.elements",
            "no element is without restrictions, so there is no price to fall back on",
            "A last element without restrictions answers whenever no other does.",
        )


def _both(energy: Contest | None, time: Contest | None, budget: Budget) -> list[Box]:
    """Where neither energy nor time while charging has a price."""
    one, other = (list(contest.free) if contest is not None else None for contest in (energy, time))
    if one is None or other is None:
        return one or other or []
    budget.spend(len(one) * len(other))
    return [both for box in other for both in meets(one, box)]


def _less(region: Sequence[Box], boxes: Sequence[Box], budget: Budget) -> list[Box]:
    left = list(region)
    for box in boxes:
        left = without(left, box, budget)
    return left


def _charging_is_free(subject: Subject, space: Space, contest: Contest, free: Sequence[Box]) -> Iterator[Finding]:
    path, word = f"{subject.path}.elements", WORD[contest.dimension]
    points, everything = _at_points(space, free, contest.everything)
    at_start = [box for box in points if _only_at_start(box, everything)]
    later = [box for box in points if box not in at_start]
    if later:
        yield warning(path, f"{word} is free {region_in_words(space, later, everything)}; is that meant?", _FALLBACK)
    if at_start:
        when = region_in_words(space, at_start, everything)
        yield note(path, f"{word} is free {when} of every session" if when else f"{word} is free", _FALLBACK)
    if free and not points:
        when = region_in_words(space, free, contest.everything)
        yield warning(path, f"{word} is free {when}; is that meant?", _BOUND)


def _at_points(space: Space, region: Sequence[Box], everything: Box) -> tuple[list[Box], Box]:
    """The part of a region in which no reading crosses a bound, and all of that."""
    point = space.at_a_point()
    return meets(region, point), meet(everything, point) or everything


def _only_at_start(box: Box, everything: Box) -> bool:
    same = [part == whole for part, whole in zip(box, everything, strict=True)]
    others = all(one for axis, one in enumerate(same) if axis not in (ENERGY, ELAPSED))
    return others and all(same[axis] or box[axis] & (box[axis] + 1) == 0 for axis in (ENERGY, ELAPSED))


def _free(subject: Subject, space: Space, contest: Contest, free: Sequence[Box]) -> Iterator[Finding]:
    if not free:
        return
    everything = _same_start(contest.everything) if contest.dimension is Dimension.FLAT else contest.everything
    points, every_point = _at_points(space, free, everything)
    when = region_in_words(space, points, every_point) if points else region_in_words(space, free, everything)
    says = "a reservation costs nothing" if contest.during is During.RESERVED else f"{WORD[contest.dimension]} is free"
    if contest.dimension is Dimension.FLAT:
        says = "there is no fee for a session that starts"
    yield note(f"{subject.path}.elements", f"{says} {when}".rstrip(), "Nothing to do if that is meant.")


def _same_start(everything: Box) -> Box:
    return tuple(cells & 1 if axis in (ENERGY, ELAPSED) else cells for axis, cells in enumerate(everything))
