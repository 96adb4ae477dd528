"""Which element of a tariff answers for a dimension at a moment: the first that prices it and holds.

A reservation is priced by elements that name it. Once it has expired, those for an expired one are asked first, and
those for any reservation answer for what they do not price (OCPI, mod_tariffs, ReservationRestrictionType and its two
examples of an expiry); before, they are not asked at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
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
    _of_day: dict[tuple[Dimension, date], tuple[tuple[Conditions, Answer], ...]] = field(default_factory=dict)

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
        for ready, answer in self._on(dimension, moment.day):
            if ready.hold(moment):
                return answer
        return None

    def _on(self, dimension: Dimension, day: date) -> tuple[tuple[Conditions, Answer], ...]:
        """Those that can hold on this day: of two weeks of quarter hours, each with its date, only that day's."""
        found = self._of_day.get((dimension, day))
        if found is None:
            found = tuple(asked for asked in self.by_dimension[dimension] if asked[0].on(day))
            self._of_day[dimension, day] = found
        return found


def _in_order(elements: Sequence[TariffElement], reservation_expired: bool) -> list[tuple[int, TariffElement]]:
    numbered = list(enumerate(elements))
    if reservation_expired:
        return sorted(numbered, key=lambda numbered: not for_expired(numbered[1]))
    return [(index, element) for index, element in numbered if not for_expired(element)]


def for_expired(element: TariffElement) -> bool:
    """Whether the element is asked for reservations that have expired, and for nothing else."""
    return element.restrictions is not None and element.restrictions.reservation == "RESERVATION_EXPIRES"
