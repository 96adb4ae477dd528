"""Reads OCPI objects from a file as they were exchanged: numbers exactly, nothing too large, faults by their place.

What cannot be read is said in one sentence with the JSON path. A value is never repeated in it unless it is a name from
the specification or a number: a file may hold card tokens, and what came from outside may hold anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

LARGEST_FILE = 16 * 1024 * 1024
"""Bytes. A month of a site's records is smaller; more are several files."""
MOST_VALUES = 1_000_000
"""Values in a file, so that what is made of it in memory stays small, too."""
MOST_OBJECTS = 10_000
"""Tariffs, CDRs or sessions in a file."""
_DIGITS = 60
_MAGNITUDE = 30
"""Powers of ten, up and down: beyond them no price, energy or time is meant, and exact arithmetic would not end."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}\Z")
_NUMBER = re.compile(r"\s*[+-]?[0-9_]*\.?[0-9_]*(?:[eE][+-]?[0-9_]+)?\s*\Z")
_NUMBERS = frozenset(
    {
        *("price", "vat", "step_size", "volume", "kwh", "total_energy", "preauthorize_amount"),
        *("min_kwh", "max_kwh", "min_current", "max_current", "min_power", "max_power", "min_duration", "max_duration"),
        *("before_taxes", "after_taxes", "excl_vat", "incl_vat", "amount"),
    }
)
"""Fields that hold a number, which some systems write as a string."""


class UnreadableOcpi(ValueError):
    """An object that cannot be read honestly: the JSON path, and in one sentence what is wrong there and what to do."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.problem = problem


Wrong = Callable[[str, str], UnreadableOcpi]
"""Makes the error of a kind of object from a path and a problem."""


class _NotANumber:
    """Stands for a number that nothing honest can be made of; `name` is NaN or Infinity if it says so."""

    def __init__(self, name: str = "") -> None:
        self.name = name

    @property
    def problem(self) -> str:
        """What is wrong with it."""
        if self.name:
            return f"is {self.name}, which is no number; give the number, or leave the field out if it is not known"
        return f"this number is too large, too small or too long; give at most {_DIGITS} digits"


class _Twice(dict[str, Any]):
    """An object of which a name stands twice: which of the two is meant is not known."""

    name = ""


def read_json(text: str | bytes, wrong: Wrong = UnreadableOcpi) -> Any:
    """What the text says: fractions as Decimal, what is null left out. Raises what `wrong` makes of the first fault."""
    _check_size(text, wrong)
    try:
        found = json.loads(
            text,
            parse_float=_number,
            parse_int=_integer,
            parse_constant=_NotANumber,
            object_pairs_hook=_object,
        )
    except RecursionError:
        raise wrong("$", "this is nested deeper than any OCPI object; give the object itself") from None
    except UnicodeDecodeError:
        raise wrong("$", "this is not text in UTF-8; save it as UTF-8") from None
    except json.JSONDecodeError as error:
        where = f"{error.msg}, line {error.lineno} column {error.colno}"
        raise wrong("$", f"this is not JSON ({where}); give an OCPI object as it was sent") from None
    for path, problem in _faults(found):
        raise wrong(path, problem)
    return found


def objects_in(found: Any, wrong: Wrong = UnreadableOcpi) -> list[tuple[str, dict[str, Any]]]:
    """The objects in one object, a list of them, or an OCPI answer {"data": ...}, each with its JSON path."""
    path = "$"
    if isinstance(found, dict) and "data" in found:
        path, found = "$.data", found["data"]
    if isinstance(found, list) and len(found) > MOST_OBJECTS:
        raise wrong(path, f"holds more than {MOST_OBJECTS} objects; split it into several files")
    several = [(f"{path}[{number}]", one) for number, one in enumerate(found)] if isinstance(found, list) else None
    for where, one in several if several is not None else [(path, found)]:
        if not isinstance(one, dict):
            raise wrong(where, f"is {kind_of(one)} where an OCPI object is needed")
    return several if several is not None else [(path, found)]


