"""After Redis was lost, each settled session is looked at when that is next due, and not all of them at once."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

import pytest
from tests.property.test_tariff_any_order import PLACE, Still

from capturer.agent import rebuilt
from capturer.money_back import book_of
from capturer.settings import CapturerSettings
from capturer.watching import KIND
from tapwatt.clock import Clock
from tapwatt.facts.codec import begin
from tapwatt.facts.events import Captured, ChargedBack, Refunded
from tapwatt.money import Money
from tapwatt.testing.deadlines import InMemoryDeadlines, deadlines_view
from tapwatt.testing.session_store import InMemorySessionStore, sessions_view

CLOCK = cast(Clock, Still())
NOW = CLOCK.now()
EURO = Money.of("3", "EUR")


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


@pytest.mark.parametrize(
    ("fact", "whose"),
    [
        (Refunded(operator_id="op", session_id="s1", refund_id="r1", refund_reference="m1", amount=EURO), b"r1"),
        (
            ChargedBack(
                operator_id="op", session_id="s1", capture_reference="c", chargeback_reference="m1", amount=EURO
            ),
            b"chargeback",
        ),
    ],
)
async def test_s31_what_went_back_is_nobody_elses_after_a_rebuild(fact: Refunded | ChargedBack, whose: bytes) -> None:
    deadlines = InMemoryDeadlines(deadlines_view(CLOCK, whole=True))
    sessions = InMemorySessionStore(sessions_view(CLOCK, whole=True), CLOCK)
    await rebuilt(sessions, deadlines, begin(fact, "b", "/tapwatt/capturer", NOW), CapturerSettings(), CLOCK)
    # else it would be found at the provider and said once more, or taken for the next refund of its amount
    assert await sessions.recall(book_of("op/s1")) == {"m1": whose}
