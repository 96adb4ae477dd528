"""Whatever a person does at the portal, and whenever the capturer dies: what is said adds up with the books."""

from __future__ import annotations

import asyncio
from random import Random

import pytest
from tests.flow.ring import Ring
from tests.flow.test_money_back import ended, eur, hold_of, refund
from tests.flow.test_scenarios import books, virtual

from tapwatt.facts.events import Captured, CaptureFailed, ChargedBack, HoldReleased, Refunded
from tapwatt.testing.fake_provider import Fault

ACTS = ("capture", "reverse", "cancel_capture", "refund", "charge_back")


async def _act(ring: Ring, hold: str, act: str, amount: str) -> None:
    """What a person wants and the books do not allow is not done."""
    told = await ring.provider.find("op/s1")
    capture = next((one.reference for one in told if one.kind == "capture"), "")
    portal = ring.provider.portal
    try:
        match act:
            case "capture":
                portal.capture(hold, eur(amount))
            case "reverse":
                portal.reverse(hold)
            case "cancel_capture" if capture:
                portal.cancel_capture(capture)
            case "refund" if capture:
                portal.refund(capture, eur(amount))
            case "charge_back" if capture:
                portal.charge_back(capture, eur(amount))
    except ValueError:
        return


@pytest.mark.parametrize("seed", range(16))
@virtual
async def test_s40_s31_whatever_a_person_does_the_facts_sum_to_the_books(seed: int) -> None:
    chance = Random(seed)
    async with Ring(seed) as ring:
        # Given acts at the portal, a lost answer, refunds and crashes, each at any moment around the settlement
        hold = await hold_of(ring)
        ring.provider.break_next("capture", *chance.sample([Fault.ANSWER_LOST, Fault.LATE, Fault.PENDING], 1))

        async def later(moment_s: float, act: str, amount: str) -> None:
            await asyncio.sleep(moment_s)
            await _act(ring, hold, act, amount)

        async def crash(moment_s: float) -> None:
            await asyncio.sleep(moment_s)
            ring.workers["capturer"].crash()

        moments = (0.0, 1.0, 3.0, 30.0, 700.0, 90_000.0)
        doing = [
            asyncio.ensure_future(later(chance.choice(moments), chance.choice(ACTS), str(chance.choice((2, 10, 25)))))
            for _ in range(3)
        ]
        doing += [asyncio.ensure_future(crash(chance.choice(moments))) for _ in range(3)]
        await asyncio.sleep(chance.choice((0.0, 2.0)))
        await ended(ring)
        await asyncio.sleep(chance.choice((1.0, 1000.0, 100_000.0)))
        await refund(ring, "r1", str(chance.choice((1, 4, 10))))
        await asyncio.gather(*doing)
        await asyncio.sleep(50 * 86_400)
        await ring.calm()
        # Then one outcome is said, and taken and given back are what the provider's books say
        heard, done = ring.fleet.heard, books(ring, "s1")
        outcomes = [*heard.of(Captured), *heard.of(HoldReleased), *heard.of(CaptureFailed)]
        assert len(outcomes) == 1
        assert heard.contradictions == []
        assert ring.fleet.dead_letters == []
        back = sum(one.amount.minor for one in heard.of(Refunded))
        charged_back = sum(one.amount.minor for one in heard.of(ChargedBack))
        taken = sum(one.taken.minor for one in heard.of(Captured))
        assert taken - back - charged_back == done.kept.minor
        assert not done.rest
