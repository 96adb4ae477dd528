"""After Redis was lost, each settled session is looked at when that is next due, and not all of them at once."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

import pytest
from tests.property.test_tariff_any_order import PLACE, Still

from capturer.agent import rebuilt
from capturer.settings import CapturerSettings
from capturer.watching import KIND
from tapwatt.clock import Clock
from tapwatt.facts.codec import begin
from tapwatt.facts.events import Captured
from tapwatt.money import Money
from tapwatt.testing.deadlines import InMemoryDeadlines, deadlines_view
from tapwatt.testing.session_store import InMemorySessionStore, sessions_view

CLOCK = cast(Clock, Still())
NOW = CLOCK.now()


@pytest.mark.parametrize(
    ("taken_h_ago", "due_in_h"), [(0.5, 0.5), (1.5, 22.5), (30, 42), (1000, 8), (1009, None), (5000, None)]
)
async def test_s31_a_look_that_was_missed_is_made_up_for_by_the_next(
    taken_h_ago: float, due_in_h: float | None
) -> None:
    euro = Money.of("10", "EUR")
    fact = Captured(
        session_id="s1",
        place=PLACE,
        hold_reference="h",
        capture_reference="c",
        held=euro,
        taken=euro,
        released=Money.zero("EUR"),
        shortfall=Money.zero("EUR"),
    )
    captured = begin(fact, "c", "/tapwatt/capturer", NOW - timedelta(hours=taken_h_ago))
    deadlines = InMemoryDeadlines(deadlines_view(CLOCK, whole=True))
    sessions = InMemorySessionStore(sessions_view(CLOCK, whole=True), CLOCK)
    await rebuilt(sessions, deadlines, captured, CapturerSettings(), CLOCK)

    async def due_in(hours: float) -> list[str]:
        return await deadlines.take(KIND, NOW + timedelta(hours=hours), at_most=9, again_s=1)

    assert await due_in((due_in_h or 10**5) - 0.01) == []
    if due_in_h is not None:
        assert await due_in(due_in_h) == ["op/s1"]
