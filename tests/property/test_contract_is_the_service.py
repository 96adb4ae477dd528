"""What docs/asyncapi.yaml allows the service reads, and what it forbids the service refuses: both ways.

What no schema can say (sums, the order of periods, a moment's place in UTC) is said in a fact's description, and
refused for the fact as a whole. A tariff in a request that cannot be read refuses the driver, not the record.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.property.events_of_the_contract import allows, headers, of_schema, payload

from tapwatt.errors import Poison
from tapwatt.facts.codec import Event, decode, encode
from tapwatt.facts.events import FACTS, TariffPublished
from tapwatt.facts.fact import Fact
from tapwatt.facts.fields import FIRST, LAST
from tapwatt.facts.topics import FACT_OF_TYPE, fact_type
from tapwatt.tariffs import Tariff, UnreadableTariff, contradiction

GOLDEN = [
    json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((Path(__file__).parents[1] / "golden" / "v1").glob("*.json"))
]
SAID = {"ce_specversion": "1.0", "ce_id": "e-1", "ce_source": "/fleet", "ce_time": "2026-03-02T12:00:00Z"}
THOROUGH = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
FEWER = settings(THOROUGH, max_examples=10)
"""A tariff is large: of its events a few are made, of the others many."""
WITH_A_TARIFF = [fact for fact in FACTS if "tariff" in fact.model_fields]
AS_A_WHOLE = "is broken: the object: Value error, "
"""How a refusal begins that is about no single field."""

CAN_BE_ADDED_UP = ("SessionPriced",)
"""Facts whose sums `added_up` puts right."""


def key_of(fact: type[Fact], value: Any) -> str:
    """The key that a fleet gives the record."""
    if fact.keyed_by != "offer":
        return str(value.get(fact.keyed_by, ""))
    return f"{value['operator_id']}/{value['tariff']['id']}/{value['tariff_version']}"


def read(fact: type[Fact], value: Any, said: dict[str, str] = SAID) -> Event:
    """What the service makes of it. Poison where it refuses it, or would refuse the driver."""
    record = {"ce_type": fact_type(fact), **said}
    try:
        key = key_of(fact, value)
    except (KeyError, TypeError, AttributeError):
        key = ""
    event = decode(key.encode(), json.dumps(value).encode(), [(name, text.encode()) for name, text in record.items()])
    if isinstance(getattr(event.fact, "tariff", None), UnreadableTariff):
        raise Poison("the driver is refused: the tariff cannot be read")
    return event


def refusal(fact: type[Fact], value: Any) -> str:
    """Why it is refused; for what is read, the words that no refusal of a single field has."""
    try:
        read(fact, value)
    except Poison as refused:
        return str(refused)
    return AS_A_WHOLE


def moments(node: Any) -> Iterator[datetime]:
    """Every time in an event."""
    if isinstance(node, dict | list):
        for inner in node.values() if isinstance(node, dict) else node:
            yield from moments(inner)
    elif isinstance(node, str) and "T" in node and node[:2] in ("19", "21"):
        try:
            yield datetime.fromisoformat(node)
        except ValueError:
            return


def in_our_days(value: Any) -> bool:
    """No schema knows what an offset makes of the first and the last day: 1970-01-01T00:00+01:00 is 1969 in UTC."""
    return all(one.tzinfo is None or FIRST <= one < LAST for one in moments(value))


def added_up(fact: type[Fact], value: dict[str, Any]) -> dict[str, Any]:
    """The event with what no schema can say put right: its sums."""
    match fact.name:
        case "SessionPriced":
            owed = value["owed"] = {"minor": 0, "currency": value["hold"]["amount"]["currency"]}
            for name in ("lines", "vat"):
                value.pop(name, None)
            value["owed_excl_vat"] = owed
    return value


@pytest.mark.parametrize("fact", [one for one in FACTS if one not in WITH_A_TARIFF], ids=lambda fact: fact.name)
@given(st.data())
@THOROUGH
def test_what_the_contract_allows_is_read_and_said_again(fact: Any, data: st.DataObject) -> None:
    is_read_and_said_again(fact, data.draw(of_schema(payload(fact.name))))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("fact", WITH_A_TARIFF, ids=lambda fact: fact.name)
@given(st.data())
@FEWER
def test_s25_a_tariff_that_the_contract_allows_is_read_and_said_again(fact: Any, data: st.DataObject) -> None:
    is_read_and_said_again(fact, data.draw(of_schema(payload(fact.name))))


@given(data=st.data())
@THOROUGH
def test_any_amount_of_a_tariff_that_the_contract_allows_is_read(data: st.DataObject) -> None:
    # given a small tariff with any price, limit and increment that the schema allows
    part = data.draw(of_schema({"$ref": "#/components/schemas/PriceComponent"}))
    limit = data.draw(of_schema({"$ref": "#/components/schemas/PriceLimit"}))
    restrictions = data.draw(of_schema({"$ref": "#/components/schemas/Restrictions"}))
    element = {"price_components": [part], "restrictions": restrictions}
    tariff = {"id": "T", "currency": "EUR", "elements": [element], "min_price": limit}
    # then a published tariff with it is read
    offer = {"operator_id": "op", "tariff_version": "1", "published_at": "2026-03-02T12:00:00Z", "tariff": tariff}
    is_read_and_said_again(TariffPublished, offer)


def is_read_and_said_again(fact: type[Fact], value: Any) -> None:
    # given an event that the published schema allows
    assert allows(fact.name, value)
    assume(in_our_days(value))
    # when the service reads it as it is, then it is read, or refused for what no schema can say
    assert AS_A_WHOLE in refusal(fact, value)
    # and with that put right it is read whatever it has, and said again it is the same
    value = added_up(fact, copy.deepcopy(value))
    if fact.name not in CAN_BE_ADDED_UP and refusal(fact, value) != AS_A_WHOLE:
        return
    event = read(fact, value)
    again = encode(event)
    assert decode(*again) == event
    assert allows(fact.name, json.loads(again[1]))


@given(st.data())
@THOROUGH
def test_what_the_contract_allows_of_headers_is_read(data: st.DataObject) -> None:
    # given a fact as it was once said, under any headers that the contract allows
    golden = data.draw(st.sampled_from(GOLDEN))
    fact = FACT_OF_TYPE[golden["headers"]["ce_type"]]
    said = data.draw(of_schema({**headers(fact.name), "additionalProperties": False}))
    assume(in_our_days(said))
    # then it is read
    event = read(fact, golden["value"], said)
    assert event.envelope.id == said["ce_id"]


ODD: list[Any] = [
    None, True, False, 0, -1, 5.0, 1.5, -0.001, 101, 10**9 + 1, 10**13, 1e300, 1767225600, 1767225600.5,
    "", "abc", "0", "007", "12.5", "-1", "+5", "1e3", "12,5", ".5", "5.", "1_000", " 1", "NaN", "Infinity",
    "1000000000.1", "100.0000000000001", "eur", "EUR", "ZZZ", "978", "XXX", "CET", "CET+1", "localtime", "Mars/Olympus",
    "Factory",
    "europe/amsterdam", "Europe/Amsterdam", "posix/Europe/Amsterdam", "1767225600", "2026-01-31", "2026-02-30",
    "2026-02-30T00:00:00Z", "2026-01-31T12:00Z", "2026-01-31 12:00:00Z", "2026-01-31T12:00:00", "2026-01-31T12:00:60Z",
    "2026-01-31T12:00:00.123456789Z", "2026-01-31T12:00:00+24:00", "2026-01-31T24:00:00Z", "1969-12-31T23:59:59Z",
    "1969-12-31T23:59:59-01:00", "2200-01-01T00:00:00Z", "20260131T120000Z", "13:30", "13:30:00", "1:30",
    "13:30Z", "24:00",
    "x" * 65, "x" * 256, "x" * 501, "YES", "nl", "NL", "a b", "é", "٣", [], {}, [None], {"minor": 1},
    {"minor": 0, "currency": "EUR"}, {"minor": -1, "currency": "EUR"}, {"minor": 1, "currency": "eur"},
    {"minor": "1", "currency": "EUR"}, {"excl_vat": 1}, {"excl_vat": 1, "before_taxes": "x"}, {"after_taxes": 1},
    {"before_taxes": 1, "incl_vat": "x"}, {"before_taxes": 1, "after_taxes": None, "incl_vat": "x"},
]  # fmt: skip


def places(node: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every part of an event."""
    if isinstance(node, dict | list):
        for step, inner in node.items() if isinstance(node, dict) else enumerate(node):
            yield (*at, step)
            yield from places(inner, (*at, step))


