"""Who wins where: for each dimension the first element that holds, worked out for all that can happen at once.

The rules are those of pricing.engine.winning_element and pricing.engine.price, as regions instead of moments. A fee is
charged once, at the first moment at which a price for it holds: where there always is one at the start, no later
moment counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from pricing.checking.regions import Box, Budget, meet, meets, without
from pricing.checking.space import Space, at_start
from pricing.engine.winning_element import for_expired
from tapwatt.tariffs import Dimension, PriceComponent, Tariff, TariffElement


class During(StrEnum):
    """What goes on when a price is asked for."""

    CHARGING = "charging"
    PARKED = "parked"
    SESSION = "session"
    RESERVED = "reserved"
    EXPIRED = "expired"


ASKED = (
    (Dimension.ENERGY, During.CHARGING),
    (Dimension.TIME, During.CHARGING),
    (Dimension.PARKING_TIME, During.PARKED),
    (Dimension.FLAT, During.SESSION),
    (Dimension.TIME, During.RESERVED),
    (Dimension.FLAT, During.RESERVED),
    (Dimension.TIME, During.EXPIRED),
    (Dimension.FLAT, During.EXPIRED),
)
"""All that is ever asked of a tariff. What flows while a car is parked asks as one that charges and draws nothing."""


@dataclass(frozen=True, slots=True)
class Runner:
    """A price that takes part: its element and place, where it holds if ever, and where it is the first that does.

    For a fee that not every session has at its start, `wins` may hold more than is true: some later moment counts.
    """

    element: int
    place: int
    component: PriceComponent
    holds: Box | None
    wins: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Contest:
    """All prices of one dimension for what goes on, in the order in which they are asked, and where none of them holds.

    `everything` is all that can happen then. A fee is `free` in what can happen when a session starts.
    """

    dimension: Dimension
    during: During
    everything: Box
    runners: tuple[Runner, ...]
    free: tuple[Box, ...]


def contests(tariff: Tariff, space: Space, budget: Budget) -> list[Contest]:
    """Every contest that a price of this tariff takes part in. TooMany if there is too much to compare."""
    found = []
    for dimension, during in ASKED:
        entered = list(_entered(tariff.elements, dimension, during))
        if entered:
            found.append(_run(dimension, during, entered, space, budget))
    return found


def _entered(
    elements: Iterable[TariffElement], dimension: Dimension, during: During
) -> Iterator[tuple[int, TariffElement, int, PriceComponent]]:
    numbered = list(enumerate(elements))
    if during is During.EXPIRED:
        numbered.sort(key=lambda one: not for_expired(one[1]))
    for number, element in numbered:
        if _asked(element, during):
            # Of two prices of one dimension in one element the first one always answers.
            own = [(p, c) for p, c in enumerate(element.price_components) if c.type is dimension]
            yield from ((number, element, place, component) for place, component in own[:1])


def _asked(element: TariffElement, during: During) -> bool:
    reservation = element.restrictions.reservation if element.restrictions is not None else None
    match during:
        case During.EXPIRED:
            return reservation is not None
        case During.RESERVED:
            return reservation == "RESERVATION"
        case During.CHARGING | During.PARKED | During.SESSION:
            return reservation is None


def _run(
    dimension: Dimension,
    during: During,
    entered: list[tuple[int, TariffElement, int, PriceComponent]],
    space: Space,
    budget: Budget,
) -> Contest:
    everything = space.everything(
        drawing=during in (During.CHARGING, During.SESSION),
        flowing=during not in (During.RESERVED, During.EXPIRED),
    )
    boxes = [space.box(e.restrictions) if e.restrictions is not None else everything for _, e, _, _ in entered]
    wins, free = _first_of(boxes, everything if dimension is not Dimension.FLAT else at_start(everything), budget)
    if dimension is Dimension.FLAT and free:
        wins, _ = _first_of(boxes, everything, budget)
    runners = (
        Runner(number, place, component, meet(everything, box), won)
        for (number, _, place, component), box, won in zip(entered, boxes, wins, strict=True)
    )
    return Contest(dimension, during, everything, tuple(runners), tuple(free))


def _first_of(boxes: list[Box], everything: Box, budget: Budget) -> tuple[list[tuple[Box, ...]], list[Box]]:
    left, wins = [everything], []
    for box in boxes:
        wins.append(tuple(meets(left, box)))
        left = without(left, box, budget)
    return wins, left
