"""A card that was presented before the token matcher died is not asked for again."""

from __future__ import annotations

from tests.flow.ring import Ring
from tests.flow.test_scenarios import ANNA, HERE, begin, virtual

from tapwatt.facts.events import TokenMatched
from tapwatt.provider.port import Kind


@virtual
async def test_s49_a_card_that_was_read_before_a_crash_is_taken_and_no_second_prompt_is_shown() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        # given a card that was presented, of which the token matcher has not heard when it dies
        await ring.fleet.stop("stop-1", HERE)
        assert await ring.show(HERE.terminal_id, ANNA)
        ring.workers["token-matcher"].crash()
        # then it stops its session, and its driver's successor finds no prompt at the terminal
        assert isinstance(await ring.fleet.answer_to("stop-1"), TokenMatched)
        reads = [one for one in await ring.provider.find("stop:op/stop-1") if one.kind is Kind.TOKEN]
        assert len(reads) == 1
