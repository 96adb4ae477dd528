"""Two refunds under one refund_id, as a provider that heeds no reference makes them: one answers, the other is said."""

from __future__ import annotations

import asyncio

from tests.flow.ring import Ring
from tests.flow.test_money_back import ended, eur, nothing_is_wrong, refund
from tests.flow.test_scenarios import begin, settled, virtual

from tapwatt.facts.events import Captured, Refunded
from tapwatt.testing.fake_provider import Habits


@virtual
async def test_s20_of_two_refunds_under_one_name_the_first_answers_and_the_other_is_found_and_said() -> None:
    async with Ring(habits=Habits(idempotency_window_s=0)) as ring:
        # Given a refund that another worker has made and is about to tell of
        await begin(ring, "s1")
        await ended(ring)
        taken = await settled(ring, "s1", Captured)
        others = ring.provider.portal.refund(taken.capture_reference, eur("3"))
        answers = ring._memories["capturer"]
        await answers.remember("refunds/op/s1/answers", "r1", others.reference.encode(), ttl_s=1e6)
        await asyncio.sleep(1)
        # When this one, which had stood still since it looked, makes it once more
        await refund(ring, "r1", "3")
        await ring.calm()
        # Then both say the same, and the one that nobody asked for is found by the clock
        [said] = [one for one in ring.fleet.heard.of(Refunded) if one.refund_id == "r1"]
        assert said.refund_reference == others.reference
        await asyncio.sleep(2 * 86_400)
        [found] = [one for one in ring.fleet.heard.of(Refunded) if one.by == "by_hand"]
        assert found.refund_reference != others.reference
        assert found.amount == eur("3")
        assert ring.fleet.heard.contradictions == []
        nothing_is_wrong(ring)
