"""A session that a tap stops is claimed at once: the next tap of its card means the other car."""

from __future__ import annotations

from tests.flow.ring import Ring, place
from tests.flow.test_scenarios import begin, tap, virtual

from tapwatt.facts.events import TokenMatched


@virtual
async def test_s01_what_one_tap_stops_the_next_one_does_not_ask_about_though_it_has_not_ended() -> None:
    async with Ring() as ring:
        # given one card that charges two cars, one of which was picked and has not ended yet
        left, right = place(1, terminal=1), place(2, terminal=1)
        await begin(ring, "left", left)
        await begin(ring, "right", right)
        assert isinstance(await tap(ring, "stop-1", left, evse=right.evse_id), TokenMatched)
        # when it is tapped again
        said = await tap(ring, "stop-2", left)
        # then only the other one can be meant
        assert isinstance(said, TokenMatched)
        assert said.session_id == "left"
