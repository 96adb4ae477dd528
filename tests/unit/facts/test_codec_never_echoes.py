"""What an event holds may be a card number: the reason it is parked for never repeats any of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tapwatt.errors import Poison
from tapwatt.facts.codec import decode

GOLDEN = json.loads(
    (Path(__file__).parents[2] / "golden" / "v1" / "session-requested.json").read_text(encoding="utf-8")
)
SECRET = "9912345678901234567"


def reason(value: dict[str, Any], headers: dict[str, str] | None = None) -> str:
    said = {**GOLDEN["headers"], **(headers or {})}
    with pytest.raises(Poison) as poison:
        decode(b"s-1", json.dumps(value).encode(), [(name, text.encode()) for name, text in said.items()])
    return str(poison.value)


@pytest.mark.parametrize("header", ["ce_specversion", "ce_type", "ce_time"])
def test_s25_a_broken_header_is_not_repeated(header: str) -> None:
    assert SECRET not in reason(GOLDEN["value"], {header: SECRET})


@pytest.mark.parametrize("field", ["time_zone", "session_id", "place", "language", "requested_at", "hold"])
def test_s25_a_broken_field_is_not_repeated(field: str) -> None:
    assert SECRET not in reason({**GOLDEN["value"], field: SECRET})


@pytest.mark.parametrize("name", [SECRET, "x" * 100_000, "two\nlines"])
def test_s25_an_unknown_field_is_not_named_since_its_name_may_be_anything(name: str) -> None:
    said = reason({**GOLDEN["value"], "hold": {**GOLDEN["value"]["hold"], name: 1}})
    assert name not in said
    assert "hold" in said
    assert len(said) < 300
    assert "\n" not in said
