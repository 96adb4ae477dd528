"""Prices that no driver can ever be charged because others come first, and elements that overlap in part."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import combinations, product

from pricing.checking.finding import WORD, Finding, Subject, listed, note, warning
from pricing.checking.in_words import box_in_words
from pricing.checking.regions import Box, Budget, meet, meets, within, without
from pricing.checking.space import CLOCK, DAY, Space
from pricing.checking.winners import Contest, During, Runner
from pricing.engine.line_words import plain
from tapwatt.tariffs import PriceComponent

_MOST = 10
"""Overlaps that are named; that there are more is said."""
_MOST_NAMED = 3
_MOST_PARTS = 50
"""Parts of days that an element may hold in, on average, where elements are told apart by them."""


def never_charged(
    subject: Subject, contests: Sequence[Contest], hopeless: Collection[int], budget: Budget
) -> Iterator[Finding]:
    """Prices that never win. `hopeless` elements never hold by their own restrictions, which is said elsewhere."""
    beaten = {name: _reason(subject, runs, budget) for name, runs in _beaten(contests).items()}
    for number, element in enumerate(subject.tariff.elements):
        places = [place for place in range(len(element.price_components)) if (number, place) in beaten]
        if not places or number in hopeless:
            continue
        if len(places) == len(element.price_components) and len(places) > 1:
            reasons = {beaten[number, place] for place in places}
            if len(reasons) == 1:
                yield _never(subject.at(number), f"nothing of {subject.name(number)} is ever charged", *reasons)
                continue
        for place in places:
            word = WORD[element.price_components[place].type]
            path = f"{subject.at(number)}.price_components[{place}]"
            yield _never(path, f"{word} as priced in {subject.name(number)} is never charged", beaten[number, place])


def _never(path: str, says: str, reason: str) -> Finding:
    return warning(path, f"{says}: {reason}", "Put it before what covers it, narrow that, or leave it out.")


def _beaten(contests: Sequence[Contest]) -> dict[tuple[int, int], list[tuple[Contest, Runner]]]:
    """The prices that win in none of the contests in which they run, by element and place, with those contests."""
    ran: dict[tuple[int, int], list[tuple[Contest, Runner]]] = {}
    for contest in contests:
        for runner in contest.runners:
            ran.setdefault((runner.element, runner.place), []).append((contest, runner))
    return {name: runs for name, runs in ran.items() if not any(runner.wins for _, runner in runs)}


def _reason(subject: Subject, runs: list[tuple[Contest, Runner]], budget: Budget) -> str:
    contest, runner, holds = next(((c, r, r.holds) for c, r in runs if r.holds is not None), (*runs[0], None))
    if holds is None:
        return _WHY_NOT.get(contest.during, "its restrictions never hold together")
    before = [one for one in contest.runners[: contest.runners.index(runner)] if one.holds is not None]
    left = [holds]
    for one in before:
        left = without(left, one.holds, budget) if one.holds is not None else left
    if left:
        winners = [one.element for one in contest.runners if one.wins]
        return f"a fee is charged once, when the session starts, and then {_named(subject, winners)} always has one"
    alone = [one.element for one in before if one.holds is not None and within(holds, one.holds)]
    winners = alone[:1] or [one.element for one in before if meets(one.wins, holds)]
    if len(winners) == 1:
        return f"{subject.name(winners[0])} always comes first whenever it holds"
    return f"{_named(subject, winners)} together always come first whenever it holds"


_WHY_NOT = {
    During.PARKED: "a parked car draws no power and no current",
    During.RESERVED: "in a reservation no energy flows and nothing is drawn",
    During.EXPIRED: "in a reservation no energy flows and nothing is drawn",
}


def _named(subject: Subject, elements: list[int]) -> str:
    named = [subject.name(one) for one in elements[:_MOST_NAMED]]
    if len(elements) > _MOST_NAMED:
        named.append(f"{len(elements) - _MOST_NAMED} more")
    return listed(named)


def overlaps(subject: Subject, space: Space, contests: Sequence[Contest], budget: Budget) -> Iterator[Finding]:
    """Pairs of elements that hold together now and then, each also alone, with other prices: the first one wins."""
    found: dict[tuple[int, int], tuple[list[str], str]] = {}
    for contest in contests:
        for first, second, both in _overlapping(contest, budget):
            when = box_in_words(space, both, contest.everything) or "always"
            words, _ = found.setdefault((first.element, second.element), ([], when))
            word = _priced(contest)
            words.extend([word] if word not in words else [])
    for (one, other), (words, when) in list(found.items())[:_MOST]:
        yield note(
            subject.at(other),
            f"{subject.name(one)} and {subject.name(other)} overlap with different prices for {listed(words)}, "
            f"for example {when}: the first of them is charged then",
            "Nothing to do if that is meant; else change their order or let one end where the other begins.",
        )
    if len(found) > _MOST:
        yield note(
            f"{subject.path}.elements",
            f"{len(found) - _MOST} more pairs of elements overlap with different prices",
            "The first element of each pair is charged.",
        )


def _priced(contest: Contest) -> str:
    if contest.during in (During.RESERVED, During.EXPIRED):
        return "reservations"
    return WORD[contest.dimension]


def _overlapping(contest: Contest, budget: Budget) -> Iterator[tuple[Runner, Runner, Box]]:
    running = [(runner, runner.holds) for runner in contest.runners if runner.holds is not None and runner.wins]
    for place, later in _meeting([box for _, box in running], budget):
        (first, one), (second, other) = running[place], running[later]
        budget.spend(1)
        apart = meet(one, other) is None or within(one, other) or within(other, one)
        if apart or _same(first.component, second.component):
            continue
        budget.spend(len(first.wins))
        both = meets(first.wins, other)
        if both:
            yield first, second, both[0]


def _meeting(boxes: Sequence[Box], budget: Budget) -> Iterator[tuple[int, int]]:
    """Places of the pairs that may meet, in order: all that share a part of a day, or all where that are too many."""
    parts = sum(box[DAY].bit_count() * box[CLOCK].bit_count() for box in boxes)
    if parts > len(boxes) * _MOST_PARTS:
        yield from combinations(range(len(boxes)), 2)
        return
    sharing: dict[tuple[int, int], list[int]] = {}
    for place, box in enumerate(boxes):
        for part in product(_cells(box[DAY]), _cells(box[CLOCK])):
            sharing.setdefault(part, []).append(place)
    found: set[tuple[int, int]] = set()
    for places in sharing.values():
        budget.spend(len(places) * (len(places) - 1) // 2)
        found.update(combinations(places, 2))
    yield from sorted(found)


def _cells(bits: int) -> list[int]:
    return [cell for cell in range(bits.bit_length()) if bits >> cell & 1]


def _same(one: PriceComponent, other: PriceComponent) -> bool:
    return (plain(one.price), one.vat, one.step_size) == (plain(other.price), other.vat, other.step_size)
