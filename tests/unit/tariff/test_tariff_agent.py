"""The tariff's edge: what it says to each event, how often, and what it counts."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

import pytest
from tests.property.test_tariff_any_order import AllRead, Still
from tests.unit.tariff.test_tariff_decide import NOON, authorised, ended

from tapwatt.clock import Clock
from tapwatt.errors import Poison
from tapwatt.facts.codec import Event, begin
from tapwatt.facts.events import SessionDisputed, SessionPriced, SessionStale
from tapwatt.facts.fact import Fact
from tapwatt.testing.deadlines import InMemoryDeadlines, deadlines_view
from tapwatt.testing.session_store import InMemorySessionStore, sessions_view
from tariff.agent import TariffAgent
from tariff.case_files import MOST_ENDINGS, kept
from tariff.due import RUNNING_OUT, STALE
from tariff.settings import TariffSettings


class Service:
    """A tariff service on a memory of its own."""

    def __init__(self, **settings: float) -> None:
        clock = cast(Clock, Still())
        self.deadlines = InMemoryDeadlines(deadlines_view(clock, whole=True))
        self.sessions = InMemorySessionStore(sessions_view(clock, whole=True), clock)
        self.agent = TariffAgent(
            self.sessions,
            self.deadlines,
            AllRead(),
            clock,
            TariffSettings.model_validate(settings),
        )

    async def hear(self, fact: Fact, name: str, *, told: bool = True) -> list[Event]:
        """What is said to it; unless it is told, the service is killed before it can say it."""
        done = await self.agent.heard(begin(fact, name, "/fleet", NOON))
        if told:
            await done.remember()
        return [cast(Event, said) for said in done.say]

    async def look(self, *, told: bool = True) -> list[Event]:
        """What a round says."""
        said: list[Event] = []
        async for done in self.agent.service().rounds[0].go():
            said += [cast(Event, one) for one in done.say]
            if told:
                await done.remember()
        return said


async def test_s38_a_contradiction_is_said_to_its_own_event_alone() -> None:
    service = Service()
    await service.hear(authorised(), "began")
    [priced] = await service.hear(ended(5_000), "first")
    assert isinstance(priced.fact, SessionPriced)
    [disputed] = await service.hear(ended(22_000, hours=2), "second")
    # the same again, and in other words, is the same dispute
    assert await service.hear(ended(22_000, hours=2), "second") == [disputed]
    assert await service.hear(ended(22_000, hours=2), "under another id") == [disputed]
    # and the first one still has its price
    assert await service.hear(ended(5_000), "first") == [priced, disputed]


async def test_a_fleet_that_says_more_endings_than_are_kept_is_refused() -> None:
    service = Service()
    await service.hear(authorised(), "began")
    for number in range(MOST_ENDINGS):
        await service.hear(ended(5_000 + 100 * number), f"ended {number}")
    with pytest.raises(Poison, match="more than 20 different endings"):
        await service.hear(ended(50_000), "one more")
    # but what is known is answered
    assert await service.hear(ended(5_000), "ended 0")


async def test_s33_s52_a_stale_session_is_said_again_in_the_same_words_after_a_crash_and_then_not_again() -> None:
    # given a session whose deadline has come (the clock stands five hours after its hold)
    service = Service(stale_after_s=4 * 3600)
    await service.hear(authorised(), "began")
    # when the service is killed before it is told
    first = await service.look(told=False)
    assert [type(event.fact) for event in first] == [SessionStale, SessionPriced]
    # then it is said again a minute later, and never again
    await service.deadlines.clear("stale", "op/s1")
    await service.deadlines.set("stale", "op/s1", NOON + timedelta(hours=4))
    assert await service.look() == first
    assert await service.look() == []


async def test_a_price_that_a_lost_view_has_forgotten_is_known_again_once_it_is_told() -> None:
    # given a price that is claimed and not told yet, when the view is lost
    service = Service()
    await service.hear(authorised(), "began")
    done = await service.agent.heard(begin(ended(5_000), "first", "/fleet", NOON))
    [priced] = done.say
    service.sessions._view.reading(None).clear()
    # and rebuilt from a log on which it does not stand yet
    for fact, name in ((authorised(), "began"), (ended(5_000), "first")):
        event = begin(fact, name, "/fleet", NOON)
        await service.agent._files.keep("op/s1", kept(event, NOON))
    # when it is told
    await done.remember()
    # then a word that says more is disputed, and prices nothing a second time
    [disputed] = await service.hear(ended(22_000, hours=2), "second")
    assert isinstance(disputed.fact, SessionDisputed)
    assert await service.hear(ended(5_000), "first") == [priced, disputed]


async def test_what_is_priced_is_due_no_more() -> None:
    service = Service(stale_after_s=3600.0, settle_before_expiry_s=44 * 3600.0)
    await service.hear(authorised(), "began")
    await service.hear(ended(5_000), "ended")
    later = NOON + timedelta(days=9)
    for kind in (STALE, RUNNING_OUT):
        assert await service.deadlines.take(kind, later, at_most=9, again_s=60) == []
