"""How a session is stopped: late taps, quick taps, many taps, and what happens elsewhere meanwhile."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from tests.flow.ring import Ring, card, place
from tests.flow.test_scenarios import ANNA, BEN, HERE, all_is_well, begin, tap, virtual
from tests.flow.worker_in_memory import TOPICS, WorkerInMemory

from tapwatt.errors import Unavailable
from tapwatt.facts.codec import Event, encode
from tapwatt.facts.codec import begin as said_as
from tapwatt.facts.events import Authorised, EventRejected, StopRequested, TokenMatched, TokenNotMatched
from tapwatt.facts.fact import Fact
from tapwatt.facts.reasons import EndReason, NoMatchReason
from tapwatt.worker.records import Outgoing
from tapwatt.worker.service import Done, Service

THERE = place(5, site="elsewhere")


def reason(fact: Fact | None) -> NoMatchReason:
    """Why nothing is stopped."""
    assert isinstance(fact, TokenNotMatched), fact
    return fact.reason


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
        # and at that other site its own card finds it, though it is not indexed
        assert isinstance(await tap(ring, "stop-2", THERE, BEN), TokenMatched)


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


class Slow(Ring):
    """A ring in which the consumer cannot index the sessions of one site: their records are tried again and again."""

    slow = THERE.site_id

    def _matcher(self, worker: WorkerInMemory) -> Service:
        service = super()._matcher(worker)
        indexed = service.hears[Authorised]

        async def perhaps(event: Event) -> Done:
            if isinstance(event.fact, Authorised) and event.fact.place.site_id == self.slow:
                raise Unavailable("this one cannot be indexed now")
            return await indexed(event)

        return replace(service, hears={**service.hears, Authorised: perhaps})


@virtual
async def test_one_unfinished_hold_elsewhere_holds_no_answer_up_wherever_its_record_waits() -> None:
    for waited_s in (0, 40, 400):  # in place, in the topic of minutes, there again
        async with Slow() as ring:
            # Given a hold at another site that cannot be indexed
            assert isinstance(await begin(ring, "there", THERE, BEN), Authorised)
            await asyncio.sleep(waited_s)
            # When somebody taps here who has no session
            asked = ring.clock.monotonic()
            assert reason(await tap(ring, "stop-1")) is NoMatchReason.NO_SESSION
            # Then that is said in time
            assert ring.clock.monotonic() - asked <= 5


@virtual
async def test_s13_a_hold_that_waits_to_be_tried_again_is_found_by_its_own_card() -> None:
    for waited_s in (0, 40, 400):
        async with Slow() as ring:
            # Given a hold whose record cannot be indexed, and stands in the topic or waits in a retry topic
            assert isinstance(await begin(ring, "there", THERE, BEN), Authorised)
            await asyncio.sleep(waited_s)
            # When its own driver taps, then it is found in the log: not yet never turns into never
            matched = await tap(ring, "stop-1", THERE, BEN)
            assert isinstance(matched, TokenMatched)
            assert matched.session_id == "there"


@virtual
async def test_s51_a_stop_that_cannot_be_decided_is_answered_before_its_driver_has_gone_for_good() -> None:
    async with Ring() as ring:
        ring.workers["token-matcher"].pause(("Authorised",))
        await begin(ring, "s1", by=BEN)
        ring.begun.silent = True
        asked = ring.clock.monotonic()
        assert reason(await tap(ring, "stop-1")) is NoMatchReason.TIMED_OUT
        assert ring.clock.monotonic() - asked < 300


@virtual
async def test_s51_s12_the_second_tap_a_day_later_has_its_own_answer_and_the_first_said_again_keeps_its_own() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        assert isinstance(await tap(ring, "stop-1"), TokenMatched)
        # When a day passes and the driver taps again
        await asyncio.sleep(25 * 3600)
        again = await tap(ring, "stop-2")
        assert isinstance(again, TokenMatched)
        assert (again.session_id, again.stop_id) == ("s1", "stop-2")
        # And when the session has ended and the first stop is delivered again
        await ring.fleet.end("s1", EndReason.TOKEN_MATCHED, 2_000, hours=25)
        await ring.calm()
        [first] = [
            e
            for e in ring.fleet.heard.events.values()
            if getattr(e.fact, "stop_id", "") == "stop-1" and isinstance(e.fact, StopRequested)
        ]
        ring.log.append([Outgoing(TOPICS.of(StopRequested), *encode(first))])
        await ring.calm()
        # Then it is answered as it was
        answers = [f for f in ring.fleet.heard.of(TokenNotMatched) if f.stop_id == "stop-1"]
        assert answers == []
        await all_is_well(ring)


@virtual
async def test_s26_a_card_read_before_a_session_began_does_not_stop_it_however_late_it_is_heard_of() -> None:
    async with Ring() as ring:
        await begin(ring, "old")
        # Given a stop whose card is read, and a token matcher that is killed then
        await ring.fleet.stop("stop-1", HERE)
        assert await ring.show(HERE.terminal_id, ANNA)
        ring.workers["token-matcher"].crash()
        await ring.fleet.end("old", EndReason.EV_DISCONNECTED, 2_000)
        # When the same card has begun another session by the time that stop is decided
        await begin(ring, "new")
        await ring.calm()
        assert [one for one in ring.fleet.heard.of(TokenMatched) if one.session_id == "new"] == []


@virtual
async def test_an_event_id_that_was_used_for_two_stops_is_refused_aloud() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        for stop_id in ("stop-1", "stop-2"):
            stop = StopRequested(
                stop_id=stop_id,
                operator_id="op",
                site_id=HERE.site_id,
                terminal_id=HERE.terminal_id,
                requested_at=ring.clock.now(),
            )
            event = said_as(stop, "one-id", "/fleet", ring.clock.now())
            ring.log.append([Outgoing(TOPICS.of(StopRequested), *encode(event))])
        await ring.show(HERE.terminal_id, ANNA)
        await ring.calm()
        assert [one.stop_id for one in ring.fleet.heard.of(TokenMatched)] == ["stop-1"]
        [refused] = ring.fleet.heard.of(EventRejected)
        assert "ce_id was used before" in refused.model_dump_json()


@virtual
async def test_s26_a_card_left_on_the_reader_stops_none_of_its_other_sessions_either() -> None:
    async with Ring(token_matcher={"debounce_s": 10}) as ring:
        left, right = place(1, terminal=1), place(2, terminal=1)
        await begin(ring, "left", left)
        await asyncio.sleep(600)
        await begin(ring, "right", right)
        assert not isinstance(await tap(ring, "stop-1", left), TokenMatched)


@virtual
async def test_s02_s51_many_stops_that_come_late_are_each_told_so() -> None:
    async with Ring(token_matcher={"taps_at_most": 3}) as ring:
        ring.workers["token-matcher"].pause(("StopRequested",))
        for number in range(9):
            await ring.fleet.stop(f"stop-{number}", HERE)
        await asyncio.sleep(3600)
        ring.workers["token-matcher"].pause(())
        await ring.calm()
        assert [one.reason for one in ring.fleet.heard.of(TokenNotMatched)] == [NoMatchReason.TIMED_OUT] * 9
