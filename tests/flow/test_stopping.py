"""How a session is stopped: late taps, quick taps, many taps, and what happens elsewhere meanwhile."""

from __future__ import annotations

import asyncio

from tests.flow.ring import Ring, card, place
from tests.flow.test_scenarios import ANNA, BEN, HERE, begin, tap, virtual

from tapwatt.facts.events import Authorised, TokenMatched, TokenNotMatched
from tapwatt.facts.reasons import NoMatchReason

THERE = place(5, site="elsewhere")


@virtual
async def test_s26_a_card_left_on_the_reader_does_not_stop_the_session_it_opened() -> None:
    async with Ring(token_matcher={"debounce_s": 10}) as ring:
        assert isinstance(await begin(ring, "s1"), Authorised)
        said = await tap(ring, "stop-1")
        assert isinstance(said, TokenNotMatched)
        assert said.reason is NoMatchReason.JUST_STARTED
        await asyncio.sleep(10)
        assert isinstance(await tap(ring, "stop-2"), TokenMatched)


@virtual
async def test_s51_a_second_tap_a_day_after_the_first_has_its_answer() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        assert isinstance(await tap(ring, "stop-1"), TokenMatched)
        await asyncio.sleep(26 * 3600)
        said = await tap(ring, "stop-2")
        assert isinstance(said, TokenMatched)
        assert (said.session_id, said.stop_id) == ("s1", "stop-2")


@virtual
async def test_s51_a_stop_that_is_heard_hours_later_is_answered_and_asks_for_no_card() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        # Given a token matcher that hears of a stop when nobody stands there any more
        ring.workers["token-matcher"].pause(("StopRequested",))
        await ring.fleet.stop("stop-1", HERE)
        await asyncio.sleep(5 * 3600)
        ring.workers["token-matcher"].pause(())
        said = await ring.fleet.answer_to("stop-1", within_s=10)
        assert isinstance(said, TokenNotMatched)
        assert said.reason is NoMatchReason.TIMED_OUT
        assert ring.provider.present(HERE.terminal_id, ANNA) is None


@virtual
async def test_s13_a_hold_elsewhere_that_is_not_indexed_yet_keeps_nobody_here_waiting() -> None:
    async with Ring() as ring:
        # Given a session at another site that the token matcher has not heard of yet
        ring.workers["token-matcher"].pause(("Authorised",))
        await begin(ring, "far", THERE, BEN)
        # When somebody without a session taps here, then the answer is no, and in time
        asked = ring.clock.monotonic()
        said = await tap(ring, "stop-1")
        assert isinstance(said, TokenNotMatched)
        assert said.reason is NoMatchReason.NO_SESSION
        assert ring.clock.monotonic() - asked < 6
        # and at that other site it is not yet
        await ring.fleet.stop("stop-2", THERE)
        assert await ring.show(THERE.terminal_id, BEN)
        assert await ring.fleet.answer_to("stop-2", within_s=20) is None
        ring.workers["token-matcher"].pause(())
        assert isinstance(await ring.fleet.answer_to("stop-2"), TokenMatched)


@virtual
async def test_s02_somebody_who_tries_card_after_card_is_held_up() -> None:
    async with Ring(token_matcher={"taps_at_most": 3}) as ring:
        await begin(ring, "s1")
        said = [await tap(ring, f"stop-{number}", by=card(90 + number)) for number in range(3)]
        assert {getattr(one, "reason", None) for one in said} == {NoMatchReason.NO_SESSION}
        more = await tap(ring, "stop-9", by=ANNA)
        assert isinstance(more, TokenNotMatched)
        assert more.reason is NoMatchReason.TOO_MANY_TAPS
        # a stop that was counted is answered as before, and the driver is served once the minute is over
        await asyncio.sleep(60)
        assert isinstance(await tap(ring, "stop-10", by=ANNA), TokenMatched)
