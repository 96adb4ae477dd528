"""Every kind of record that is no fact is poison with a reason, within far less than the second it may take."""

from __future__ import annotations

import time

import pytest
from tests.flow.virtual_time import EPOCH
from tests.simulation.foreign import SPOILING

from tapwatt.errors import Poison
from tapwatt.facts.codec import begin, decode, encode
from tapwatt.facts.events import SessionCancelled

LONGEST_S = 1.0
MEBIBYTE = 1024 * 1024
GOOD = encode(
    begin(
        SessionCancelled(operator_id="op", session_id="s", reason="driver", cancelled_at=EPOCH),
        "id",
        "/fleet/op",
        EPOCH,
    )
)


def refused(key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes | None]]) -> tuple[str, float]:
    """Why it is poison, and how long it took to say so (seconds of a core)."""
    begun = time.process_time()
    with pytest.raises(Poison) as raised:
        decode(key, value, headers)
    return str(raised.value), time.process_time() - begun


@pytest.mark.parametrize("number", range(len(SPOILING)))
def test_each_kind_of_foreign_record_is_poison_within_a_second(number: int) -> None:
    key, value, headers = GOOD
    reason, took_s = refused(*SPOILING[number](key, value, [*headers]))
    assert reason
    assert took_s < LONGEST_S


@pytest.mark.parametrize("filling", [b" ", b"[", b'{"a":', b'"', b"9", b"\xff", b"\x00"])
@pytest.mark.parametrize("size", [5 * MEBIBYTE // 4, 10 * MEBIBYTE])
def test_a_record_of_the_most_that_a_topic_takes_and_one_of_ten_megabytes_are_poison_within_a_second(
    filling: bytes, size: int
) -> None:
    key, _, headers = GOOD
    reason, took_s = refused(key, (filling * (size // len(filling) + 1))[:size], [*headers])
    assert f"the event is {size} bytes" in reason
    assert took_s < LONGEST_S


@pytest.mark.parametrize("filling", [b" ", b"[", b'{"a":', b'"', b"9", b"\xff", b"\x00"])
def test_the_largest_record_that_is_read_at_all_is_poison_within_a_second(filling: bytes) -> None:
    key, _, headers = GOOD
    size = 900 * 1024
    reason, took_s = refused(key, (filling * (size // len(filling) + 1))[:size], [*headers])
    assert "bytes; at most" not in reason
    assert took_s < LONGEST_S
