"""The token index: one suite for the index in the process and the index in Redis."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from tests.contract.lost_views import lose

from tapwatt.clock import SystemClock
from tapwatt.errors import Unavailable
from tapwatt.facts.cards import Card, Fingerprint, FingerprintKind
from tapwatt.state.rebuild import rebuild
from tapwatt.state.redis_client import RedisClient
from tapwatt.state.view import Generation, RedisView
from tapwatt.testing.view import InMemoryView
from token_matcher.index import MARGIN, TOMBSTONE, Opened, RedisIndex
from token_matcher.testing import InMemoryIndex, index_view

pytestmark = pytest.mark.redis
CLOCK = SystemClock()


def card(*digits: str) -> Card:
    """A card by the digits of its fingerprints; an upper-case letter stands for a PAR."""
    return Card(
        fingerprints=tuple(
            Fingerprint(
                kind=FingerprintKind.PAR if digit.isupper() else FingerprintKind.CARD,
                key_version=1,
                digest=digit.lower() * 64,
            )
            for digit in digits
        )
    )


def opened(session_id: str, of: Card, *, site: str = "depot", age: timedelta = timedelta(0), **also) -> Opened:
    now = datetime.now(UTC) - age
    told = {"operator_id": "op", "terminal_id": "T1", "evse_id": f"EVSE-{session_id}", **also}
    times = {"authorised_at": now, "expires_at": now + timedelta(hours=6)}
    return Opened(session_id=session_id, site_id=site, card=of, **{**times, **told})


async def nothing():
    return
    yield


async def ignore(record, build: Generation) -> None: ...


@pytest.fixture
def view(redis: RedisClient | None) -> InMemoryView | RedisView:
    return index_view(CLOCK) if redis is None else RedisView(redis, "token-matcher", 1)


@pytest.fixture
def unbuilt(view):
    return InMemoryIndex(view, CLOCK) if isinstance(view, InMemoryView) else RedisIndex(view)


@pytest.fixture
async def index(unbuilt, view):
    await rebuild(nothing, ignore, view, clock=CLOCK)
    return unbuilt


async def found(index, of: Card, *, operator: str = "op", site: str = "depot") -> list[tuple[str, str | None]]:
    return [(s.session_id, s.claimed_by) for s in await index.candidates(operator, site, of)]


async def test_an_index_that_is_not_whole_answers_nothing_at_all(unbuilt):
    for question in (
        lambda: unbuilt.candidates("op", "depot", card("a")),
        lambda: unbuilt.claim("op/s-1", "stop-1"),
        lambda: unbuilt.answered("stop-1"),
        lambda: unbuilt.answer("stop-1", b"no"),
        lambda: unbuilt.open(opened("s-1", card("a"))),
        lambda: unbuilt.close("op/s-1", datetime.now(UTC)),
    ):
        with pytest.raises(Unavailable, match="being rebuilt"):
            await question()


async def test_a_session_is_found_by_any_fingerprint_of_its_card_with_all_it_was_opened_with(index):
    session = opened("s-1", card("A", "b"))
    assert await index.open(session)
    for presented in (card("A"), card("b"), card("c", "b")):
        [one] = await index.candidates("op", "depot", presented)
        assert (one.session_id, one.terminal_id, one.evse_id) == ("s-1", "T1", "EVSE-s-1")
        assert (one.card, one.authorised_at, one.claimed_by) == (session.card, session.authorised_at, None)
    assert await found(index, card("B")) == []  # the digits of a token are not those of a PAR


async def test_s07_one_card_has_many_sessions_and_they_come_earliest_first(index):
    await index.open(opened("late", card("A", "b")))
    await index.open(opened("early", card("A", "c"), age=timedelta(minutes=5)))
    assert await found(index, card("A", "b", "c")) == [("early", None), ("late", None)]


async def test_a_card_is_looked_for_in_its_own_operator_and_site_only(index):
    # given identifiers that would run together if they were only strung together
    await index.open(opened("s-1", card("a"), operator_id="op:x", site="y"))
    await index.open(opened("s-2", card("a"), operator_id="op", site="x:y"))
    assert await found(index, card("a"), operator="op:x", site="y") == [("s-1", None)]
    assert await found(index, card("a"), operator="op", site="x:y") == [("s-2", None)]
    assert await found(index, card("a"), operator="op", site="y") == []


async def test_a_session_opened_twice_is_one_session_and_keeps_its_claim(index):
    session = opened("s-1", card("A", "b"))
    assert await index.open(session)
    assert await index.claim("op/s-1", "stop-1") == "stop-1"
    assert await index.open(session)
    assert await found(index, card("A", "b")) == [("s-1", "stop-1")]


async def test_a_closed_session_is_gone_and_an_authorised_said_again_does_not_open_it(index):
    session = opened("s-1", card("A", "b"))
    await index.open(session)
    await index.claim("op/s-1", "stop-1")
    for _ in range(2):
        await index.close("op/s-1", datetime.now(UTC))
        assert not await index.open(session)
        assert await found(index, card("A", "b")) == []
        assert await index.claim("op/s-1", "stop-1") is None


async def test_a_session_closed_before_it_was_opened_stays_closed(index):
    await index.close("op/s-1", datetime.now(UTC))
    assert not await index.open(opened("s-1", card("a")))
    assert await found(index, card("a")) == []


async def test_a_session_is_forgotten_an_hour_after_its_hold_ran_out(index):
    now = datetime.now(UTC)
    assert not await index.open(opened("over", card("a"), expires_at=now - MARGIN))
    assert await index.open(opened("soon", card("a"), expires_at=now - MARGIN + timedelta(seconds=0.3)))
    assert await index.open(opened("open", card("a"), age=timedelta(seconds=1)))
    assert await found(index, card("a")) == [("open", None), ("soon", None)]
    await asyncio.sleep(0.4)
    assert await found(index, card("a")) == [("open", None)]
    assert await index.claim("op/soon", "stop-1") is None


async def test_no_session_outlives_the_tombstone_that_would_keep_it_closed(index):
    # given a hold said to run for a year, placed as long ago as a tombstone lives
    ancient = opened("s-1", card("a"), age=TOMBSTONE, expires_at=datetime.now(UTC) + timedelta(days=330))
    # when it was closed right after it was opened, so that its tombstone is gone by now
    await index.close("op/s-1", ancient.authorised_at)
    # then its Authorised, said again, still does not open it
    assert not await index.open(ancient)


async def test_a_session_is_claimed_once_and_everybody_hears_by_whom(index):
    await index.open(opened("s-1", card("a")))
    claims = await asyncio.gather(*(index.claim("op/s-1", f"stop-{n}") for n in range(20)))
    [winner] = set(claims)
    assert await index.claim("op/s-1", "stop-99") == winner
    assert await found(index, card("a")) == [("s-1", winner)]


async def test_a_session_that_is_not_open_cannot_be_claimed(index):
    assert await index.claim("op/s-1", "stop-1") is None
    await index.open(opened("s-1", card("a")))
    assert await found(index, card("a")) == [("s-1", None)]


async def test_a_stop_said_again_gets_the_answer_it_got(index):
    assert await index.answered("stop-1") is None
    assert await index.answer("stop-1", b"\x00matched") == b"\x00matched"
    assert await index.answer("stop-1", b"no_session") == b"\x00matched"
    assert await index.answered("stop-1") == b"\x00matched"
    assert await index.answered("stop-2") is None


async def test_a_rebuild_in_any_order_ends_where_the_live_index_stood(index, view):
    # given two open sessions, one of them claimed and answered, and one that was closed
    sessions = [opened(f"s-{n}", card("A", str(n))) for n in range(3)]
    for session in sessions:
        await index.open(session)
    await index.claim("op/s-1", "stop-1")
    await index.answer("stop-1", b"matched")
    await index.close("op/s-2", datetime.now(UTC))
    before = await found(index, card("A"))

    async def log():
        yield lambda build: build.answer("stop-1", b"matched")
        yield lambda build: build.claim("op/s-1", "stop-1")
        yield lambda build: build.close("op/s-2", datetime.now(UTC))
        for session in sessions:
            yield lambda build, session=session: build.open(session)

    async def apply(record, build: Generation) -> None:
        await record(index.into(build))

    await lose(view)
    assert await rebuild(log, apply, view, clock=CLOCK) == 6
    assert await found(index, card("A")) == before == [("s-0", None), ("s-1", "stop-1")]
    assert await index.answered("stop-1") == b"matched"
    assert await index.claim("op/s-1", "stop-2") == "stop-1"
    assert not await index.open(sessions[2])


async def test_what_happens_during_a_rebuild_waits_until_the_view_is_whole_and_nothing_of_it_is_lost(index, view):
    sessions = [opened(f"s-{n}", card("A", str(n))) for n in range(4)]
    live = (
        lambda: index.close("op/s-1", datetime.now(UTC)),
        lambda: index.claim("op/s-2", "stop-2"),
        lambda: index.answer("stop-2", b"matched"),
        lambda: index.open(sessions[3]),
    )

    async def log():
        yield sessions[0]
        # live, after the ends that the rebuild reads to
        for said in live:
            with pytest.raises(Unavailable, match="being rebuilt"):
                await said()
        yield sessions[1]
        yield sessions[2]

    async def apply(record: Opened, generation: Generation) -> None:
        await index.into(generation).open(record)

    await lose(view)
    await rebuild(log, apply, view, clock=CLOCK)
    # when it is tried again, as the worker does
    for said in live:
        await said()
    assert await found(index, card("A")) == [("s-0", None), ("s-2", "stop-2"), ("s-3", None)]
    assert await index.answered("stop-2") == b"matched"


async def test_the_stop_that_the_log_has_wins_over_one_that_comes_after_a_rebuild(index, view):
    session = opened("s-1", card("a"))

    async def log():
        yield lambda build: build.claim("op/s-1", "stop-of-the-log")
        yield lambda build: build.open(session)

    async def apply(record, generation: Generation) -> None:
        await record(index.into(generation))

    await lose(view)
    await rebuild(log, apply, view, clock=CLOCK)
    assert await index.claim("op/s-1", "stop-that-comes-later") == "stop-of-the-log"
    assert await found(index, card("a")) == [("s-1", "stop-of-the-log")]


async def test_s02_so_many_stops_at_a_terminal_and_no_more_within_the_time(index):
    async def tap(stop: str, at_s: float, terminal: str = "op/T1") -> bool:
        moment = datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(seconds=at_s)
        return await index.tap(terminal, stop, moment, within_s=60, at_most=3)

    assert [await tap(f"op/{number}", number) for number in range(5)] == [True, True, True, False, False]
    # one that was counted stays so when it comes again, and another terminal has its own count
    assert await tap("op/1", 30)
    assert await tap("op/9", 30, "op/T2")
    # and later there is room again
    assert [await tap(f"op/{number}", 61.5) for number in (10, 11, 12)] == [True, True, False]
