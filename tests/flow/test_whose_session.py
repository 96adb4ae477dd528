"""Whose session it is: operators who count alike, names that come again, ids used twice, and what a fleet hears."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tests.flow.fleet import tariff
from tests.flow.ring import Ring, card, place
from tests.flow.test_scenarios import EUR60, HERE, begin, settled, tap, virtual

from tapwatt.facts.codec import begin as begin_chain
from tapwatt.facts.codec import encode
from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    Captured,
    ChargingEnded,
    EventRejected,
    SessionCancelled,
    SessionRequested,
    TokenMatched,
)
from tapwatt.facts.fields import Place
from tapwatt.facts.reasons import DeclineReason, EndReason
from tapwatt.facts.topics import Topics
from tapwatt.money import Money
from tapwatt.testing.fake_provider import Fault
from tapwatt.worker.records import Outgoing

TOPICS = Topics()
THERE = Place(operator_id="other", site_id="site", terminal_id="site-t9", evse_id="site-e9")
ANNA, BEN = card(1), card(2)


def ended(operator_id: str | None, energy_wh: int, at: Any, session_id: str = "1001") -> ChargingEnded:
    begun = at - timedelta(minutes=30)
    return ChargingEnded.model_validate(
        {
            "operator_id": operator_id,
            "session_id": session_id,
            "reason": "ev_disconnected",
            "started_at": begun,
            "ended_at": at,
            "energy_wh": energy_wh,
            "periods": [{"starts_at": begun, "ends_at": at, "energy_wh": energy_wh}],
        }
    )


async def begun_at_both(ring: Ring) -> None:
    """Two operators each have a session 1001, of two drivers."""
    for at, driver in ((HERE, ANNA), (THERE, BEN)):
        await ring.fleet.request("1001", at, EUR60)
        showing = asyncio.ensure_future(ring.show(at.terminal_id, driver))
        here = at

        def answers(fact: Any, here: Place = here) -> bool:
            return isinstance(fact, Authorised | AuthorisationDeclined) and fact.place == here

        assert isinstance(await ring.fleet.hear(answers), Authorised)
        await showing


@virtual
async def test_s34_two_operators_with_one_session_id_have_each_their_own_hold_stop_and_bill() -> None:
    async with Ring() as ring:
        # Given two operators who both say session 1001
        await begun_at_both(ring)
        # When each driver taps at their own terminal, and each session ends with its own energy
        for at, driver in ((HERE, ANNA), (THERE, BEN)):
            said = await tap(ring, "stop-1" if at is HERE else "stop-2", at, driver)
            assert isinstance(said, TokenMatched)
            assert (said.operator_id, said.evse_id) == (at.operator_id, at.evse_id)
        await asyncio.sleep(1800)
        await ring.fleet.say(ended("op", 20_000, ring.clock.now()))
        await ring.fleet.say(ended("other", 4_000, ring.clock.now()))
        await ring.calm()
        # Then each driver paid what each of them used, from a hold of their own
        taken = {fact.place.operator_id: fact.taken for fact in ring.fleet.heard.of(Captured)}
        assert taken == {"op": Money.of("10", "EUR"), "other": Money.of("2", "EUR")}
        books = {held.order_reference: held.captured for held in ring.provider.holds()}
        assert books == {"op/1001": Money.of("10", "EUR"), "other/1001": Money.of("2", "EUR")}
        assert ring.fleet.dead_letters == []


@virtual
async def test_s34_the_same_stop_id_of_two_operators_is_two_stops() -> None:
    async with Ring() as ring:
        await begun_at_both(ring)
        for at, driver in ((HERE, ANNA), (THERE, BEN)):
            await ring.fleet.stop("7", at)
            await ring.show(at.terminal_id, driver)
        await ring.calm()
        matched = {(one.operator_id, one.stop_id, one.evse_id) for one in ring.fleet.heard.of(TokenMatched)}
        assert matched == {("op", "7", HERE.evse_id), ("other", "7", THERE.evse_id)}


@virtual
async def test_s34_a_counter_that_began_again_at_the_same_place_never_gets_the_old_hold() -> None:
    async with Ring() as ring:
        # Given a session that is over and paid
        await begin(ring, "1001")
        await ring.fleet.end("1001", EndReason.EV_DISCONNECTED, 20_000)
        await settled(ring, "1001", Captured)
        # When the charger counts from the beginning, and another driver wants the same for the same
        await asyncio.sleep(3 * 86_400)
        await ring.fleet.request("1001", HERE, EUR60, name="after the reboot")
        showing = asyncio.ensure_future(ring.show(HERE.terminal_id, BEN))
        refused = await ring.fleet.hear_of("1001", AuthorisationDeclined, within_s=600)
        showing.cancel()
        # Then that is refused in words, and nothing is held or said of the old one
        assert isinstance(refused, AuthorisationDeclined)
        assert refused.reason is DeclineReason.SESSION_KNOWN
        assert refused.detail == (
            "session op/1001 is known since 2026-03-01 12:00:00 UTC and long over: give each session a name of its own"
        )
        await ring.calm()
        assert len(ring.provider.holds()) == 1
        assert len(ring.fleet.heard.of(Captured)) == 1


@virtual
async def test_an_event_id_that_was_used_for_two_facts_is_refused_aloud() -> None:
    async with Ring() as ring:
        # Given a fleet that gives every event the id 1
        await ring.fleet.request("s1", HERE, EUR60, name="1")
        await ring.show(HERE.terminal_id, ANNA)
        assert isinstance(await ring.fleet.hear_of("s1", Authorised), Authorised)
        await ring.fleet.request("s2", HERE, EUR60, name="1")
        # Then the second is not taken for the first, and its fleet hears why and what to do
        told = await ring.fleet.hear(lambda fact: isinstance(fact, EventRejected))
        assert isinstance(told, EventRejected)
        assert (told.rejected_key, told.rejected_id) == ("s2", "1")
        assert told.why.startswith("its ce_id was used before, by the same ce_source, for an event that says something")
        assert told.what_to_do == "Correct it and send it again with a new ce_id."
        # and the first said again is no fault
        await ring.fleet.request("s1", HERE, EUR60, name="again")
        await ring.calm()
        assert len(ring.fleet.heard.of(EventRejected)) == 1
        assert len(ring.provider.holds()) == 1


@virtual
async def test_two_fleets_that_count_their_events_alike_are_two_fleets() -> None:
    async with Ring() as ring:
        for number, at in enumerate((HERE, THERE)):
            asked = SessionRequested(
                session_id=f"s{number}",
                place=at,
                hold=EUR60,
                tariff=tariff(),
                time_zone="Europe/Amsterdam",
                requested_at=ring.clock.now(),
            )
            event = begin_chain(asked, "1", f"/fleet/{at.operator_id}", ring.clock.now())
            ring.log.append([Outgoing(TOPICS.of(SessionRequested), *encode(event))])
            await ring.show(at.terminal_id, ANNA)
        await ring.calm()
        said = [event for event in ring.fleet.heard.events.values() if isinstance(event.fact, Authorised)]
        assert len({event.envelope.id for event in said}) == 2
        assert ring.fleet.heard.contradictions == []


@virtual
async def test_s25_a_fleet_hears_of_each_event_of_its_own_that_cannot_be_read() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        # When it says something that is no fact, twice as brokers do
        broken = Outgoing(
            TOPICS.of(ChargingEnded),
            b"s1",
            b'{"session_id": "s1"}',
            encode(begin_chain(ended("op", 1, ring.clock.now(), "s1"), "e-1", "/fleet", ring.clock.now()))[2],
        )
        ring.log.append([broken, broken])
        await asyncio.sleep(60)
        # Then each is told where it stood and why, and the session goes on
        told = ring.fleet.heard.of(EventRejected)
        assert len({one.stood_at for one in told}) == 2
        assert {(one.rejected_id, one.rejected_type, one.rejected_source) for one in told} == {
            ("e-1", "tapwatt.charging-ended.v1", "/fleet")
        }
        assert all(one.why.startswith("ChargingEnded is broken: ") for one in told)
        await ring.fleet.end("s1", EndReason.EV_DISCONNECTED, 20_000)
        assert (await settled(ring, "s1", Captured)).taken == Money.of("10", "EUR")


@virtual
async def test_an_ending_that_does_not_say_whose_it_is_belongs_to_the_one_session_of_its_id() -> None:
    async with Ring() as ring:
        # Given an ending without an operator, as the first fleets said it, even before the driver presented a card
        await ring.fleet.say(ended(None, 20_000, ring.clock.now()))
        await asyncio.sleep(120)
        await begin(ring, "1001")
        # Then it is the ending of the one session that has this id
        assert (await settled(ring, "1001", Captured)).taken == Money.of("10", "EUR")


@virtual
async def test_an_ending_that_does_not_say_whose_it_is_is_refused_where_two_could_be_meant() -> None:
    async with Ring() as ring:
        await begun_at_both(ring)
        await ring.fleet.say(ended(None, 20_000, ring.clock.now()))
        told = await ring.fleet.hear(lambda fact: isinstance(fact, EventRejected))
        assert isinstance(told, EventRejected)
        assert told.why == "2 operators have a session 1001: say operator_id, the one who runs it"
        await ring.calm()
        assert ring.fleet.heard.of(Captured) == []


@pytest.mark.parametrize("operator_id", ["op", None])
def test_a_cancellation_is_about_one_operator_s_session(operator_id: str | None) -> None:
    @virtual
    async def scene() -> None:
        async with Ring() as ring:
            await begin(ring, "1001")
            said = {
                "operator_id": operator_id,
                "session_id": "1001",
                "reason": "driver",
                "cancelled_at": ring.clock.now(),
            }
            await ring.fleet.say(SessionCancelled.model_validate(said))
            await ring.calm()
            assert [held.reversed for held in ring.provider.holds()] == [EUR60]

    scene()


@pytest.mark.parametrize("fault", [Fault.ANSWER_LOST, Fault.REQUEST_LOST])
@virtual
async def test_s34_a_name_that_comes_again_when_it_is_forgotten_has_its_own_hold(fault: Fault) -> None:
    async with Ring() as ring:
        # Given a session that was settled, and seven weeks later another one of its name
        await begin(ring, "s1")
        await ring.fleet.end("s1", EndReason.EV_DISCONNECTED, 20_000)
        await settled(ring, "s1", Captured)
        await asyncio.sleep(50 * 86_400)
        # When the answer to its hold is lost, so that the provider is asked what it did
        ring.provider.break_next("authorise", fault)
        showing = asyncio.ensure_future(ring.show(place(1).terminal_id, card(1)))
        await ring.fleet.request("s1", place(1), Money.of("40", "EUR"), name="counted-anew")
        await asyncio.sleep(200)
        assert showing.done()
        # Then it is not told of the hold of the first
        first, second = ring.fleet.heard.of(Authorised, "s1")
        assert (first.hold.amount, second.hold.amount) == (Money.of("60", "EUR"), Money.of("40", "EUR"))
        assert first.hold.reference != second.hold.reference
        assert ring.fleet.dead_letters == []
