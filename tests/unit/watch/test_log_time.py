"""The time of a record on the log, whatever its producer has put there."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from tapwatt.worker.records import Incoming, Read
from tapwatt_watch.log_time import log_time


@dataclass
class Record:
    timestamp: Any


def at(timestamp: Any) -> datetime | None:
    return log_time(cast("Incoming", Record(timestamp)))


def test_it_is_the_time_that_the_record_has() -> None:
    assert at(1_780_315_200_123) == datetime(2026, 6, 1, 12, 0, 0, 123_000, tzinfo=UTC)


@pytest.mark.parametrize("timestamp", [-1, None, 2**63 - 1, -(2**62)])
def test_a_time_that_nobody_believes_is_none(timestamp: Any) -> None:
    assert at(timestamp) is None


def test_a_record_that_is_not_from_kafka_has_none() -> None:
    assert log_time(Read("topic", 0, 0, None, None, ())) is None
