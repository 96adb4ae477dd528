"""A record that a view cannot take is left out and said aloud: it keeps no service from starting."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from tapwatt.clock import SystemClock
from tapwatt.errors import BrokenInvariant, Unavailable
from tapwatt.facts.codec import Event, begin, encode
from tapwatt.facts.events import SessionCancelled
from tapwatt.log import quiet
from tapwatt.metrics.of_a_worker import OF_A_WORKER
from tapwatt.metrics.registry import Metrics
from tapwatt.state.view import Generation
from tapwatt.wiring.process import Runtime
from tapwatt.wiring.sessions import RememberedSessions
from tapwatt.worker.records import Read

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY, VALUE, HEADERS = encode(
    begin(SessionCancelled(session_id="s1", reason="driver", cancelled_at=NOW), "e", "/f", NOW)
)
OWN = "tapwatt.session-cancelled.v1"


class Sessions(RememberedSessions):
    def __init__(self, error: Exception | None) -> None:
        tasks: Any = SimpleNamespace(start=None)  # nothing is asked of Redis here
        super().__init__(
            Runtime(SystemClock(), quiet(), Metrics(CollectorRegistry(), OF_A_WORKER), tasks),
            "tariff",
            1,
            {SessionCancelled: "end"},
            45,
        )
        self.error = error
        self.applied = 0

    async def _remember(self, event: Event, build: Generation) -> None:
        self.applied += 1
        if self.error is not None:
            raise self.error


def record(**more: Any) -> Read:
    return Read(OWN, 0, 0, KEY, VALUE, HEADERS)._replace(**more)


@pytest.mark.parametrize("error", [BrokenInvariant("two of one"), ZeroDivisionError(), KeyError("odd")])
async def test_what_a_view_cannot_take_is_left_out(error: Exception) -> None:
    sessions = Sessions(error)
    await sessions._apply(record(), Generation("b"))
    assert sessions.applied == 1


async def test_a_redis_that_cannot_now_is_not_taken_for_a_record_that_does_not_fit() -> None:
    with pytest.raises(Unavailable):
        await Sessions(Unavailable("away"))._apply(record(), Generation("b"))


@pytest.mark.parametrize(
    "odd", [{"value": b"{"}, {"headers": ()}, {"key": None}, {"topic": "tapwatt.session-priced.v1"}, {"value": None}]
)
async def test_what_is_no_fact_of_its_topic_says_nothing(odd: dict[str, Any]) -> None:
    sessions = Sessions(None)
    await sessions._apply(record(**odd), Generation("b"))
    assert sessions.applied == 0
    await sessions._apply(record(), Generation("b"))
    assert sessions.applied == 1