def changed(value: Any, place: tuple[Any, ...], to: Any) -> Any:
    """The event with another thing at this place; without it where `to` is an Ellipsis."""
    value = copy.deepcopy(value)
    part = value
    for step in place[:-1]:
        part = part[step]
    if to is ...:
        del part[place[-1]]
    else:
        part[place[-1]] = to
    return value


def refused_later(event: Event) -> bool:
    """A tariff with a time of day that has an offset is read, and refused with whoever asks for it."""
    tariff = getattr(event.fact, "tariff", None)
    return isinstance(tariff, Tariff) and contradiction(tariff) is not None


def to_be_changed(fact: type[Fact]) -> list[tuple[Any, tuple[Any, ...]]]:
    """Every part that a golden event of the fact has, in the smallest of them: of several items only the first.

    A tariff's parts are the same wherever one stands, so they are changed where it is published.
    """
    found: dict[tuple[Any, ...], Any] = {}
    events = [one["value"] for one in GOLDEN if one["headers"]["ce_type"] == fact_type(fact)]
    for value in sorted(events, key=lambda value: len(json.dumps(value))):
        for place in places(value):
            of_a_tariff = fact.name != "TariffPublished" and "tariff" in place[:-1]
            if not of_a_tariff and not any(isinstance(step, int) and step > 0 for step in place):
                found.setdefault(place, value)
    return [(value, place) for place, value in found.items()]


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_what_the_contract_forbids_is_refused_and_what_it_allows_is_not(fact: Any) -> None:
    # given events as they were once said, of which one part is left out, or is something else
    wrong = []
    for golden, place in to_be_changed(fact):
        for odd in (..., *ODD):
            value = changed(golden, place, odd)
            allowed = allows(fact.name, value)
            # when the service is asked
            said = refusal(fact, value)
            taken = said == AS_A_WHOLE and (allowed or not refused_later(read(fact, value)))
            # then it takes it exactly where the contract does, but for what no schema can say
            if taken != allowed and not (allowed and AS_A_WHOLE in said):
                wrong.append((place, odd, f"allowed: {allowed}, {said}"))
    assert wrong == []


@pytest.mark.parametrize("odd", [odd for odd in ODD if isinstance(odd, str)])
def test_a_time_in_a_header_is_read_as_the_contract_says(odd: str) -> None:
    fact = FACT_OF_TYPE[GOLDEN[0]["headers"]["ce_type"]]
    said = {**SAID, "ce_type": fact_type(fact), "ce_time": odd}
    try:
        taken = bool(read(fact, GOLDEN[0]["value"], said))
    except Poison:
        taken = False
    assert taken == allows(fact.name, said, "headers")