def kind_of(value: object) -> str:
    """What kind of JSON value this is, for people."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case str():
            return "a text"
        case int() | Decimal():
            return "a number"
        case dict():
            return "an object"
        case _:
            return "a list"


def path_of(steps: Iterable[int | str]) -> str:
    """Steps as a JSON path; a name that no OCPI field has is not repeated, it might be anything."""
    return "".join(_step(step) for step in steps)


def _step(step: int | str) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if _NAME.match(step) else "['...']"


def quoted(text: str, longest: int = 36) -> str:
    """A short name from a file, for a sentence: on one line, and nothing in it that moves a cursor."""
    return repr(text if len(text) <= longest else text[:longest] + "...").encode("ascii", "backslashreplace").decode()


def _check_size(text: str | bytes, wrong: Wrong) -> None:
    if len(text) > LARGEST_FILE:
        raise wrong("$", f"this is larger than {LARGEST_FILE // 1024**2} MiB; split it into several files")
    marks: Sequence[Any] = (b",", b"[", b"{") if isinstance(text, bytes) else (",", "[", "{")
    if sum(text.count(mark) for mark in marks) > MOST_VALUES:
        raise wrong("$", f"this holds more than {MOST_VALUES} values; split it into several files")


def _fits(text: str) -> bool:
    mantissa, _, exponent = text.strip().lower().replace("_", "").partition("e")
    if len(mantissa) > _DIGITS + 2 or len(exponent) > 4:
        return False
    try:
        number = Decimal(text)
    except ArithmeticError:
        return True  # no number at all: that is said where a number is needed
    return number.is_finite() and (not number or abs(number.adjusted()) <= _MAGNITUDE)


def _number_fits(text: str) -> bool:
    return len(text) <= 2 * _DIGITS and (_NUMBER.match(text) is None or _fits(text))


def _number(text: str) -> Decimal | _NotANumber:
    return Decimal(text) if _fits(text) else _NotANumber()


def _integer(text: str) -> int | _NotANumber:
    return int(text) if _fits(text) else _NotANumber()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = {name: value for name, value in pairs if value is not None}
    names = {name for name, _ in pairs}
    if len(names) == len(pairs):
        return found
    twice = _Twice(found)
    seen: set[str] = set()
    twice.name = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
    return twice


def _faults(found: Any) -> Iterator[tuple[str, str]]:
    """What no OCPI object may hold, wherever it stands. Not by recursion: the nesting is whatever the file says."""
    waiting: list[tuple[Any, Any]] = [(found, None)]
    while waiting:
        value, way = waiting.pop()
        if isinstance(value, _NotANumber):
            yield _path_back(way), value.problem
        elif isinstance(value, _Twice):
            yield _path_back((way, value.name)), "stands twice in one object; leave the one that is meant"
        if isinstance(value, dict):
            for name, one in value.items():
                if isinstance(one, dict | list | _NotANumber):
                    waiting.append((one, (way, name)))
                elif name in _NUMBERS and isinstance(one, str) and not _number_fits(one):
                    waiting.append((_NotANumber(), (way, name)))
        elif isinstance(value, list):
            waiting.extend((one, (way, n)) for n, one in enumerate(value) if isinstance(one, dict | list | _NotANumber))


def _path_back(way: Any) -> str:
    steps: list[int | str] = []
    while way is not None:
        way, step = way
        steps.append(step)
    return "$" + path_of(reversed(steps))


_PLAIN: dict[str, str] = {
    "missing": "is missing; add it",
    "decimal_type": "is not a number; give a JSON number, such as 0.45",
    "decimal_parsing": "is not a valid decimal number; give a JSON number, such as 0.45",
    "finite_number": "is not a number; give a JSON number, such as 0.45",
    "int_parsing": "is not a whole number",
    "int_type": "is not a whole number",
    "int_from_float": "is not a whole number",
    "string_type": "is not a text",
    "bool_type": "is neither true nor false",
    "bool_parsing": "is neither true nor false",
    "tuple_type": "is not a list",
    "list_type": "is not a list",
    "model_type": "is not an object",
    "model_attributes_type": "is not an object",
    "dict_type": "is not an object",
    "extra_forbidden": "is no field that OCPI 2.2.1 or 2.3.0 has here and may change the price; correct it or omit it",
    "date_parsing": "is not a date; give it as 2026-03-29",
    "date_from_datetime_parsing": "is not a date; give it as 2026-03-29",
    "time_parsing": "is not a time of day; give it as 13:30",
    "datetime_parsing": "is not a time; give it in UTC, as 2026-03-29T08:00:00Z",
    "datetime_from_date_parsing": "is not a time; give it in UTC, as 2026-03-29T08:00:00Z",
    "datetime_type": "is not a time; give it in UTC, as 2026-03-29T08:00:00Z",
    "timezone_aware": "is not a time; give it in UTC, as 2026-03-29T08:00:00Z",
}
_BOUNDED: dict[str, str] = {
    "too_long": "has more than {max_length} entries; split it",
    "too_short": "has fewer entries than the {min_length} that are needed",
    "string_too_long": "is longer than the {max_length} characters that it may have",
    "string_too_short": "is shorter than the {min_length} characters that it must have",
    "greater_than_equal": "is less than {ge}; correct it",
    "less_than_equal": "is more than {le}, which nothing at a charger is; correct it",
    "decimal_max_digits": "has more than {max_digits} digits; round it",
    "decimal_max_places": "has more than {decimal_places} decimals; round it",
    "decimal_whole_digits": "has more than {whole_digits} digits before the point; correct it",
    "enum": "is none of {expected}",
    "literal_error": "is none of {expected}",
}
_MOST = 300
_TIMES = ("time_parsing", "datetime_parsing")
_MIDNIGHT = re.compile(r"(?:\A|[T ])24:00")


def fault_of(error: ValidationError, path: str) -> tuple[str, str]:
    """The first fault that was found in an object at this path: where it is, and what, without what stands there."""
    first = error.errors(include_url=False)[0]
    problem = _PLAIN.get(first["type"], "")
    if first["type"] in _TIMES and _MIDNIGHT.search(str(first["input"])[:40]):
        problem = "says 24:00; a day ends where the next one begins, at 00:00 of that"
    if first["type"] in _BOUNDED:
        problem = _BOUNDED[first["type"]].format(**first.get("ctx", {})).replace(" or ", ", ")
    if not problem:
        said = first["msg"].removeprefix("Value error, ").removeprefix("Input ")
        said = "is not a whole number; give one, such as 1" if said == "not a whole number" else said
        problem = " ".join(said.split())[:_MOST].encode("ascii", "backslashreplace").decode()[:_MOST]
    return path + path_of(first["loc"]), problem
