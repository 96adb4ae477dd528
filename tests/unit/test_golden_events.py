"""Events that were said in the past stay readable for ever: these files are never edited, only added to."""

import json
from pathlib import Path
from typing import Any

import pytest

from tapwatt.codec import decode, encode
from tapwatt.events import FACTS
from tapwatt.topics import FACT_OF_TYPE, kebab

GOLDEN = Path(__file__).parents[1] / "golden" / "v1"
FILES = sorted(GOLDEN.glob("*.json"))


def test_every_fact_has_its_golden_event() -> None:
    assert {path.stem for path in FILES} == {kebab(fact.name) for fact in FACTS}


def record(path: Path) -> tuple[bytes, dict[str, Any], list[tuple[str, bytes]]]:
    golden = json.loads(path.read_text(encoding="utf-8"))
    headers = [(name, text.encode()) for name, text in golden["headers"].items()]
    return golden["key"].encode(), golden["value"], headers


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_golden_event_is_read_and_says_all_that_it_said(path: Path) -> None:
    # given an event as it was said
    key, value, headers = record(path)
    # when it is read today
    event = decode(key, json.dumps(value).encode(), headers)
    # then it is the same fact, and nothing in it is lost: said again it says everything it said
    assert type(event.fact) is FACT_OF_TYPE[event.envelope.type]
    said_key, said_value, said_headers = encode(event)
    assert said_key == key
    assert dict(said_headers) == dict(headers)
    assert lost(value, json.loads(said_value)) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_field_that_a_later_version_adds_is_ignored(path: Path) -> None:
    key, value, headers = record(path)
    event = decode(key, json.dumps(value).encode(), headers)
    assert decode(key, json.dumps({**value, "added_later": {"x": 1}}).encode(), headers) == event


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
