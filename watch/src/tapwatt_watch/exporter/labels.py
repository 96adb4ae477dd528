"""Names that may stand in a label: so many different ones are told apart, and the others are told together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from tapwatt_watch.services import OTHER

AGES = ("1h", "6h", "1d", "3d", "7d", "older")
_UP_TO = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=3), timedelta(days=7))


def age_label(age: timedelta) -> str:
    """Below which of the bounds an age is."""
    return next((name for name, bound in zip(AGES, _UP_TO, strict=False) if age < bound), AGES[-1])


class Bounded:
    """The first `most` names that were seen."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._names: dict[tuple[str, ...], None] = {}

    def knows(self, *name: str) -> bool:
        """Whether this name is told apart; it is from now on, if there is room."""
        if name in self._names:
            return True
        if len(self._names) >= self._most:
            return False
        self._names[name] = None
        return True

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        return iter(self._names)


class Labels:
    """Which operators and sites are told apart. A site is one of its operator's."""

    def __init__(self, most_operators: int, most_sites: int) -> None:
        self._operators = Bounded(most_operators)
        self._sites = Bounded(most_sites)

    def operator(self, operator_id: str | None) -> str:
        """What stands for an operator; None is one that a fact does not say."""
        return operator_id if operator_id is not None and self._operators.knows(operator_id) else OTHER

    def site(self, operator_id: str | None, site_id: str | None) -> tuple[str, str]:
        """What stands for an operator and a site of it; None is one that a fact does not say."""
        operator = self.operator(operator_id)
        if operator == OTHER or site_id is None or not self._sites.knows(operator, site_id):
            return operator, OTHER
        return operator, site_id

    def operators(self) -> list[str]:
        """Every operator that is told apart."""
        return [name for (name,) in self._operators]

    def sites(self) -> list[tuple[str, str]]:
        """Every site that is told apart, with its operator."""
        return [(operator, site) for operator, site in self._sites]
