"""Reads a tariff as far as it can be read: every fault with its path, and the rest, so that more is found at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic import ValidationError

from pricing.checking.finding import Finding, error, note
from pricing.ocpi.documents import fault_of
from pricing.ocpi.tariff_reader import not_read
from tapwatt.tariffs import Tariff

_HINTS = {
    "missing": "It has no default: what is absent is not zero.",
    "extra_forbidden": "What is unknown beside a price is never ignored: the price could be wrong. Is it misspelt?",
}
_HINT = "As it is, every driver is refused before the hold."


def read(path: str, written: dict[str, Any]) -> tuple[Tariff | None, tuple[int, ...], list[Finding]]:
    """The tariff at this path, the places of the elements that are in it, and the faults of what is not.

    With faults the tariff is what is left without the fields and elements that have one; None if that is nothing.
    """
    try:
        tariff = Tariff.model_validate(written)
    except ValidationError as faulty:
        details = _causes(faulty)
        faults = [_fault(path, one) for one in details]
        return (*_rest(written, [one["loc"] for one in details]), faults)
    except (ValueError, ArithmeticError):
        return None, (), [error(path, "a number or a time in it is out of all bounds", _HINT)]
    return tariff, tuple(range(len(tariff.elements))), []


def _causes(faulty: ValidationError) -> list[Any]:
    """The faults, without those that say only that a list is too short because of the faults in it."""
    found = faulty.errors(include_url=False)
    places = [one["loc"] for one in found]

    def follows(one: Any) -> bool:
        place = one["loc"]
        return one["type"] == "too_short" and any(p[: len(place)] == place != p for p in places)

    return [one for one in found if not follows(one)]


def _fault(path: str, one: Mapping[str, Any]) -> Finding:
    # Each fault by itself, so that all are said in the words in which the first one is said elsewhere.
    alone = ValidationError.from_exception_data("Tariff", [cast(Any, dict(one))])
    where, problem = fault_of(alone, path)
    return error(where, problem, _HINTS.get(one["type"], _HINT))


def _rest(written: dict[str, Any], places: list[tuple[int | str, ...]]) -> tuple[Tariff | None, tuple[int, ...]]:
    fields = {place[0] for place in places if len(place) == 1 or place[0] != "elements"}
    elements = {place[1] for place in places if place[0] == "elements" and len(place) > 1}
    if fields & {"elements", "currency"}:
        return None, ()
    numbers = [number for number in range(len(written["elements"])) if number not in elements]
    rest = {name: value for name, value in written.items() if name not in fields}
    rest |= {"id": rest.get("id", "?"), "elements": [written["elements"][number] for number in numbers]}
    try:
        return Tariff.model_validate(rest), tuple(numbers)
    except (ValueError, ArithmeticError):
        return None, ()


def unknown_fields(path: str, written: dict[str, Any]) -> Iterator[Finding]:
    """Names beside a tariff's prices that OCPI does not have: perhaps an operator's own. In prices they are faults."""
    yield from (note(one.path, one.said, "Is it misspelt?") for one in not_read(path, written))
