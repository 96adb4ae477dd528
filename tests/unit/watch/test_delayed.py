"""What waits for its next try: from when it is put aside until its group has committed beyond it."""

from datetime import timedelta

import pytest
from tests.unit.watch.moved import raw, waiting
from tests.unit.watch.said import NOON, after

from tapwatt.worker.moved_records import Kind
from tapwatt.worker.records import Partition
from tapwatt_watch.delayed import DelayedRecords, before

RETRY = Partition("retry", 0)


def test_a_record_waits_until_its_group_has_committed_beyond_it() -> None:
    delayed = DelayedRecords()
    delayed.read(waiting(0, 1, after(1)), NOON)
    delayed.read(waiting(1, 1, after(2), Kind.UNKNOWN), after(1))
    assert [(one.kind, one.since, one.due) for one in delayed.records()] == [
        (Kind.UNAVAILABLE, NOON, after(1)),
        (Kind.UNKNOWN, after(1), after(2)),
    ]
    delayed.committed({RETRY: 1})
    assert [one.offset for one in delayed.records()] == [1]
    delayed.committed({RETRY: 2})
    assert list(delayed.records()) == []


def test_what_was_committed_before_it_is_read_does_not_wait() -> None:
    delayed = DelayedRecords()
    delayed.committed({RETRY: 3})
    delayed.read(waiting(2, 1, NOON), NOON)
    delayed.read(waiting(3, 1, NOON), NOON)
    assert [one.offset for one in delayed.records()] == [3]


@pytest.mark.parametrize(
    ("scheduled", "delay"),
    [(0, 0), (1, 0), (2, 60), (6, 300), (7, 300 + 3600), (30, 300 + 86400), (31, 300 + 2 * 86400)],
)
def test_how_long_it_was_delayed_before_follows_from_the_schedule(scheduled: int, delay: float) -> None:
    assert before(scheduled) == timedelta(seconds=delay)


def test_since_when_it_was_delayed_counts_its_tries() -> None:
    delayed = DelayedRecords()
    delayed.read(waiting(0, 3, after(3)), after(2))
    assert [one.since for one in delayed.records()] == [NOON]


def test_whatever_stands_in_a_retry_topic_waits() -> None:
    delayed = DelayedRecords()
    delayed.read(raw("retry", 0, [("tapwatt_due", b"yesterday"), ("tapwatt_kind", b"\xff")]), NOON)
    assert [(one.kind, one.since, one.due) for one in delayed.records()] == [(Kind.UNSAID, NOON, NOON)]
