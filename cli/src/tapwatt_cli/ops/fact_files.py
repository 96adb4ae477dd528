"""Reads facts from a file: a JSON array or a line each, every one an object with its type and its value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tapwatt.errors import TapwattError
from tapwatt.facts.events import FACTS
from tapwatt.facts.fact import Fact
from tapwatt.facts.topics import FACT_OF_TYPE

LARGEST = 64 * 1024 * 1024
"""Bytes. A day of a large site fits; what is longer belongs on Kafka."""

_KNOWN: dict[str, type[Fact]] = {**{fact.name: fact for fact in FACTS}, **FACT_OF_TYPE}
_TYPE = ("type", "name", "fact", "ce_type")


class UnreadableFacts(TapwattError):
    """The file cannot be read as facts; the sentence says where it is wrong."""


def read_facts(path: Path) -> list[Fact]:
    """The facts in this file, in its order. UnreadableFacts says in one sentence what is wrong, and where."""
    try:
        if path.stat().st_size > LARGEST:
            raise UnreadableFacts(f"{path} is larger than {LARGEST} bytes; give a part of it")
        text = path.read_bytes().decode()
    except OSError as error:
        raise UnreadableFacts(f"{path} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise UnreadableFacts(f"{path} is not UTF-8 text") from None
    return [_fact(f"{path}, {where}", entry) for where, entry in _entries(path, text)]


def _entries(path: Path, text: str) -> Iterator[tuple[str, Any]]:
    try:
        whole = _parsed(text)
    except (ValueError, RecursionError):
        yield from _lines(path, text)
        return
    for number, entry in enumerate(whole if isinstance(whole, list) else [whole], start=1):
        yield f"event {number}", entry


def _lines(path: Path, text: str) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            entry = _parsed(line)
        except (ValueError, RecursionError):
            raise UnreadableFacts(
                f"{path}, line {number} is not JSON: give an array of events, or one a line"
            ) from None
        yield f"line {number}", entry


def _fact(where: str, entry: Any) -> Fact:
    if not isinstance(entry, dict):
        raise UnreadableFacts(f'{where} is not an object such as {{"type": "tapwatt.captured.v1", "value": {{...}}}}')
    model = _KNOWN.get(_type(entry))
    if model is None:
        raise UnreadableFacts(f'{where} does not say in "type" or "name" which fact it is, such as Captured')
    value = entry.get("value")
    try:
        return model.model_validate(_parsed(value) if isinstance(value, str) else value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_context=False, include_url=False)[0]
        way = ".".join(str(part) for part in ("value", *first["loc"]))
        raise UnreadableFacts(f"{where} is no {model.name}: {way}: {first['msg']}") from None
    except (ValueError, RecursionError):
        raise UnreadableFacts(f"{where} is no {model.name}: its value is not JSON") from None


def _type(entry: Mapping[str, Any]) -> str:
    headers = entry.get("headers")
    inner = headers if isinstance(headers, dict) else {}
    named = [entry.get(name) for name in _TYPE] + [inner.get("ce_type")]
    return next((one for one in named if isinstance(one, str)), "")


def _parsed(text: str) -> Any:
    return json.loads(text, parse_float=Decimal, parse_constant=_no_number)


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not a number in JSON")
