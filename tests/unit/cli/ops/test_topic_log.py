"""What is read of the log: every event, and of what cannot be read only what nobody was told of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

from tests.unit.cli.ops.test_audit_differences import NOW, Told

from tapwatt.facts.codec import Event, begin, encode
from tapwatt.facts.events import EventRejected
from tapwatt_cli.ops.topic_log import _sorted


def record(topic: str, offset: int, event: Event | None = None) -> Any:
    key, value, headers = encode(event) if event is not None else (b"k", b"{nonsense", ())
    return SimpleNamespace(topic=topic, partition=3, offset=offset, key=key, value=value, headers=headers)


async def log_of(*records: Any) -> AsyncIterator[Any]:
    for one in records:
        yield one


async def test_a_record_that_was_refused_aloud_is_a_dead_letter_and_no_difference_for_ever() -> None:
    # given two records that no fact can be read from, one of which its fleet was told of before it is read
    told = EventRejected(stood_at="fleets/3/7", why="RefundRequested is broken", what_to_do="say it again")
    [requested] = Told().events
    rejected = record("rejected", 0, begin(told, "r", "/tapwatt/capturer", NOW))
    # when the log is read
    log = await _sorted(
        log_of(rejected, record("fleets", 7), record("fleets", 8), record("asked", 0, requested)), "dead"
    )
    # then the other alone is strange
    assert [event.fact for event in log.events] == [told, requested.fact]
    [strange] = log.unreadable
    assert strange.startswith("fleets[3]@8: ")
