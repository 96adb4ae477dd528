"""The doctor tells whose clock is off, by the broker's time beside the fleet's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from tapwatt.facts.codec import begin, encode
from tapwatt.facts.events import SessionRequested
from tapwatt.facts.fields import Place
from tapwatt_cli.ops.fleet_clocks import clocks

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def asked(source: str, requested_at: datetime, logged_at: datetime = NOON, *, by_the_broker: bool = True) -> Any:
    fact = SessionRequested(
        session_id="s1",
        place=Place(operator_id="op", site_id="s", terminal_id="t", evse_id="e"),
        time_zone="UTC",
        requested_at=requested_at,
    )
    key, value, headers = encode(begin(fact, "e", source, requested_at))
    return SimpleNamespace(
        topic="t",
        partition=0,
        offset=0,
        key=key,
        value=value,
        headers=headers,
        timestamp=int(logged_at.timestamp() * 1000),
        timestamp_type=1 if by_the_broker else 0,
    )


@pytest.mark.parametrize(
    ("off", "found", "good"),
    [
        (timedelta(seconds=-180), "its clock is 180 s behind ours", False),
        (timedelta(hours=2), "its clock is 7200 s ahead of ours", False),
        (timedelta(seconds=7), "its clock is 7 s ahead of ours", True),
        (timedelta(0), "as ours", True),
    ],
)
def test_s33_the_doctor_says_how_far_a_fleet_s_clock_is_off(off: timedelta, found: str, good: bool) -> None:
    [finding] = clocks([asked("/fleet/nl", NOON + off)])
    assert (finding.what, finding.found, finding.good) == ("clock of /fleet/nl", found, good)


def test_the_latest_request_of_each_fleet_counts_and_the_rest_is_let_be() -> None:
    broken = SimpleNamespace(topic="t", partition=0, offset=1, key=b"k", value=b"{", headers=(), timestamp_type=1)
    broken.timestamp = 0
    found = clocks(
        [
            asked("/fleet/b", NOON - timedelta(hours=1), NOON),
            asked("/fleet/b", NOON + timedelta(minutes=1), NOON + timedelta(minutes=1)),
            asked("/fleet/a", NOON),
            asked("/fleet/c", NOON - timedelta(days=1), by_the_broker=False),
            broken,
        ]
    )
    assert [(one.what, one.good) for one in found] == [("clock of /fleet/a", True), ("clock of /fleet/b", True)]
