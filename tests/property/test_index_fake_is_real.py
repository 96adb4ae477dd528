"""Step by step, whatever is asked of it, the index in the process answers as the one in Redis does."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from tapwatt.clock import SystemClock
from tapwatt.errors import Unavailable
from tapwatt.facts.cards import Card, Fingerprint, FingerprintKind
from tapwatt.state.redis_client import RedisClient, RedisSettings
from tapwatt.state.view import Generation, RedisView
from tapwatt.testing.view import InMemoryView
from token_matcher.index import TOMBSTONE, Index, Opened, RedisIndex
from token_matcher.testing import InMemoryIndex, Shelves, index_view

CLOCK = SystemClock()
NOW = datetime.now(UTC)

sessions = st.integers(0, 2).map("s-{}".format)
stops = st.integers(0, 1).map("stop-{}".format)
sites = st.sampled_from(["depot", "depot", "mall"])
cards = st.sets(st.sampled_from("ab"), min_size=1).map(
    lambda digits: Card(
        fingerprints=tuple(
            Fingerprint(kind=FingerprintKind.CARD, key_version=1, digest=digit * 64) for digit in sorted(digits)
        )
    )
)
lives = st.sampled_from([timedelta(hours=6), timedelta(hours=6), timedelta(hours=-2)])
closings = st.sampled_from([timedelta(0), timedelta(0), -2 * TOMBSTONE])
wheres = st.sampled_from(["live", "live", "build"])
EVERY_CARD = Card(
    fingerprints=tuple(Fingerprint(kind=FingerprintKind.CARD, key_version=1, digest=digit * 64) for digit in "ab")
)


class TwoIndexes(RuleBasedStateMachine):
    """The fake and the real one, told the same."""

    url = ""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.client = RedisClient(RedisSettings(url=self.url, key_prefix=f"two-{uuid.uuid4().hex[:8]}"))
        self.views: tuple[InMemoryView[Shelves], RedisView] = (
            index_view(CLOCK),
            RedisView(self.client, "token-matcher", 1),
        )
        self.indexes = (InMemoryIndex(self.views[0], CLOCK), RedisIndex(self.views[1]))
        self.builds: tuple[Generation, Generation] | None = None

    @initialize(whole=st.sampled_from([True, True, False]))
    def build_first(self, whole):
        if whole:
            self.begin()
            self.mark_whole()

    def look_everywhere(self) -> None:
        for site in ("depot", "mall"):
            self.both("live", lambda index, site=site: index.candidates("op", site, EVERY_CARD))
        for stop in ("stop-0", "stop-1"):
            self.both("live", lambda index, stop=stop: index.answered(stop))

    def teardown(self) -> None:
        self.loop.run(self.client.close())
        self.loop.close()

    def heard(self, ask: Callable[[], Awaitable[object]]) -> object:
        async def asked() -> object:
            try:
                return await ask()
            except Unavailable as error:
                return type(error)

        return self.loop.run(asked())

    def both(self, where: str, ask: Callable[[Index], Awaitable[object]]) -> None:
        fake, real = self.indexes
        if where == "build" and self.builds is not None:
            fake, real = fake.into(self.builds[0]), real.into(self.builds[1])
        assert self.heard(lambda: ask(fake)) == self.heard(lambda: ask(real))

    @rule(where=wheres, session=sessions, site=sites, card=cards, life=lives)
    def open(self, where, session, site, card, life):
        opened = Opened(session, "op", site, "T1", "E1", card, NOW, NOW + life)
        self.both(where, lambda index: index.open(opened))

    @rule(where=wheres, session=sessions, after=closings)
    def close(self, where, session, after):
        self.both(where, lambda index: index.close(f"op/{session}", NOW + after))

    @rule(where=wheres, session=sessions, stop=stops)
    def claim(self, where, session, stop):
        self.both(where, lambda index: index.claim(f"op/{session}", stop))

    @rule(where=wheres, site=sites, card=cards)
    def look(self, where, site, card):
        self.both(where, lambda index: index.candidates("op", site, card))

    @rule(where=wheres, stop=stops, value=st.binary(max_size=3))
    def answer(self, where, stop, value):
        self.both(where, lambda index: index.answer(stop, value))

    @rule(where=wheres, stop=stops)
    def answered(self, where, stop):
        self.both(where, lambda index: index.answered(stop))

    @rule()
    def begin(self):
        fake, real = (self.heard(lambda view=view: view.begin()) for view in self.views)
        assert (fake is None) == (real is None)
        if fake is not None and real is not None:
            self.builds = fake, real

    @precondition(lambda self: self.builds is not None)
    @rule()
    def mark_whole(self):
        fake, real = (
            self.heard(lambda view=view, build=build: view.mark_whole(build))
            for view, build in zip(self.views, self.builds, strict=True)
        )
        assert fake == real
        self.look_everywhere()

    @precondition(lambda self: self.builds is not None)
    @rule()
    def abandon(self):
        for view, build in zip(self.views, self.builds, strict=True):
            self.heard(lambda view=view, build=build: view.abandon(build))

    @rule()
    def whole(self):
        fake, real = (self.heard(view.whole) for view in self.views)
        assert fake == real

    @rule(chance=st.integers(0, 4))
    def flush(self, chance):
        if chance == 0:
            self.views[0].flush()
            self.loop.run(self.client.unlink_under(self.views[1].marker))


@pytest.mark.redis
def test_the_fake_answers_as_the_real_index_does(redis_url):
    class OnThisRedis(TwoIndexes):
        url = redis_url

    run_state_machine_as_test(OnThisRedis, settings=settings(max_examples=100, stateful_step_count=40, deadline=None))
