"""Events that were said in the past stay readable for ever: these files are never edited, only added to.

A file is named after its fact; what follows a dot in the name says which of the fact's events it is. `least` has
only what is required.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from scripts.contracts import schemas

from tapwatt.facts.codec import decode, encode
from tapwatt.facts.events import FACTS
from tapwatt.facts.topics import FACT_OF_TYPE, kebab

GOLDEN = Path(__file__).parents[2] / "golden"
FILES = sorted((GOLDEN / "v1").glob("*.json"))
WORDS = json.loads((GOLDEN / "words-v1.json").read_text(encoding="utf-8"))


def record(path: Path) -> tuple[bytes, dict[str, Any], list[tuple[str, bytes]]]:
    golden = json.loads(path.read_text(encoding="utf-8"))
    headers = [(name, text.encode()) for name, text in golden["headers"].items()]
    return golden["key"].encode(), golden["value"], headers


def of_fact(name: str) -> list[Path]:
    return [path for path in FILES if path.name.split(".")[0] == kebab(name)]


def test_every_fact_has_its_golden_event() -> None:
    assert {path.name.split(".")[0] for path in FILES} == {kebab(fact.name) for fact in FACTS}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_golden_event_is_read_and_says_all_that_it_said(path: Path) -> None:
    # given an event as it was said
    key, value, headers = record(path)
    # when it is read today
    event = decode(key, json.dumps(value).encode(), headers)
    # then it is the fact that the file is named after, and said again it says everything it said
    assert type(event.fact) is FACT_OF_TYPE[event.envelope.type]
    assert kebab(event.fact.name) == path.name.split(".")[0]
    said_key, said_value, said_headers = encode(event)
    assert said_key == key
    assert dict(said_headers) == dict(headers)
    assert lost(value, json.loads(said_value)) == []
    # and from then on it is said in the same bytes each time
    assert encode(decode(said_key, said_value, said_headers)) == (said_key, said_value, said_headers)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_field_that_a_later_version_adds_is_ignored(path: Path) -> None:
    key, value, headers = record(path)
    event = decode(key, json.dumps(value).encode(), headers)
    assert decode(key, json.dumps({**value, "added_later": {"x": 1}}).encode(), headers) == event


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_every_field_of_a_fact_stands_in_a_golden_event(fact: Any) -> None:
    # given all that the fact's golden events say, and all the fields they have when they are read
    said: set[str] = set()
    known: set[str] = set()
    for path in of_fact(fact.name):
        key, value, headers = record(path)
        said |= paths(value)
        known |= paths(decode(key, json.dumps(value).encode(), headers).fact.model_dump())
    # then none is missing: whoever adds a field adds an event that has it
    assert known - said == set()


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_a_fact_with_optional_fields_has_a_golden_event_without_them(fact: Any) -> None:
    optional = {name for name, field in fact.model_fields.items() if not field.is_required()}
    absent = [set(fact.model_fields) - set(record(path)[1]) for path in of_fact(fact.name)]
    assert optional <= set().union(*absent)


def test_a_word_that_was_once_said_is_still_a_word() -> None:
    now = words(schemas())
    gone = {place: sorted(set(was) - set(now.get(place, []))) for place, was in WORDS.items()}
    assert {place: missing for place, missing in gone.items() if missing} == {}
    new = {place: sorted(set(found) - set(WORDS.get(place, []))) for place, found in now.items()}
    assert {place: added for place, added in new.items() if added} == {}, "add the new words to words-v1.json"


def test_what_is_lost_or_changed_is_seen() -> None:
    assert lost({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}) == [".a.b[1] was 2 and is 3"]
    assert lost({"a": 1, "b": 2}, {"b": 2, "c": 3}) == [".a is gone"]


def lost(was: Any, now: Any, at: str = "") -> list[str]:
    """What is in the old value and not, or not the same, in the new one."""
    if isinstance(was, dict):
        return [
            e for k, v in was.items() for e in (lost(v, now[k], f"{at}.{k}") if k in now else [f"{at}.{k} is gone"])
        ]
    if isinstance(was, list):
        pairs = zip(was, now, strict=True)
        return [e for n, (a, b) in enumerate(pairs) for e in lost(a, b, f"{at}[{n}]")]
    return [] if was == now else [f"{at} was {was!r} and is {now!r}"]


def paths(value: Any, at: str = "") -> set[str]:
    """Every field's path; the items of a list count as one."""
    if isinstance(value, dict):
        return {f"{at}.{k}" for k in value} | {p for k, v in value.items() for p in paths(v, f"{at}.{k}")}
    if isinstance(value, list | tuple):
        return {p for item in value for p in paths(item, at)}
    return set()


def words(node: Any, at: str = "") -> dict[str, list[str]]:
    """Every closed list of words in the schemas, by where it stands."""
    found: dict[str, list[str]] = {}
    if isinstance(node, dict):
        if "enum" in node:
            found[at] = list(node["enum"])
        for key, inner in node.items():
            found |= words(inner, f"{at}/{key}")
    elif isinstance(node, list):
        for number, inner in enumerate(node):
            found |= words(inner, f"{at}/{number}")
    return found
