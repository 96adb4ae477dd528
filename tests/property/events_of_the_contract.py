"""Makes events of the published contract, knowing nothing but docs/asyncapi.yaml; and says what the contract allows."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st
from jsonschema import Draft7Validator, FormatChecker

CONTRACT: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[2] / "docs" / "asyncapi.yaml").read_text(encoding="utf-8")
)
MESSAGES: dict[str, Any] = CONTRACT["components"]["messages"]
MOST_ITEMS = 3
MOST_LETTERS = 12
SAYS_NOTHING = {"title", "description", "default", "examples"}
FORMATS = FormatChecker(formats=())


@FORMATS.checks("date-time", raises=ValueError)
def _is_a_moment(written: object) -> bool:
    return not isinstance(written, str) or datetime.fromisoformat(written).tzinfo is not None


@FORMATS.checks("date", raises=ValueError)
def _is_a_day(written: object) -> bool:
    return not isinstance(written, str) or bool(date.fromisoformat(written))


def payload(name: str) -> dict[str, Any]:
    """What the contract says of a fact's value."""
    return dict(MESSAGES[name]["payload"])


def headers(name: str) -> dict[str, Any]:
    """What the contract says of a fact's headers."""
    return dict(MESSAGES[name]["headers"])


@cache
def _validator(name: str, part: str) -> Draft7Validator:
    held = {"allOf": [MESSAGES[name][part]], "components": CONTRACT["components"]}
    return Draft7Validator(held, format_checker=FORMATS)


def allows(name: str, value: Any, part: str = "payload") -> bool:
    """Whether the contract allows this value (or these headers)."""
    return bool(_validator(name, part).is_valid(value))


def of_schema(schema: Any) -> st.SearchStrategy[Any]:
    """Whatever this schema allows. AssertionError where it uses a word that is not known here."""
    return _of(json.dumps(schema, sort_keys=True))


@cache
def _of(written: str) -> st.SearchStrategy[Any]:
    schema = json.loads(written)
    if schema is True:
        return st.none() | st.integers() | st.text(max_size=3)
    if "$ref" in schema:
        return st.deferred(lambda: of_schema(_part(schema["$ref"])))
    if "allOf" in schema:
        return of_schema(_together(schema))
    if "anyOf" in schema:
        rest = {key: said for key, said in schema.items() if key not in {"anyOf", *SAYS_NOTHING}}
        return st.one_of([of_schema({**rest, **one}) for one in schema["anyOf"]])
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kinds = {
        "object": _objects,
        "array": _arrays,
        "string": _texts,
        "integer": _integers,
        "number": _numbers,
        "boolean": lambda _: st.booleans(),
        "null": lambda _: st.none(),
    }
    return kinds[schema["type"]](schema)


def _part(reference: str) -> Any:
    found: Any = CONTRACT
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def _together(schema: dict[str, Any]) -> dict[str, Any]:
    """One schema of several about the same object."""
    whole: dict[str, Any] = {"properties": {}}
    for one in schema["allOf"]:
        one = _part(one["$ref"]) if "$ref" in one else one
        for name, said in one.get("properties", {}).items():
            whole["properties"][name] = {**whole["properties"].get(name, {}), **said}
        whole.update({key: said for key, said in one.items() if key != "properties"})
    return whole


def _known(schema: dict[str, Any], *words: str) -> None:
    unknown = set(schema) - SAYS_NOTHING - {"type", *words}
    assert not unknown, f"the contract uses {unknown}: teach this generator what it means"


def _objects(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    _known(schema, "properties", "required", "additionalProperties")
    known = {name: one for name, one in schema["properties"].items() if one is not False}
    needed = set(schema.get("required", ()))
    ours = st.fixed_dictionaries(
        {name: of_schema(one) for name, one in known.items() if name in needed},
        optional={name: of_schema(one) for name, one in known.items() if name not in needed},
    )
    if schema.get("additionalProperties") is False:
        return ours
    said = schema.get("additionalProperties", True)
    later = st.dictionaries(st.sampled_from(["added_later", "x"]), of_schema(said))
    return st.builds(lambda more, one: {**more, **one}, st.just({}) | later, ours)


def _arrays(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    _known(schema, "items", "minItems", "maxItems")
    least = schema.get("minItems", 0)
    most = min(schema.get("maxItems", MOST_ITEMS), max(MOST_ITEMS, least))
    return st.lists(of_schema(schema["items"]), min_size=least, max_size=most)


def _texts(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    _known(schema, "pattern", "minLength", "maxLength", "format", "not")
    if "not" in schema:
        forbidden = Draft7Validator(schema["not"])
        return _texts({**{k: v for k, v in schema.items() if k != "not"}}).filter(
            lambda text: not forbidden.is_valid(text)
        )
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    if "pattern" not in schema:
        letters = st.characters(exclude_categories=("Cs",))
        short = st.text(letters, min_size=least, max_size=MOST_LETTERS if most is None else min(most, MOST_LETTERS))
        return short if most is None else short | st.just("é" * most)
    made = st.from_regex(schema["pattern"].removeprefix("^").removesuffix("$"), fullmatch=True)
    return made.filter(
        lambda text: least <= len(text) <= (most or len(text)) and FORMATS.conforms(text, schema.get("format", ""))
    )


def _integers(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    _known(schema, "minimum", "maximum")
    whole = st.integers(schema.get("minimum"), schema.get("maximum"))
    # 5.0 is a whole number to JSON schema: JSON has one kind of number
    exactly = whole.filter(lambda number: abs(number) < 2**53)
    return whole | exactly.map(float)


def _numbers(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    _known(schema, "minimum", "maximum")
    least, most = schema.get("minimum"), schema.get("maximum")
    fractions = st.floats(least, most, allow_nan=False, allow_infinity=False)
    return fractions | st.integers(least, most) | st.just(-0.0)


def exact(written: Any) -> Decimal:
    """A number of an event, or a decimal in a string."""
    return Decimal(str(written))
