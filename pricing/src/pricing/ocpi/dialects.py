"""Understands OCPI 2.1.1, and what back offices write for 2.2.1: other names, plain numbers, each with a note.

What is meant must be certain: a date without its zero, a number in a string, a limit that is a plain number (then it is
the one before taxes, as all prices of that time are). Anything else is left for the readers to refuse.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from pricing.ocpi.charging_periods import Note

Json = dict[str, Any]

_NAMES_2_1_1 = {"stop_date_time": "end_date_time", "end_datetime": "end_date_time", "start_datetime": "start_date_time"}
_ONLY_2_1_1 = frozenset({*_NAMES_2_1_1, "auth_id", "location"})
_WHOLE = ("step_size", "min_duration", "max_duration")
_DAYS = ("start_date", "end_date")
_CLOCKS = ("start_time", "end_time")
_MOMENTS = ("start_date_time", "end_date_time", "last_updated")
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(.*)")


def is_2_1_1(record: Json) -> bool:
    """Whether this CDR or session is of OCPI 2.1.1, by the names that only that has."""
    return not _ONLY_2_1_1.isdisjoint(record) and "cdr_location" not in record


def understood_tariff(path: str, written: Json, *, before_taxes: bool = False) -> tuple[Json, list[Note]]:
    """The tariff at this path as OCPI 2.2.1 writes it, and what was understood.

    `before_taxes` says that it is of OCPI 2.1.1, whose prices are before VAT and do not say which.
    """
    notes: list[Note] = []
    found = _each(written, _MOMENTS, _padded_moment, path, notes)
    for name in ("min_price", "max_price"):
        number = _number(found.get(name))
        if number is not None:
            found[name] = {"excl_vat": number}
            notes.append(Note(f"{path}.{name}", "is a plain number, which is taken to be before taxes (excl_vat)"))
    if isinstance(found.get("elements"), list):
        found["elements"] = [
            _element(one, f"{path}.elements[{number}]", notes) if isinstance(one, dict) else one
            for number, one in enumerate(found["elements"])
        ]
    if before_taxes and "tax_included" not in found and not any(True for _ in _rates(found)):
        found["tax_included"] = "NO"
    return found, notes


def _element(written: Json, path: str, notes: list[Note]) -> Json:
    found = dict(written)
    if isinstance(found.get("price_components"), list):
        found["price_components"] = [
            _each(one, _WHOLE, _whole, f"{path}.price_components[{number}]", notes) if isinstance(one, dict) else one
            for number, one in enumerate(found["price_components"])
        ]
    if isinstance(found.get("restrictions"), dict):
        given, where = found["restrictions"], f"{path}.restrictions"
        given = _each(given, _WHOLE, _whole, where, notes)
        given = _each(given, _DAYS, _padded_day, where, notes)
        found["restrictions"] = _each(given, _CLOCKS, _padded_clock, where, notes)
    return found


def _rates(tariff: Json) -> Iterator[Any]:
    for element in tariff.get("elements") or ():
        for component in (element.get("price_components") or ()) if isinstance(element, dict) else ():
            if isinstance(component, dict) and component.get("vat") is not None:
                yield component["vat"]


def understood_record(path: str, written: Json) -> tuple[Json, list[Note]]:
    """The CDR or session at this path as OCPI 2.2.1 writes it, and what was understood."""
    notes: list[Note] = []
    found = dict(written)
    older = is_2_1_1(found)
    for old, new in _NAMES_2_1_1.items():
        if old in found and new not in found:
            found[new] = found.pop(old)
    found = _each(found, _MOMENTS, _padded_moment, path, notes)
    cost = _number(found.get("total_cost"))
    if cost is not None:
        found["total_cost"] = {"excl_vat": cost}
        if not older:
            said = "is a plain number, which is taken to be before taxes (excl_vat)"
            notes.append(Note(f"{path}.total_cost", said, noise=True))
    if isinstance(found.get("location"), dict) and "cdr_location" not in found:
        found["cdr_location"] = _cdr_location(found["location"])
    if isinstance(found.get("charging_periods"), list):
        found["charging_periods"] = [
            _period(one, f"{path}.charging_periods[{number}]", notes) if isinstance(one, dict) else one
            for number, one in enumerate(found["charging_periods"])
        ]
    return found, notes


def _cdr_location(location: Json) -> Json:
    """The place of a 2.1.1 record, which holds the whole location with the one EVSE that was used."""
    found: Json = {name: location[name] for name in ("id", "name", "country", "time_zone") if name in location}
    evses = location.get("evses")
    evse = evses[0] if isinstance(evses, list) and evses and isinstance(evses[0], dict) else {}
    connectors = evse.get("connectors")
    connector = connectors[0] if isinstance(connectors, list) and connectors else {}
    found |= {"evse_uid": evse.get("uid", "unknown"), "evse_id": evse.get("evse_id")}
    if isinstance(connector, dict) and "id" in connector:
        found["connector_id"] = connector["id"]
    return found


def _period(written: Json, path: str, notes: list[Note]) -> Json:
    found = _each(written, _MOMENTS, _padded_moment, path, notes)
    dimensions = found.get("dimensions")
    if isinstance(dimensions, list):
        # FLAT says that a fee was charged, which follows from the tariff (OCPI 2.1.1, DimensionType).
        found["dimensions"] = [one for one in dimensions if not (isinstance(one, dict) and one.get("type") == "FLAT")]
    return found


def _each(written: Json, names: tuple[str, ...], change: Callable[[Any], Any], path: str, notes: list[Note]) -> Json:
    found = dict(written)
    for name in names:
        if name in found and (said := change(found[name])) != found[name]:
            found[name] = said
            notes.append(Note(f"{path}.{name}", f"is understood as {said}", noise=True))
    return found


def _number(value: object) -> Decimal | None:
    """A plain number, also in a string; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10 else value


def _padded_day(value: Any) -> Any:
    found = _DAY.fullmatch(value) if isinstance(value, str) else None
    return value if found is None else f"{found[1]}-{found[2]:0>2}-{found[3]:0>2}"


def _padded_clock(value: Any) -> Any:
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    return value if found is None else f"{found[1]:0>2}:{found[2]}{found[3]}"


def _padded_moment(value: Any) -> Any:
    if not isinstance(value, str) or "T" not in value:
        return value
    day, _, clock = value.partition("T")
    return f"{_padded_day(day)}T{_padded_clock(clock)}"
