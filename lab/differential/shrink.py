"""Makes a case as small as it can be while the same cause explains its difference, so that a reader can work it out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from lab.differential.cases import Case, Json, volume
from lab.differential.causes import Cause
from lab.differential.explain import compare
from lab.differential.peers import Peer

MOST_TRIES = 400
_Smaller = Callable[[Case], None]


def shrunk(case: Case, peer: Peer, known: Sequence[Cause]) -> Case:
    """The smallest case found with the same causes."""
    wanted = compare(case, peer, known).causes
    tries = 0
    again = True
    while again and tries < MOST_TRIES:
        again = False
        for make_smaller in _ways(case):
            tries += 1
            smaller = case.changed(make_smaller)
            if compare(smaller, peer, known).causes == wanted:
                case, again = smaller, True
                break
    return case


def _ways(case: Case) -> Iterator[_Smaller]:
    elements: list[Json] = case.tariff["elements"]
    if len(case.periods) > 1:
        yield _without_last_period
        yield _without_first_period
    for name in {"min_price", "max_price"} & set(case.tariff):
        yield _without((), name)
    for index, element in enumerate(elements):
        if len(elements) > 1:
            yield _without(("elements",), index)
        for name in element.get("restrictions", {}):
            yield _without(("elements", index, "restrictions"), name)
        components = element["price_components"]
        for number, component in enumerate(components):
            if len(components) > 1:
                yield _without(("elements", index, "price_components"), number)
            if "vat" in component:
                yield _without(("elements", index, "price_components", number), "vat")


def _without(path: Sequence[str | int], name: str | int) -> _Smaller:
    """Takes what has this name or number out of the part of the tariff at this path."""

    def take_out(case: Case) -> None:
        part: Any = case.tariff
        for step in path:
            part = part[step]
        part.pop(name)

    return take_out


def _without_last_period(case: Case) -> None:
    last = case.periods.pop()
    case.cdr["end_date_time"] = last["start_date_time"]
    _add_up(case)


def _without_first_period(case: Case) -> None:
    case.periods.pop(0)
    case.cdr["start_date_time"] = case.periods[0]["start_date_time"]
    _add_up(case)


def _add_up(case: Case) -> None:
    case.cdr["total_energy"] = sum((volume(p, "ENERGY") or Decimal(0) for p in case.periods), Decimal(0))
