"""What was found in a tariff: how bad it is, where it stands, what it means for a driver, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from pricing.engine.line_words import when
from tapwatt.tariffs import Dimension, PriceComponent, Restrictions, Tariff


class Severity(StrEnum):
    """How bad it is: no session can be billed by it; surely not what was meant; worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found, at a JSON path, in a sentence for people, and what to do about it."""

    severity: Severity
    path: str
    says: str
    hint: str


def error(path: str, says: str, hint: str) -> Finding:
    """No session could be billed by this tariff."""
    return Finding(Severity.ERROR, path, says, hint)


def warning(path: str, says: str, hint: str) -> Finding:
    """Surely not what was meant."""
    return Finding(Severity.WARNING, path, says, hint)


def note(path: str, says: str, hint: str) -> Finding:
    """Worth knowing."""
    return Finding(Severity.NOTE, path, says, hint)


@dataclass(frozen=True, slots=True)
class Subject:
    """A tariff to look at, where it stands in its file, as it was written, and the local day it is looked at.

    `numbers` has the place in the file of each element that could be read; `whole` says that all of it could.
    """

    path: str
    tariff: Tariff
    written: dict[str, Any]
    on: date
    numbers: tuple[int, ...]
    whole: bool

    @property
    def country(self) -> str | None:
        """The country of the operator whose tariff it is (OCPI country_code), if the file says it."""
        found = self.written.get("country_code")
        return found.upper() if isinstance(found, str) else None

    def at(self, element: int) -> str:
        """The JSON path of this element."""
        return f"{self.path}.elements[{self.numbers[element]}]"

    def name(self, element: int) -> str:
        """An element in a sentence: its place in the list, and when it holds."""
        return f"elements[{self.numbers[element]}] ({when(self.restrictions(element)) or 'no restrictions'})"

    def restrictions(self, element: int) -> Restrictions:
        """When this element holds."""
        return self.tariff.elements[element].restrictions or Restrictions()

    def components(self) -> Iterator[tuple[int, str, PriceComponent]]:
        """Every price with its element and its JSON path."""
        for number, element in enumerate(self.tariff.elements):
            for place, component in enumerate(element.price_components):
                yield number, f"{self.at(number)}.price_components[{place}]", component


def listed(words: list[str], last: str = "and") -> str:
    """Words as people list them: a, b and c."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


WORD = {
    Dimension.ENERGY: "energy",
    Dimension.TIME: "charging time",
    Dimension.PARKING_TIME: "parking",
    Dimension.FLAT: "the fee",
}
"""What a dimension is called in a sentence."""
