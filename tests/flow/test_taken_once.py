"""A hold is taken once also at a provider that heeds no reference and takes as often as it is asked."""

from __future__ import annotations

import asyncio

import pytest
from tests.flow.ring import Ring
from tests.flow.test_scenarios import all_is_well, begin, books, settled, virtual

from tapwatt.facts.events import Captured
from tapwatt.facts.reasons import EndReason
from tapwatt.money import Money
from tapwatt.testing.fake_provider import Fault, Habits

HEEDLESS = Habits(idempotency_window_s=0, captures_once=False, auto_release=False)


@pytest.mark.parametrize("deaths", [1, 3])
@virtual
async def test_s12_a_capturer_that_dies_after_it_took_takes_nothing_again(deaths: int) -> None:
    async with Ring(habits=HEEDLESS, release_rest=True) as ring:
        # Given a capture that is applied, whose answer is lost, and a capturer that dies before it can ask
        await begin(ring, "s1")
        ring.provider.break_next("capture", *[Fault.ANSWER_LOST] * deaths)
        await ring.fleet.end("s1", EndReason.EV_DISCONNECTED, 20_000)
        for _ in range(deaths):
            await asyncio.sleep(0.5)
            ring.workers["capturer"].crash()
        # When it is there again
        await settled(ring, "s1", Captured)
        await ring.calm()
        # Then it finds what it took
        done = books(ring, "s1")
        assert (done.captures, done.captured) == (1, Money.of("10", "EUR"))
        await all_is_well(ring)
