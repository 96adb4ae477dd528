"""What cannot be read says why in one sentence, and never repeats what it was given."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapwatt.errors import Poison
from tapwatt.facts.codec import LARGEST_EVENT, decode

EVENTS = Path(__file__).parents[2] / "golden" / "v1"
GOLDEN = json.loads((EVENTS / "session-requested.json").read_text(encoding="utf-8"))
OFFER = json.loads((EVENTS / "tariff-published.json").read_text(encoding="utf-8"))
HEADERS = {name: text.encode() for name, text in GOLDEN["headers"].items()}
SECRET = "9912345678901234567"


def read(value: Any = None, headers: dict[str, bytes] | None = None, key: bytes = b"s-1") -> None:
    raw = value if isinstance(value, bytes) else json.dumps(value or GOLDEN["value"]).encode()
    decode(key, raw, list((headers or HEADERS).items()))


def changed(path: str, to: Any, golden: dict[str, Any] = GOLDEN) -> dict[str, Any]:
    value = json.loads(json.dumps(golden["value"]))
    *way, last = path.split(".")
    part = value
    for step in way:
        part = part[step]
    part[last] = to
    return value


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (b"", "has no value"),
        (b"{", "the object: Invalid JSON"),
        (b" " * (LARGEST_EVENT + 1), f"at most {LARGEST_EVENT} are read"),
        (b"[" * 100_000, "the object: Invalid JSON"),
        (b"[" + SECRET.encode() + b"]", "the object: Input should be an object"),
        (SECRET.encode() + b"x", "the object: Invalid JSON"),
        (b'{"session_id":"\xff' + SECRET.encode() + b'"}', "the object: Invalid JSON"),
        (changed("hold.currency", SECRET), "hold.currency"),
        (changed("hold.currency", "ZZZ"), "not an ISO 4217 currency"),
        (changed("hold.currency", "978"), "not an ISO 4217 currency"),
        (changed("hold.currency", "eur"), "hold.currency"),
        (changed("hold.minor", 19.99), "hold.minor"),
        (changed("hold.minor", "1999"), "hold.minor"),
        (changed("hold.minor", 0), "not more than nothing"),
        (changed("hold.minor", 10**15), "hold.minor"),
        (changed("hold.minor", float(SECRET)), "hold.minor"),
        (changed("language", SECRET), "language"),
        (changed("time_zone", "Mars/Olympus"), "time_zone"),
        (changed("requested_at", "2026-03-02T08:00:00"), "requested_at"),
        (changed("session_id", "a b"), "session_id"),
        (changed("place", SECRET), "place"),
    ],
)
def test_s24_s25_a_broken_value_is_poison_with_its_path(value: Any, says: str) -> None:
    with pytest.raises(Poison) as poison:
        read(value)
    assert says in str(poison.value)
    assert SECRET not in str(poison.value)
    assert "\n" not in str(poison.value)
    # and what led to it is not carried along, since it would be shown in a log with the input in it
    assert poison.value.__suppress_context__ or poison.value.__context__ is None


@pytest.mark.parametrize(
    ("field", "to", "says"),
    [
        ("elements", [], "tariff.elements"),
        ("min_price.before_taxes", "0." + 2 * SECRET, "no more than 30 digits"),
        ("min_price.before_taxes", "0." + 20 * "0" + "1", "no more than 20 decimal"),
        ("min_price.before_taxes", "NaN", "valid decimal"),
        ("min_price.before_taxes", -1, "greater than or equal to 0"),
        ("tax_included", SECRET, "tariff.tax_included"),
        ("start_date_time", SECRET, "tariff.start_date_time"),
    ],
)
def test_s25_a_published_tariff_that_nobody_could_bill_by_is_poison_with_its_path(
    field: str, to: Any, says: str
) -> None:
    headers = {**HEADERS, "ce_type": OFFER["headers"]["ce_type"].encode()}
    with pytest.raises(Poison) as poison:
        read(changed(f"tariff.{field}", to, OFFER), headers, OFFER["key"].encode())
    assert says in str(poison.value)
    assert field in str(poison.value)
    assert SECRET not in str(poison.value)


@pytest.mark.parametrize(
    ("header", "to", "says"),
    [
        ("ce_specversion", b"0.3", "ce_specversion is not 1.0"),
        ("ce_type", b"tapwatt.session-requested.v2", "no version of one"),
        ("ce_type", b"tapwatt.card-swallowed.v1", "is no fact"),
        ("ce_type", b"", "ce_type is missing"),
        ("ce_id", b"x" * 201, "ce_id is missing or longer"),
        ("ce_id", b"\xff", "ce_id is not UTF-8"),
        ("ce_time", b"yesterday", "is not an ISO 8601 time"),
        ("ce_time", b"2026-03-02T08:00:00", "no time zone"),
    ],
)
def test_s25_a_broken_envelope_is_poison_with_the_header_it_is_in(header: str, to: bytes, says: str) -> None:
    with pytest.raises(Poison, match=says):
        read(headers={**HEADERS, header: to})


def test_s25_a_record_without_a_value_or_a_key_is_poison() -> None:
    value = json.dumps(GOLDEN["value"]).encode()
    with pytest.raises(Poison, match="has no value"):
        decode(b"s-1", None, list(HEADERS.items()))
    with pytest.raises(Poison, match="key is not the session_id"):
        decode(None, value, list(HEADERS.items()))


def test_an_event_as_large_as_is_read_is_read() -> None:
    value = json.dumps(GOLDEN["value"]).encode()
    assert decode(b"s-1", value.ljust(LARGEST_EVENT), list(HEADERS.items())).fact.key == "s-1"


def test_a_key_that_is_not_the_facts_own_is_poison_since_its_order_would_be_lost() -> None:
    with pytest.raises(Poison, match="key is not the session_id"):
        read(key=b"another")


@given(st.binary(max_size=400), st.dictionaries(st.sampled_from(sorted(HEADERS)), st.binary(max_size=60), max_size=4))
def test_any_bytes_are_read_or_are_poison_and_nothing_else(value: bytes, headers: dict[str, bytes]) -> None:
    sentence = ""
    try:
        read(value or b"{}", {**HEADERS, **headers})
    except Poison as poison:
        sentence = str(poison)
    assert "\n" not in sentence
