"""The whole ring under everything that can happen at once, seed after seed: nothing lost, twice or wrong."""

from __future__ import annotations

import asyncio

import pytest
from tests.flow.audit import audit
from tests.flow.drivers import Driver
from tests.flow.ring import Ring
from tests.flow.virtual_time import in_virtual_time

from tapwatt.facts.events import TokenNotMatched
from tapwatt.facts.reasons import NoMatchReason

SEEDS = 200
DRIVERS = 6


async def _day(seed: int, unforeseen: float = 0.0) -> tuple[list[str], Ring]:
    # Given workers that are killed, a provider and a log that fail as they may, and drivers as they are
    async with Ring(seed, stable=False, unforeseen=unforeseen) as ring:
        locks: dict[str, asyncio.Lock] = {}
        # When they all live their day
        async with asyncio.timeout(20 * 86_400):
            await asyncio.gather(*(Driver(ring, number, locks).live() for number in range(DRIVERS)))
        await ring.calm()
        # and everything is said again three days later, when the provider has forgotten every reference
        await asyncio.sleep(3 * 86_400)
        ring.fleet.say_all_again()
        await ring.calm()
        return audit(ring) + untrue(ring), ring


def untrue(ring: Ring) -> list[str]:
    """What drivers were told of terminals, every one of which was well all day."""
    of_a_terminal = (NoMatchReason.TERMINAL_OFFLINE, NoMatchReason.TERMINAL_UNKNOWN)
    answers = ring.fleet.heard.of(TokenNotMatched)
    return [f"stop {one.stop_id} was told {one.reason}" for one in answers if one.reason in of_a_terminal]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_s12_s33_whatever_happens_every_session_is_settled_once_to_the_cent(seed: int) -> None:
    wrong, _ = in_virtual_time(_day(seed))
    # Then the books agree with what was said
    assert not wrong, f"seed {seed}:\n" + "\n".join(wrong)


@pytest.mark.parametrize("seed", range(25))
def test_s12_s33_errors_that_nobody_foresaw_are_tried_again_and_every_session_is_settled_once(seed: int) -> None:
    wrong, ring = in_virtual_time(_day(seed, unforeseen=0.01))
    # Then they were seen, and nothing else was wrong
    pages = [page for worker in ring.workers.values() for page in worker.log.pages]
    assert any("unforeseen error" in page for page in pages)
    others = [one for one in wrong if "unforeseen error" not in one]
    assert not others, f"seed {seed}:\n" + "\n".join(others)
