"""A hold that runs out is warned of by the same event, whoever says it again after a crash, and whenever."""

from __future__ import annotations

from datetime import timedelta

from tests.contract.provider_clock import JumpingClock
from tests.unit.authoriser.test_authoriser_decide import TERMS, agreed, answer, requested

from authoriser.decide import decide
from authoriser.expiring import KIND, ExpiringHolds
from tapwatt.facts.codec import begin, encode
from tapwatt.facts.events import Authorised
from tapwatt.facts.packed_event import pack
from tapwatt.testing.deadlines import InMemoryDeadlines, deadlines_view
from tapwatt.testing.session_store import InMemorySessionStore, sessions_view
from tapwatt.worker.service import Done


async def test_s08_a_warning_that_is_said_again_is_the_same_to_the_byte() -> None:
    # given a hold whose warning is due
    clock = JumpingClock()
    asked = requested()
    said = decide(asked, agreed(asked, TERMS), answer(amount=asked.hold))
    assert isinstance(said, Authorised)
    sessions = InMemorySessionStore(sessions_view(clock, whole=True), clock)
    deadlines = InMemoryDeadlines(deadlines_view(clock, whole=True))
    warn_at = clock.now() + timedelta(hours=1)
    holds = ExpiringHolds("/tapwatt/authoriser", clock, sessions, deadlines, lambda fact: warn_at, 9e9)
    name = str(said.identity)
    await sessions.remember(name, "said", pack(begin(said, "a", "/tapwatt/authoriser", clock.now())), ttl_s=9e9)
    await deadlines.set(KIND, name, warn_at)

    async def round_() -> Done:
        [done] = [one async for one in holds.look()]
        return done

    # when one worker says it and dies, and another one says it later
    await clock.sleep(3700)
    first = await round_()
    await clock.sleep(600)
    again = await round_()
    # then it is the same, with its time, and once it is remembered nobody says it any more
    assert [encode(one) for one in first.say] == [encode(one) for one in again.say] != []
    await again.remember()
    await clock.sleep(600)
    assert [one async for one in holds.look()] == []
