"""Which element of a tariff answers for a dimension at a moment: the first that prices it and holds.

A reservation is priced by elements that name it. Once it has expired, those for an expired one are asked first, and
those for any reservation answer for what they do not price (OCPI, mod_tariffs, ReservationRestrictionType and its two
examples of an expiry); before, they are not asked at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from pricing.engine.moments import Conditions, Moment, conditions
from tapwatt.tariffs import Dimension, PriceComponent, TariffElement


@dataclass(frozen=True, slots=True)
class Answer:
    """A price component and the index of the element that it is from."""

    element: int
    component: PriceComponent


@dataclass(frozen=True, slots=True)
class Asked:
    """The elements that may be asked, by dimension, in the order in which they are asked."""

    by_dimension: dict[Dimension, tuple[tuple[Conditions, Answer], ...]]

    @classmethod
    def of(cls, elements: Sequence[TariffElement], *, reservation_expired: bool) -> Self:
        """Make the elements ready for one session, or for the reservation before it."""
        found: dict[Dimension, list[tuple[Conditions, Answer]]] = {dimension: [] for dimension in Dimension}
        for index, element in _in_order(elements, reservation_expired):
            ready = conditions(element.restrictions)
            # Of two components of one dimension in one element the first one always answers.
            for component in element.price_components:
                found[component.type].append((ready, Answer(index, component)))
        return cls({dimension: tuple(asked) for dimension, asked in found.items()})

    def answer(self, dimension: Dimension, moment: Moment) -> Answer | None:
        """What this dimension costs at this moment; None if it is free."""
        for ready, answer in self.by_dimension[dimension]:
            if ready.hold(moment):
                return answer
        return None


def _in_order(elements: Sequence[TariffElement], reservation_expired: bool) -> list[tuple[int, TariffElement]]:
    numbered = list(enumerate(elements))
    if reservation_expired:
        return sorted(numbered, key=lambda numbered: not for_expired(numbered[1]))
    return [(index, element) for index, element in numbered if not for_expired(element)]


def for_expired(element: TariffElement) -> bool:
    """Whether the element is asked for reservations that have expired, and for nothing else."""
    return element.restrictions is not None and element.restrictions.reservation == "RESERVATION_EXPIRES"
