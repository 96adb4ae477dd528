"""Numbers and times as they stand in JSON: read as one published schema says, exactly as they were written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Literal

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticKnownError, core_schema

_Known = Literal["datetime_type", "datetime_parsing", "date_type", "date_parsing", "time_type", "time_parsing"]
_PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
_DIGITS = re.compile(r"-?[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Exact:
    """A decimal as a JSON number or as a decimal in a string, between 0 and `largest` (10, 100, 1000, ...).

    A string has at most `places` decimals; a number's further decimals, of which a program rarely knows, are rounded
    half-even. A `signed` one may be as far below 0, too. Without `largest` it is any decimal, and a string may have an
    exponent. It is said as a plain string.
    """

    largest: int | None = None
    places: int = 0
    signed: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """As pydantic reads decimals, less what the schema does not allow."""
        said = core_schema.plain_serializer_function_ser_schema(
            _plainly, return_schema=core_schema.str_schema(), when_used="json"
        )
        return core_schema.no_info_before_validator_function(self._written, handler(source), serialization=said)

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """What is read, in JSON schema's words."""
        if self.largest is None:
            return {"anyOf": [{"type": "number"}, {"type": "string", "pattern": f"^{_PLAIN.pattern}$"}]}
        digits, decimals = len(str(self.largest)) - 1, f"{{1,{self.places}}}"
        sign = "-?" if self.signed else ""
        pattern = rf"^{sign}0*([0-9]{{1,{digits}}}(\.[0-9]{decimals})?|{self.largest}(\.0{decimals})?)$"
        number = {"type": "number", "minimum": -self.largest if self.signed else 0, "maximum": self.largest}
        return {"anyOf": [number, {"type": "string", "pattern": pattern}]}

    def _written(self, value: object) -> object:
        if isinstance(value, str):
            if not (_PLAIN if self.largest is None else _DIGITS).fullmatch(value):
                raise PydanticKnownError("decimal_parsing")
            return Decimal(value)
        if isinstance(value, bool):
            raise PydanticKnownError("decimal_type")
        if isinstance(value, int | float) and value == 0:
            return Decimal(0)  # also of -0.0, which a string could not be
        if isinstance(value, float) and self.largest is not None and 0 < abs(value) <= self.largest:
            exact = Decimal(repr(value))
            decimals = exact.as_tuple().exponent
            # Only what has too many is rounded: 20 decimals of a large number are more digits than Decimal computes.
            return round(exact, self.places) if isinstance(decimals, int) and -decimals > self.places else exact
        return value


def _plainly(exact: Decimal) -> str:
    return format(exact, "f")


def _whole(value: object) -> object:
    """JSON knows one kind of number: 5.0 is the whole number 5. Neither a text nor true is one."""
    if isinstance(value, bool | str):
        raise ValueError("not a whole number")
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _whole_in_json(value: object, info: ValidationInfo) -> object:
    return _whole(value) if info.mode == "json" else value


WHOLE = BeforeValidator(_whole)
"""Reads a whole number as JSON schema means it."""

WHOLE_IN_JSON = BeforeValidator(_whole_in_json)
"""The same on the wire alone: in a program a float stays what it is, and is refused."""

_YEAR = "([1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
_DAY = "(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_FOURTH = "(0[48]|[2468][048]|[13579][26])"
_CALENDAR = (
    rf"({_YEAR}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
    rf"|([0-9]{{2}}{_FOURTH}|{_FOURTH}00)-02-29)"
)
"""A day that the calendar has, where no format says so: a time without an offset is no date-time of RFC 3339."""
_MINUTE = "([01][0-9]|2[0-3]):[0-5][0-9]"
_CLOCK = rf"{_MINUTE}:[0-5][0-9](\.[0-9]{{1,9}})?"
_OFFSET = "(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
_KINDS: dict[Any, tuple[_Known, _Known]] = {
    datetime: ("datetime_type", "datetime_parsing"),
    date: ("date_type", "date_parsing"),
    time: ("time_type", "time_parsing"),
}


@dataclass(frozen=True, slots=True)
class Written:
    """A time or a day as a text of this `pattern` (of the whole text), as in `example`; no number stands for one.

    A text of the pattern `refused` is refused with a sentence of its own: with `why`, or, without that, by whoever
    looks at the time later.
    """

    kind: type[datetime] | type[date] | type[time]
    pattern: str
    example: str
    format: str | None = None
    refused: str = r"(?!)"
    why: str = ""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """As pydantic reads it, less what the schema does not allow."""
        written = re.compile(self.pattern).fullmatch

        def read(value: object) -> object:
            # A day's session has thousands of times, nearly all of them well written.
            return value if isinstance(value, str) and written(value) else self.checked(value)

        return core_schema.no_info_before_validator_function(read, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """What is read, in JSON schema's words."""
        return self.json_schema()

    def json_schema(self) -> JsonSchemaValue:
        """What is read, in JSON schema's words."""
        named = {"format": self.format} if self.format else {}
        return {"type": "string", **named, "pattern": f"^{self.pattern}$", "examples": [self.example]}

    def checked(self, value: object) -> object:
        """The text or the time itself. ValueError says how it has to be written."""
        if isinstance(value, self.kind):
            return value
        otherwise, unreadable = _KINDS[self.kind]
        if not isinstance(value, str):
            raise PydanticKnownError(otherwise)
        if re.fullmatch(self.pattern, value):
            return value
        if not re.fullmatch(self.refused, value):
            raise PydanticKnownError(unreadable, {"error": f"written as {self.example}"})
        if self.why:
            raise ValueError(self.why)
        return value


INSTANT = Written(
    datetime,
    rf"(19[7-9][0-9]|2[01][0-9]{{2}})-{_DAY}T{_CLOCK}{_OFFSET}",
    "2026-01-31T12:00:00Z",
    format="date-time",
    refused=rf"{_YEAR}-{_DAY}T{_CLOCK}{_OFFSET}",
    why="not a time from 1970 to 2199, so a clock was wrong",
)
"""RFC 3339, with its offset from UTC, in the years that a clock can show."""

OCPI_INSTANT = Written(datetime, rf"{_CALENDAR}T{_CLOCK}{_OFFSET}?", "2026-01-31T12:00:00Z")
"""OCPI DateTime: RFC 3339, and UTC where no offset stands."""

OCPI_DAY = Written(date, f"{_YEAR}-{_DAY}", "2026-01-31", format="date")
"""A day in the charger's local time."""

OCPI_CLOCK = Written(
    time,
    rf"{_MINUTE}(:[0-5][0-9](\.[0-9]{{1,9}})?)?",
    "13:30",
    refused=rf"{_MINUTE}(:[0-5][0-9](\.[0-9]{{1,9}})?)?{_OFFSET}",
)
"""A time of day in the charger's local time. One with an offset is refused with its tariff (`contradiction`)."""
