"""What went back at the provider is said soon after it hints at it, and a hint is only ever a reason to ask."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from tests.flow.ring import Ring
from tests.flow.test_money_back import ended, eur, nothing_is_wrong, refund
from tests.flow.test_scenarios import begin, settled, virtual

from capturer.watching import KIND, Watching
from tapwatt.errors import BrokenInvariant
from tapwatt.facts.events import Captured, ChargedBack, Refunded
from tapwatt.provider.gateway import Gateway
from tapwatt.provider.port import Kind, Transaction
from tapwatt.testing.fake_provider import Fault

SOON_S = 30
OFTEN = {"look_every_s": 10}


async def taken_long_ago(ring: Ring, hours: float = 2) -> Captured:
    """A session that was looked at an hour after its capture, and is looked at next a day after it."""
    await begin(ring, "s1")
    await ended(ring)
    taken = await settled(ring, "s1", Captured)
    await asyncio.sleep(hours * 3600)
    return taken


def asked(ring: Ring) -> Counter[str]:
    """Counts from now on how often the provider is asked what."""
    counted: Counter[str] = Counter()
    inner = ring.provider._trouble

    def trouble(verb: str, reference: str) -> Fault | None:
        counted[verb] += 1
        return inner(verb, reference)

    ring.provider._trouble = trouble
    return counted


@pytest.mark.parametrize("kind", [Kind.REFUND, Kind.CHARGEBACK, Kind.REVERSAL])
@virtual
async def test_s31_what_goes_back_is_said_within_seconds_of_the_provider_s_hint_and_once(kind: Kind) -> None:
    async with Ring(capturer=OFTEN) as ring:
        taken = await taken_long_ago(ring)
        portal, capture = ring.provider.portal, taken.capture_reference
        match kind:
            case Kind.REFUND:
                back = portal.refund(capture, eur("3"))
            case Kind.CHARGEBACK:
                back = portal.charge_back(capture, eur("10"))
            case _:
                back = portal.cancel_capture(capture)
        # When the provider hints at it, as often as it likes
        for _ in range(3):
            ring.hints.hint(back.reference)
        await asyncio.sleep(SOON_S)
        said = [*ring.fleet.heard.of(Refunded), *ring.fleet.heard.of(ChargedBack)]
        assert [one.amount for one in said] == [back.amount]
        # Then neither another hint, nor a crash, nor the next look says it again
        ring.hints.hint(back.reference)
        await asyncio.sleep(SOON_S)
        ring.workers["capturer"].crash()
        ring.hints.hint(back.reference)
        await asyncio.sleep(26 * 3600)
        assert len([*ring.fleet.heard.of(Refunded), *ring.fleet.heard.of(ChargedBack)]) == 1
        assert ring.fleet.heard.contradictions == []
        nothing_is_wrong(ring)


@virtual
async def test_s31_the_looks_by_the_clock_go_on_after_a_hint() -> None:
    async with Ring(capturer=OFTEN) as ring:
        taken = await taken_long_ago(ring)
        ring.hints.hint(ring.provider.portal.refund(taken.capture_reference, eur("3")).reference)
        await asyncio.sleep(SOON_S)
        ring.provider.portal.charge_back(taken.capture_reference, eur("7"))
        await asyncio.sleep(26 * 3600)
        assert [one.amount for one in ring.fleet.heard.of(ChargedBack)] == [eur("7")]


@virtual
async def test_s25_a_forged_hint_costs_one_question_and_says_nothing() -> None:
    async with Ring(capturer=OFTEN) as ring:
        taken = await taken_long_ago(ring)
        counted = asked(ring)
        ring.hints.hint("M999999")
        ring.hints.hint(taken.capture_reference)
        ring.hints.hint(taken.hold_reference)
        ring.hints.hint("x" * 256)
        ring.hints.hint("")
        await asyncio.sleep(10 * SOON_S)
        assert counted == {"status": 3}
        assert ring.fleet.heard.of(Refunded) == []


@virtual
async def test_s25_a_flood_of_forged_hints_is_asked_about_a_few_at_a_time_and_forgotten() -> None:
    async with Ring(capturer=OFTEN) as ring:
        await taken_long_ago(ring)
        counted = asked(ring)
        for number in range(100_000):
            ring.hints.hint(f"forged-{number}")
        await asyncio.sleep(60)
        assert counted["status"] <= 7 * 10
        await asyncio.sleep(7200)
        assert counted["status"] == 500
        nothing_is_wrong(ring)


@virtual
async def test_s31_a_hint_that_comes_while_the_provider_is_away_is_asked_about_when_it_is_back() -> None:
    async with Ring(capturer=OFTEN) as ring:
        taken = await taken_long_ago(ring)
        back = ring.provider.portal.refund(taken.capture_reference, eur("3"))
        ring.outage(600)
        counted = asked(ring)
        ring.hints.hint(back.reference)
        await asyncio.sleep(590)
        assert ring.fleet.heard.of(Refunded) == []
        assert counted["status"] <= 61
        await asyncio.sleep(SOON_S)
        assert [one.by for one in ring.fleet.heard.of(Refunded)] == ["by_hand"]


@pytest.mark.parametrize("fault", [None, Fault.ANSWER_LOST, Fault.LATE, Fault.PENDING, Fault.REQUEST_LOST])
@virtual
async def test_s20_a_refund_that_was_asked_for_is_never_said_to_be_by_hand_however_early_it_is_hinted_at(
    fault: Fault | None,
) -> None:
    async with Ring(capturer={"look_every_s": 0.1}) as ring:
        await taken_long_ago(ring, hours=0.01)
        # Given a provider that hints at a refund at once, and whose answer to it is long in coming
        ring.provider._tell = ring.hints.hint
        if fault is not None:
            ring.provider.break_next("refund", fault)
        await refund(ring, "r1", "4")
        await ring.calm()
        assert [(one.refund_id, one.by) for one in ring.fleet.heard.of(Refunded)] == [("r1", "operator")]
        # and another one of the same amount, by hand, is said as well
        taken = ring.fleet.heard.of(Captured)[0]
        ring.provider.portal.refund(taken.capture_reference, eur("4"))
        await asyncio.sleep(SOON_S)
        assert sorted(one.by for one in ring.fleet.heard.of(Refunded)) == ["by_hand", "operator"]
        nothing_is_wrong(ring)


@virtual
async def test_s20_a_refund_by_hand_beside_one_that_was_refused_is_said() -> None:
    async with Ring(capturer=OFTEN) as ring:
        taken = await taken_long_ago(ring)
        ring.provider.break_next("refund", Fault.REFUSED)
        await refund(ring, "r1", "4")
        await asyncio.sleep(SOON_S)
        ring.hints.hint(ring.provider.portal.refund(taken.capture_reference, eur("4")).reference)
        await asyncio.sleep(SOON_S)
        assert [one.by for one in ring.fleet.heard.of(Refunded)] == ["by_hand"]


@virtual
async def test_s31_a_session_that_cannot_be_looked_at_now_stays_due() -> None:
    async with Ring(capturer=OFTEN) as ring:
        taken = await taken_long_ago(ring)
        ring.provider.break_next("find", Fault.UNAVAILABLE)
        ring.hints.hint(ring.provider.portal.refund(taken.capture_reference, eur("3")).reference)
        await asyncio.sleep(SOON_S)
        assert ring.fleet.heard.of(Refunded) == []
        await asyncio.sleep(600)
        assert len(ring.fleet.heard.of(Refunded)) == 1


@virtual
async def test_s31_a_chargeback_is_said_while_a_refund_of_the_same_session_has_no_answer() -> None:
    async with Ring(capturer=OFTEN) as ring:
        taken = await taken_long_ago(ring)
        ring.provider.break_next("refund", Fault.MANUAL)
        await refund(ring, "r1", "4")
        ring.hints.hint(ring.provider.portal.charge_back(taken.capture_reference, eur("3")).reference)
        await asyncio.sleep(SOON_S)
        assert [one.amount for one in ring.fleet.heard.of(ChargedBack)] == [eur("3")]
        # and what may be that refund is not said before it is answered
        ring.hints.hint(ring.provider.portal.refund(taken.capture_reference, eur("4")).reference)
        await asyncio.sleep(3600)
        assert ring.fleet.heard.of(Refunded) == []


@virtual
async def test_s31_a_hint_that_several_workers_get_is_looked_into_by_one_of_them() -> None:
    async with Ring(capturer=OFTEN) as ring:
        taken = await taken_long_ago(ring)
        # Given another worker of the capturer's, which remembers the same
        gateway = Gateway(ring.provider, ring.clock)
        sessions, deadlines = ring._memories["capturer"], ring._deadlines["capturer"]
        looks = ring._capturing.looks
        other = Watching("/tapwatt/capturer", gateway, sessions, deadlines, 45 * 86_400, looks)
        # When both get the hint
        back = ring.provider.portal.refund(taken.capture_reference, eur("3"))
        gateway.hints.hint(back.reference)
        ring.hints.hint(back.reference)
        said = []
        async for done in other.look():
            said.extend(done.say)
            await asyncio.sleep(SOON_S)  # the first one is not done when the other looks
            await done.remember()
        await asyncio.sleep(26 * 3600)
        # Then it is said by one of them, and was not asked about by both
        assert len(said) + len(ring.fleet.heard.of(Refunded)) == 1


@virtual
async def test_s31_a_session_that_contradicts_itself_holds_up_no_other_one() -> None:
    async with Ring(capturer=OFTEN) as ring:
        taken = await taken_long_ago(ring)
        find = ring.provider.find

        async def contradicts(order: str) -> list[Transaction]:
            if order == "op/s0":
                raise BrokenInvariant("hold M000000: 60 was asked for and 70 is said to be held")
            return await find(order)

        # Given a session that was due before, of which the provider tells what cannot be
        known = await ring._memories["capturer"].recall("op/s1")
        for field, value in known.items():
            other = value.replace(b"op/s1", b"op/s0").replace(b'"s1"', b'"s0"')
            await ring._memories["capturer"].remember("op/s0", field, other, ttl_s=86_400)
        await ring._deadlines["capturer"].set(KIND, "op/s0", ring.clock.now())
        ring.provider.find = contradicts  # type: ignore[method-assign]
        await ring._deadlines["capturer"].clear(KIND, "op/s1")
        await ring._deadlines["capturer"].set(KIND, "op/s1", ring.clock.now())
        ring.provider.portal.refund(taken.capture_reference, eur("3"))
        await asyncio.sleep(SOON_S)
        # Then the other is looked at in the same round
        assert [one.amount for one in ring.fleet.heard.of(Refunded)] == [eur("3")]
