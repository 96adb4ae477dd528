"""Reads a tariff as far as it can be read: every fault with its path, and the rest, so that more is found at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic import ValidationError

from pricing.checking.finding import Finding, error, note, warning
from pricing.ocpi.documents import fault_of, quoted
from tapwatt.tariffs import Tariff

_FIELDS = frozenset(
    {
        *("country_code", "party_id", "id", "currency", "type", "tariff_alt_text", "tariff_alt_url", "min_price"),
        *("max_price", "preauthorize_amount", "elements", "tax_included", "start_date_time", "end_date_time"),
        *("energy_mix", "last_updated"),
    }
)
_OF_ELEMENT = frozenset({"price_components", "restrictions"})
_OF_COMPONENT = frozenset({"type", "price", "vat", "step_size"})

_HINTS = {
    "missing": "It has no default: what is absent is not zero.",
    "extra_forbidden": "An unknown restriction is never ignored: every price of its element could be wrong.",
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
    """Names that OCPI does not have: beside the tariff's own perhaps an extension, in an element surely a mistake."""
    yield from (
        note(path, f"{quoted(name)} is not a field of an OCPI 2.2.1 or 2.3.0 tariff; it is ignored", "Is it misspelt?")
        for name in sorted(written.keys() - _FIELDS)
    )
    for number, element in enumerate(_objects(written.get("elements"))):
        where = f"{path}.elements[{number}]"
        yield from _unknown(where, element, _OF_ELEMENT, "a tariff element")
        for place, component in enumerate(_objects(element.get("price_components"))):
            yield from _unknown(f"{where}.price_components[{place}]", component, _OF_COMPONENT, "a price component")


def _unknown(path: str, written: dict[str, Any], known: frozenset[str], what: str) -> Iterator[Finding]:
    for name in sorted(written.keys() - known):
        says = f"{quoted(name)} is not a field of {what} in OCPI 2.2.1 or 2.3.0; it is ignored"
        yield warning(path, says, f"{what.capitalize()} has {', '.join(sorted(known))}: is it misspelt?")


def _objects(written: object) -> list[dict[str, Any]]:
    return [one if isinstance(one, dict) else {} for one in written] if isinstance(written, list) else []
