"""What facts are made of: times that a clock can have shown."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from tapwatt.facts.fields import Moment

MOMENT = TypeAdapter(Moment)


@pytest.mark.parametrize(
    "written",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1969-12-31T23:59:59Z", "2200-01-01T00:00:00Z"],
)
def test_s33_a_time_that_no_clock_can_have_shown_is_refused_and_never_crashes(written: str) -> None:
    with pytest.raises(ValidationError, match="not a time from 1970 to 2199"):
        MOMENT.validate_python(written)


def test_a_time_is_kept_in_utc() -> None:
    assert MOMENT.validate_python("2026-03-29T03:30:00+02:00") == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert MOMENT.validate_python("2026-03-29T03:30:00+02:00").tzinfo is UTC
