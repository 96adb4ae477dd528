"""Money that a person, the provider or the driver's bank moves, refusals that pass, and money that goes back."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from tests.flow.ring import Ring
from tests.flow.test_scenarios import EUR60, all_is_well, begin, books, settled, virtual

from tapwatt.facts.events import (
    Captured,
    CaptureFailed,
    ChargedBack,
    HoldReleased,
    Refunded,
    RefundFailed,
    RefundRequested,
    SessionDisputed,
)
from tapwatt.facts.reasons import Doubt, EndReason
from tapwatt.money import Money
from tapwatt.testing.fake_provider import Fault, Habits


def eur(amount: str) -> Money:
    return Money.of(amount, "EUR")


async def hold_of(ring: Ring) -> str:
    await begin(ring, "s1")
    return next(one.reference for one in await ring.provider.find("op/s1"))


async def ended(ring: Ring, wh: int = 20_000) -> None:
    await ring.fleet.end("s1", EndReason.EV_DISCONNECTED, wh)


async def refund(ring: Ring, refund_id: str, amount: str, **more: Any) -> None:
    said = {"operator_id": "op", "session_id": "s1", "refund_id": refund_id, "amount": eur(amount), **more}
    await ring.fleet.say(RefundRequested.model_validate(said))


def nothing_is_wrong(ring: Ring) -> None:
    assert ring.fleet.dead_letters == []
    assert [page for worker in ring.workers.values() for page in worker.log.pages] == []


@pytest.mark.parametrize(
    ("by_hand", "shortfall", "overcharge"), [("3", "7", "0"), ("10", "0", "0"), ("25", "0", "15"), ("60", "0", "50")]
)
@virtual
async def test_s40_another_amount_taken_at_the_portal_is_found_and_said(
    by_hand: str, shortfall: str, overcharge: str
) -> None:
    async with Ring() as ring:
        # Given a person who takes an amount by hand before the session ends
        hold = await hold_of(ring)
        ring.provider.portal.capture(hold, eur(by_hand))
        await ended(ring)
        # Then that is what was taken, with what falls short or is too much
        said = await settled(ring, "s1", Captured)
        assert (said.taken, said.owed, said.shortfall, said.overcharge) == (
            eur(by_hand),
            eur("10"),
            eur(shortfall),
            eur(overcharge),
        )
        assert books(ring, "s1").captured == eur(by_hand)
        await ring.calm()
        disputed = ring.fleet.heard.of(SessionDisputed)
        if overcharge == "0":
            assert disputed == []
        else:
            assert [(one.doubt, one.stated, one.stands) for one in disputed] == [
                (Doubt.OVERCHARGED, eur("10"), eur(by_hand))
            ]
            assert f"tapwatt refund op/s1 --amount {overcharge}.00" in disputed[0].why
        nothing_is_wrong(ring)


@virtual
async def test_s40_a_hold_let_go_at_the_portal_is_released_and_what_is_owed_waived() -> None:
    async with Ring() as ring:
        ring.provider.portal.reverse(await hold_of(ring))
        await ended(ring)
        said = await settled(ring, "s1", HoldReleased)
        assert (said.reason, said.waived, said.released) == ("by_hand", eur("10"), EUR60)
        nothing_is_wrong(ring)


@virtual
async def test_s40_a_capture_cancelled_at_the_portal_before_we_ask_took_nothing() -> None:
    async with Ring() as ring:
        taken = ring.provider.portal.capture(await hold_of(ring), eur("10"))
        ring.provider.portal.cancel_capture(taken.reference)
        await ended(ring)
        said = await settled(ring, "s1", HoldReleased)
        assert (said.reason, said.waived) == ("by_hand", eur("10"))
        nothing_is_wrong(ring)


@virtual
async def test_s40_nothing_owed_and_something_taken_by_hand_is_an_overcharge() -> None:
    async with Ring() as ring:
        ring.provider.portal.capture(await hold_of(ring), eur("4"))
        await ring.fleet.cancel("s1")
        said = await settled(ring, "s1", Captured)
        assert (said.taken, said.owed, said.overcharge, said.taken_by) == (eur("4"), eur("0"), eur("4"), "by_hand")
        nothing_is_wrong(ring)


@pytest.mark.parametrize("times", [1, 3, 7])
@virtual
async def test_s41_a_capture_refused_for_a_passing_reason_is_taken_under_another_reference(times: int) -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        ring.provider.break_next("capture", *[Fault.REFUSED] * times)
        await ended(ring)
        assert (await settled(ring, "s1", Captured)).taken == eur("10")
        assert books(ring, "s1").captures == 1
        await all_is_well(ring)


@virtual
async def test_s41_a_capture_that_is_refused_again_and_again_fails_and_its_hold_is_let_go() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        ring.provider.break_next("capture", *[Fault.REFUSED] * 100)
        await ended(ring)
        said = await settled(ring, "s1", CaptureFailed)
        assert (said.reason, said.uncollected) == ("refused", eur("10"))
        assert said.detail.endswith("the hold was let go")
        assert books(ring, "s1").reversed == EUR60
        nothing_is_wrong(ring)


@pytest.mark.parametrize("times", [1, 5])
@virtual
async def test_s18_a_release_that_is_refused_is_asked_for_under_another_reference(times: int) -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        ring.provider.break_next("reverse", *[Fault.REFUSED] * times)
        await ring.fleet.cancel("s1")
        assert (await settled(ring, "s1", HoldReleased)).released == EUR60
        await all_is_well(ring)


@virtual
async def test_s08_a_hold_that_ran_out_with_nothing_owed_is_no_alarm() -> None:
    async with Ring() as ring:
        ring.provider.expire(await hold_of(ring))
        await ring.fleet.cancel("s1")
        assert (await settled(ring, "s1", HoldReleased)).waived == eur("0")
        nothing_is_wrong(ring)


@virtual
async def test_s20_money_goes_back_in_parts_and_never_more_than_was_taken() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        await ended(ring)
        await settled(ring, "s1", Captured)
        # When an operator gives money back in parts, once too much, once the same again, once under a known id
        await refund(ring, "r1", "4")
        await asyncio.sleep(60)
        await refund(ring, "r1", "4")
        await refund(ring, "r2", "6.01")
        await refund(ring, "r1", "5")
        await refund(ring, "r3", "6")
        await ring.calm()
        # Then each refund is given once, and what is too much is refused in words
        given = {one.refund_id: (one.amount, one.refunded_in_all) for one in ring.fleet.heard.of(Refunded)}
        assert given == {"r1": (eur("4"), eur("4")), "r3": (eur("6"), eur("10"))}
        refused = {(one.refund_id, one.reason, one.detail) for one in ring.fleet.heard.of(RefundFailed)}
        assert refused == {
            ("r2", "more_than_taken", "10.00 EUR was taken and 4.00 EUR went back already: 6.00 EUR is left"),
            ("r1", "another_refund", "refund r1 is one of 4.00 EUR: give each refund an id of its own"),
        }
        assert books(ring, "s1").refunded == eur("10")
        nothing_is_wrong(ring)


@pytest.mark.parametrize("fault", [Fault.REQUEST_LOST, Fault.ANSWER_LOST, Fault.LATE, Fault.PENDING, Fault.UNAVAILABLE])
@virtual
async def test_s20_a_refund_whose_answer_is_lost_is_given_once(fault: Fault) -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        await ended(ring)
        await settled(ring, "s1", Captured)
        ring.provider.break_next("refund", fault)
        await refund(ring, "r1", "4")
        await refund(ring, "r2", "4")
        await ring.calm()
        assert {one.refund_id for one in ring.fleet.heard.of(Refunded)} == {"r1", "r2"}
        assert len({one.refund_reference for one in ring.fleet.heard.of(Refunded)}) == 2
        assert books(ring, "s1").refunded == eur("8")


@virtual
async def test_s20_a_refund_under_way_when_memory_is_lost_is_given_once_also_where_references_are_ignored() -> None:
    async with Ring(habits=Habits(idempotency_window_s=0)) as ring:
        await begin(ring, "s1")
        await ended(ring)
        await settled(ring, "s1", Captured)
        # Given a refund that the provider has not decided, and a person's of as much before it
        taken = ring.fleet.heard.of(Captured)[0]
        ring.provider.portal.refund(taken.capture_reference, eur("4"))
        await asyncio.sleep(60)
        ring.provider.break_next("refund", Fault.PENDING)
        await refund(ring, "r1", "4")
        await asyncio.sleep(30)
        # When the capturer dies, and Redis with what no log tells
        ring.workers["capturer"].crash()
        ring.forget("capturer", "refunds/op/s1/begun")
        await ring.calm()
        # Then it is given back once
        assert books(ring, "s1").refunded == eur("8")
        [given] = [one for one in ring.fleet.heard.of(Refunded) if one.by == "operator"]
        assert given.refund_id == "r1"
        nothing_is_wrong(ring)


@virtual
async def test_s20_nothing_is_given_back_of_what_was_never_taken() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        await refund(ring, "r1", "4")  # it waits until the session is settled
        await ring.fleet.cancel("s1")
        await ring.calm()
        [failed] = ring.fleet.heard.of(RefundFailed)
        assert failed.reason == "nothing_taken"


@virtual
async def test_s20_a_refund_that_does_not_say_whose_session_it_is_is_of_the_only_known_one() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        await ended(ring)
        await settled(ring, "s1", Captured)
        await refund(ring, "r1", "4", operator_id=None)
        await ring.calm()
        [given] = ring.fleet.heard.of(Refunded)
        assert (given.operator_id, given.amount) == ("op", eur("4"))
        nothing_is_wrong(ring)


@virtual
async def test_s20_a_refund_at_the_portal_is_never_taken_for_one_that_was_asked_for() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        await ended(ring)
        taken = await settled(ring, "s1", Captured)
        # Given a person who gives 4.00 back at the portal the day after, and an operator who asks for 4.00 more
        await asyncio.sleep(26 * 3600)
        ring.provider.portal.refund(taken.capture_reference, eur("4"))
        await asyncio.sleep(1)
        await refund(ring, "r1", "4")
        await ring.calm()
        await asyncio.sleep(5 * 86_400)
        await refund(ring, "r2", "2")
        await ring.calm()
        # Then both went back, and each is said once
        given = {
            one.by: (one.amount, one.refunded_in_all) for one in ring.fleet.heard.of(Refunded) if one.amount == eur("4")
        }
        assert given == {"by_hand": (eur("4"), eur("4")), "operator": (eur("4"), eur("8"))}
        assert len(ring.fleet.heard.of(Refunded)) == 3
        assert books(ring, "s1").refunded == eur("10")
        nothing_is_wrong(ring)


@virtual
async def test_s20_nothing_is_given_back_of_a_capture_that_was_cancelled_at_the_portal() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        await ended(ring)
        taken = await settled(ring, "s1", Captured)
        ring.provider.portal.cancel_capture(taken.capture_reference)
        await refund(ring, "r1", "4")
        await ring.calm()
        [refused] = ring.fleet.heard.of(RefundFailed)
        assert (refused.reason, refused.detail) == (
            "more_than_taken",
            "10.00 EUR was taken and 10.00 EUR went back already: 0.00 EUR is left",
        )
        nothing_is_wrong(ring)


@virtual
async def test_s20_two_refunds_that_are_too_much_together_wait_for_each_other() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        await ended(ring)
        await settled(ring, "s1", Captured)
        ring.provider.break_next("refund", Fault.PENDING)
        await refund(ring, "r1", "6")
        await refund(ring, "r2", "6")
        await ring.calm()
        assert [one.refund_id for one in ring.fleet.heard.of(Refunded)] == ["r1"]
        assert [(one.refund_id, one.reason) for one in ring.fleet.heard.of(RefundFailed)] == [("r2", "more_than_taken")]
        nothing_is_wrong(ring)


@virtual
async def test_s41_a_refused_capture_is_taken_before_its_hold_runs_out() -> None:
    late = {"by_place": {"op": {"started_after_hold_s": 10**6, "stale_after_s": 10**6}}}
    async with Ring(habits=Habits(hold_s=2 * 86_400), tariff=late) as ring:
        # Given a hold that runs out in 40 minutes, and a provider that refuses for the first eight times
        hold = await hold_of(ring)
        at = next(one.expires_at for one in ring.provider.holds() if one.reference == hold)
        await asyncio.sleep((at - ring.clock.now()).total_seconds() - 2400)
        ring.provider.break_next("capture", *[Fault.REFUSED] * 8)
        await ended(ring)
        # Then it is not left to a schedule that comes back after an hour
        said = await settled(ring, "s1", Captured)
        assert said.taken == eur("10")


@virtual
async def test_s10_what_was_asked_for_first_stands_when_the_minimum_is_raised_meanwhile() -> None:
    async with Ring() as ring:
        # Given a capture whose answer is lost until the tries are over, and a crash in which the minimum is raised
        await begin(ring, "s1")
        ring.provider.break_next("capture", *[Fault.REQUEST_LOST] * 5)
        await ended(ring)
        await asyncio.sleep(2)
        ring._capturing = ring._capturing.model_copy(update={"minimum_capture": {"EUR": Decimal(20)}})
        ring.workers["capturer"].crash()
        # Then it is still a capture that is asked for
        assert (await settled(ring, "s1", Captured)).taken == eur("10")
        await all_is_well(ring)


@pytest.mark.parametrize("times", [0, 2])
@virtual
async def test_s40_the_rest_of_a_capture_by_hand_is_let_go_where_the_provider_keeps_it(times: int) -> None:
    async with Ring(release_rest=True, habits=Habits(auto_release=False)) as ring:
        ring.provider.portal.capture(await hold_of(ring), eur("3"))
        ring.provider.break_next("reverse", *[Fault.REFUSED] * times)
        await ended(ring)
        said = await settled(ring, "s1", Captured)
        assert (said.taken, said.released) == (eur("3"), eur("57"))
        assert books(ring, "s1").rest == eur("0")
        nothing_is_wrong(ring)


@virtual
async def test_s31_what_goes_back_at_the_provider_after_the_capture_is_said() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        await ended(ring)
        taken = await settled(ring, "s1", Captured)
        # When a person refunds at the portal, and weeks later the driver's bank takes money back
        ring.provider.portal.refund(taken.capture_reference, eur("3"))
        await asyncio.sleep(2 * 86_400)
        [refunded] = ring.fleet.heard.of(Refunded)
        assert (refunded.amount, refunded.by, refunded.refunded_in_all) == (eur("3"), "by_hand", eur("3"))
        ring.provider.portal.charge_back(taken.capture_reference, eur("7"))
        await asyncio.sleep(20 * 86_400)
        # Then both are said once, also after a crash, and no refund goes beyond them
        ring.workers["capturer"].crash()
        await asyncio.sleep(20 * 86_400)
        [back] = ring.fleet.heard.of(ChargedBack)
        assert back.amount == eur("7")
        assert len(ring.fleet.heard.of(Refunded)) == 1
        await refund(ring, "r1", "0.01")
        await ring.calm()
        [failed] = ring.fleet.heard.of(RefundFailed)
        assert failed.reason == "more_than_taken"
        nothing_is_wrong(ring)


@virtual
async def test_s40_a_capture_cancelled_at_the_portal_after_it_was_said_went_back() -> None:
    async with Ring() as ring:
        await begin(ring, "s1")
        await ended(ring)
        taken = await settled(ring, "s1", Captured)
        ring.provider.portal.cancel_capture(taken.capture_reference)
        await asyncio.sleep(2 * 86_400)
        [back] = ring.fleet.heard.of(Refunded)
        assert (back.amount, back.by) == (eur("10"), "by_hand")
