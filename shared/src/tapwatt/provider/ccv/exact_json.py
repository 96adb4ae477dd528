"""Reads and writes JSON whose amounts stay exact: 20.00 is sent as 20.00, and nothing ever becomes a float."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

Json = str | int | bool | Decimal | None | Mapping[str, "Json"]


def to_json(value: Json) -> str:
    """The JSON text of a request; a Decimal is written digit by digit as it is."""
    match value:
        case Decimal():
            return f"{value:f}"
        case Mapping():
            return "{" + ",".join(f"{json.dumps(name)}:{to_json(part)}" for name, part in value.items()) + "}"
        case str() | bool() | int() | None:
            return json.dumps(value)


def from_json(text: bytes) -> Any:
    """What an answer says, fractions as Decimal. ValueError if it is not JSON."""
    return json.loads(text, parse_float=Decimal, parse_constant=_no_number)


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not a number in JSON")
