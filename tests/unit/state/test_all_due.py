"""However many are due at one moment, one look finds them all, each once, and comes to its end."""

from __future__ import annotations

from datetime import timedelta

from tapwatt.clock import SystemClock
from tapwatt.state.deadlines import all_due
from tapwatt.testing.deadlines import InMemoryDeadlines, deadlines_view

CLOCK = SystemClock()


async def test_more_than_are_taken_at_once_are_all_found_in_one_look_each_once() -> None:
    now = CLOCK.now()
    deadlines = InMemoryDeadlines(deadlines_view(CLOCK, whole=True))
    for number in range(450):
        await deadlines.set("stale", f"op/{number}", now - timedelta(seconds=number))
    await deadlines.set("stale", "op/later", now + timedelta(seconds=1))
    # when nobody clears what was found, so that all of it is due again a minute later
    found = [name async for names in all_due(deadlines, "stale", now, at_once=200, again_s=60) for name in names]
    assert sorted(found) == sorted(f"op/{number}" for number in range(450))


async def test_exactly_as_many_as_are_taken_at_once_come_to_an_end_too() -> None:
    now = CLOCK.now()
    deadlines = InMemoryDeadlines(deadlines_view(CLOCK, whole=True))
    for number in range(4):
        await deadlines.set("stale", f"op/{number}", now)
    looks = [names async for names in all_due(deadlines, "stale", now, at_once=2, again_s=60)]
    assert [len(names) for names in looks] == [2, 2]
