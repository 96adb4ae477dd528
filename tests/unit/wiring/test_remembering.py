"""What a rebuild keeps of the log: what is still known by its name, and nothing of an earlier session of that name."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from tests.contract.provider_clock import JumpingClock

from tapwatt.facts.codec import Event, begin
from tapwatt.facts.events import SessionCancelled
from tapwatt.testing.deadlines import InMemoryDeadlines, deadlines_view
from tapwatt.testing.session_store import InMemorySessionStore, sessions_view
from tapwatt.wiring.sessions import Remembering

DAYS = 45
FLEET, OURS = "/fleet", "/tapwatt/capturer"


def said(source: str, at: datetime, logged_at: datetime | None) -> Event:
    fact = SessionCancelled(operator_id="op", session_id="s1", reason="driver", cancelled_at=at)
    event = begin(fact, "e1", source, at)
    return Event(event.envelope, event.fact, logged_at)


@pytest.mark.parametrize(
    ("source", "age_days", "logged_days_ago", "kept"),
    [
        (OURS, 44, None, True),
        (OURS, 46, None, False),
        (FLEET, 44, 44, True),
        (FLEET, 46, 46, False),
        (FLEET, 46, 1, True),  # its clock is off, or it came late: the broker's time counts
        (FLEET, 1, 46, False),
        (FLEET, 46, None, True),  # nobody knows how old it is
    ],
)
async def test_s34_what_would_be_forgotten_by_now_is_not_remembered_by_a_rebuild(
    source: str, age_days: int, logged_days_ago: int | None, kept: bool
) -> None:
    # given a fact that was said so long ago, and perhaps the broker's time of it
    clock = JumpingClock()
    store = InMemorySessionStore(sessions_view(clock, whole=True), clock)
    deadlines = InMemoryDeadlines(deadlines_view(clock, whole=True))
    logged_at = None if logged_days_ago is None else clock.now() - timedelta(days=logged_days_ago)
    event = said(source, clock.now() - timedelta(days=age_days), logged_at)
    # when a rebuild comes by it, then it is kept as long as its session is known by its name
    await Remembering({SessionCancelled: "cancelled"}, DAYS, clock.now)(event, store, deadlines)
    assert ("cancelled" in await store.recall("op/s1")) is kept
    # and whatever is kept for longer is kept
    longer = Remembering({SessionCancelled: "cancelled"}, DAYS, clock.now, {SessionCancelled: 400 * 86400})
    await longer(event, store, deadlines)
    assert "cancelled" in await store.recall("op/s1")
