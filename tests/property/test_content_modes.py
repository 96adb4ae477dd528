"""An event is the same with its envelope in the headers or round the value; other modes are refused by name."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.property.test_codec_roundtrip import facts, moments, names

from tapwatt.errors import Poison
from tapwatt.facts.codec import LARGEST_EVENT, begin, decode, encode
from tapwatt.facts.content_modes import attribute
from tapwatt.facts.fact import Fact
from tapwatt.facts.topics import Topics
from tapwatt.worker.records import Read
from tapwatt.worker.rejections import rejection

GOLDEN = [
    json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((Path(__file__).parents[1] / "golden" / "v1").glob("*.json"))
]
TYPES = st.sampled_from(
    [
        "application/cloudevents+json",
        "application/cloudevents+json; charset=UTF-8",
        "Application/CloudEvents+JSON;charset=utf-8",
    ]
)
STRUCTURED = [("content-type", b"application/cloudevents+json")]


def enveloped(said: dict[str, str], value: Any, **more: Any) -> dict[str, Any]:
    """The event in structured mode, of its headers in binary mode."""
    attributes = {name.removeprefix("ce_"): text for name, text in said.items() if name != "content-type"}
    return {**attributes, "datacontenttype": "application/json", **({"data": value} if value else {}), **more}


@given(facts, names, moments, TYPES, st.booleans(), st.booleans())
def test_an_event_is_the_same_in_either_mode(
    fact: Fact, event_id: str, now: Any, media: str, as_base64: bool, indented: bool
) -> None:
    # given any event as it is said in binary mode
    key, value, headers = encode(begin(fact, event_id, "/fleet", now))
    binary = decode(key, value, headers)
    # when a fleet says it in structured mode, however its library writes that
    said = {name: text.decode() for name, text in headers}
    data: dict[str, Any] = {"data_base64": base64.b64encode(value).decode()} if as_base64 else {}
    whole = enveloped(said, None if as_base64 else json.loads(value), subject="any", **data)
    raw = json.dumps(whole, indent=2 if indented else None, ensure_ascii=indented).encode()
    # then it is the same event, with the same trace
    assert decode(key, raw, [("content-type", media.encode())]) == binary


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden["headers"]["ce_type"])
def test_what_was_once_said_is_the_same_in_either_mode(golden: dict[str, Any]) -> None:
    key, value = golden["key"].encode(), json.dumps(golden["value"]).encode()
    binary = decode(key, value, [(name, text.encode()) for name, text in golden["headers"].items()])
    whole = json.dumps(enveloped(golden["headers"], golden["value"])).encode()
    assert decode(key, whole, STRUCTURED) == binary


SAID = GOLDEN[0]
WHOLE = enveloped(SAID["headers"], SAID["value"])


def refused(value: bytes, media: str = "application/cloudevents+json") -> str:
    with pytest.raises(Poison) as poison:
        decode(SAID["key"].encode(), value, [("content-type", media.encode())])
    return str(poison.value)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"specversion": "0.3"}, "attribute specversion is not 1.0"),
        ({"id": ""}, "attribute id is missing or longer than 200 characters"),
        ({"id": 7}, "attribute id is missing or longer than 200 characters"),
        ({"source": None}, "attribute source is missing"),
        ({"time": "yesterday"}, "attribute time is not an ISO 8601 time"),
        ({"time": "2026-03-02 08:00:00Z"}, "attribute time is not written as 2026-01-31T12:00:00Z"),
        ({"type": "tapwatt.card-swallowed.v1"}, "is no fact"),
        ({"data": "text"}, "the object: Input should be an object"),
        ({"data": None, "data_base64": "e30="}, "the object: Input should be an object"),
    ],
)
def test_the_rules_of_an_envelope_are_the_same_round_the_value(changed: dict[str, Any], says: str) -> None:
    assert says in refused(json.dumps({**WHOLE, **changed}).encode())


def test_an_envelope_without_a_fact_in_it_is_refused_with_what_is_missing() -> None:
    without = {name: said for name, said in WHOLE.items() if name != "data"}
    assert "has no data" in refused(json.dumps(without).encode())
    assert "data_base64 is not Base64" in refused(json.dumps({**without, "data_base64": "{}"}).encode())
    assert "data_base64 is not Base64" in refused(json.dumps({**without, "data_base64": 7}).encode())
    assert "its value is not JSON" in refused(b"{")
    assert "its value is not JSON" in refused(b'{"specversion": NaN}')
    assert "its value is not a JSON object" in refused(b"[]")
    assert "at most" in refused(json.dumps(WHOLE).encode().ljust(LARGEST_EVENT + 1))


@pytest.mark.parametrize(
    ("media", "says"),
    [
        ("application/cloudevents-batch+json", "batched mode, which is not read: say each event in its own record"),
        ("application/cloudevents-batch+json; charset=UTF-8", "batched mode"),
        ("application/cloudevents+avro", "a CloudEvents format that is not read"),
        ("application/cloudevents+protobuf", "say it in binary mode or as application/cloudevents+json"),
    ],
)
def test_a_mode_that_is_not_read_is_refused_by_name(media: str, says: str) -> None:
    assert says in refused(json.dumps([WHOLE]).encode(), media)


@pytest.mark.parametrize("headers", [STRUCTURED, [(name, text.encode()) for name, text in SAID["headers"].items()]])
def test_a_refused_event_is_named_by_its_envelope_in_either_mode(headers: Any) -> None:
    # given an event that is refused, whose envelope is in its headers or round its value
    value = json.dumps(WHOLE if headers is STRUCTURED else SAID["value"]).encode()
    record = Read("tapwatt.charging-ended.v1", 0, 7, b"s-1", value, headers)
    # when its author is told
    told = rejection(record, "tapwatt.charging-ended.v1/0/7", "why", kept=False, topics=Topics())
    # then by the names that the author gave it
    assert told is not None
    assert (told.rejected_id, told.rejected_source) == (SAID["headers"]["ce_id"], SAID["headers"]["ce_source"])
    assert told.rejected_type == SAID["headers"]["ce_type"]


@given(st.binary(max_size=60) | st.none())
def test_a_broken_envelope_round_a_value_names_nothing_and_breaks_nothing(value: bytes | None) -> None:
    assert attribute("id", value, STRUCTURED) == ""
