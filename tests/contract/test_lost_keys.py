"""One key of a view lost in Redis, whichever it is: a service says 'not yet', never something else, and recovers."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from tapwatt.clock import SystemClock
from tapwatt.errors import Unavailable
from tapwatt.facts.cards import Card, Fingerprint, FingerprintKind
from tapwatt.state import view as view_module
from tapwatt.state.deadlines import RedisDeadlines
from tapwatt.state.rebuild import rebuild
from tapwatt.state.redis_client import RedisClient, RedisSettings
from tapwatt.state.session_store import RedisSessionStore
from tapwatt.state.view import Generation, RedisView
from token_matcher.index import Opened, RedisIndex

pytestmark = pytest.mark.redis
CLOCK = SystemClock()
NOW = datetime.now(UTC)
CARD, OTHER = (
    Card(fingerprints=(Fingerprint(kind=FingerprintKind.CARD, key_version=1, digest=letter * 64),)) for letter in "ab"
)


def opened(session_id: str, card: Card) -> Opened:
    return Opened(session_id, "op", "depot", "T1", "E1", card, NOW, NOW + timedelta(hours=6))


Said = Callable[[RedisIndex], Awaitable[object]]
LOG: list[Said] = [
    lambda index: index.open(opened("s-1", CARD)),
    lambda index: index.open(opened("s-2", CARD)),
    lambda index: index.open(opened("s-3", OTHER)),
    lambda index: index.claim("op/s-2", "stop-2"),
    lambda index: index.answer("stop-2", b"matched"),
    lambda index: index.close("op/s-3", NOW),
]
"""What was said and stands in the index: two open sessions of one card, one of them claimed; one that is closed."""

ASKED: dict[str, Said] = {
    "candidates": lambda index: index.candidates("op", "depot", CARD),
    "of another card": lambda index: index.candidates("op", "depot", OTHER),
    "claim": lambda index: index.claim("op/s-2", "stop-9"),
    "claim of a closed session": lambda index: index.claim("op/s-3", "stop-9"),
    "answered": lambda index: index.answered("stop-2"),
    "answer": lambda index: index.answer("stop-2", b"not matched"),
    "open again": lambda index: index.open(opened("s-2", CARD)),
    "open what is closed": lambda index: index.open(opened("s-3", OTHER)),
    "close": lambda index: index.close("op/s-3", NOW),
}
"""What a token matcher may be asked, all of which leaves everything as it is."""


async def log() -> AsyncIterator[Said]:
    for said in LOG:
        yield said


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[RedisClient]:
    client = RedisClient(RedisSettings(url=redis_url, key_prefix=f"test-{uuid.uuid4().hex[:8]}"))
    yield client
    await client.close()


@pytest.fixture
async def raw(redis_url: str) -> AsyncIterator[Redis]:
    redis = Redis.from_url(redis_url)
    yield redis
    await redis.aclose()


async def keys_of(raw: Redis, view: RedisView) -> list[bytes]:
    """Every key of the current generation."""
    current = (await raw.hget(view.marker, "generation")).decode()
    return sorted([key async for key in raw.scan_iter(f"{view.marker}:{current}:*")])


async def test_s21_whichever_key_of_the_index_is_lost_no_answer_is_another_than_before(client, raw):
    view = RedisView(client, "token-matcher", 1)
    index = RedisIndex(view)

    async def apply(said: Said, build: Generation) -> None:
        await said(index.into(build))

    async def rebuilt() -> None:
        with suppress(Unavailable):  # it says once that a key is lost
            await view.whole()
        await rebuild(log, apply, view, clock=CLOCK)

    await rebuilt()
    right = {asked: await ask(index) for asked, ask in ASKED.items()}
    kinds = set()
    for number in range(len(await keys_of(raw, view))):
        for asked, ask in ASKED.items():
            # given that exactly one key is lost
            await rebuilt()
            key = (await keys_of(raw, view))[number]
            kinds.add(key.split(b":")[3])
            await raw.delete(key)
            # when anything is asked of the index, and asked again
            for _ in range(2):
                try:
                    answer = await ask(index)
                except Unavailable:
                    continue
                # then it is answered as before, or not now
                assert answer == right[asked], (key, asked)
            # and it is right again after it was noticed, if not by this then by who looks whether the view is whole
            await rebuilt()
            assert await ask(index) == right[asked], (key, asked)
    assert kinds == {b"answer", b"card", b"closed", b"register", b"session"}


@pytest.mark.parametrize("asked", ["recall", "remember"])
@pytest.mark.parametrize("lost", ["session:s-1", "register"])
async def test_s21_a_session_that_was_remembered_and_is_lost_is_never_taken_for_a_new_one(client, raw, asked, lost):
    view = RedisView(client, "authoriser", 1)
    sessions = RedisSessionStore(view)

    async def said() -> AsyncIterator[str]:
        yield "s-1"

    async def apply(session: str, build: Generation) -> None:
        await sessions.into(build).remember(session, "hold", b"the first", ttl_s=60)

    await rebuild(said, apply, view, clock=CLOCK)
    current = (await raw.hget(view.marker, "generation")).decode()
    # when its key is lost, or what tells which keys there are
    await raw.delete(f"{view.marker}:{current}:{lost}")
    if lost == "register":
        await raw.delete(f"{view.marker}:{current}:session:s-1")
    # then what asks for it hears that it is lost, and whoever comes after that it is being rebuilt
    ask = {
        "recall": lambda: sessions.recall("s-1"),
        "remember": lambda: sessions.remember("s-1", "hold", b"a second", ttl_s=60),
    }[asked]
    with pytest.raises(Unavailable, match="has lost a key"):
        await ask()
    with pytest.raises(Unavailable, match="being rebuilt"):
        await sessions.recall("another")
    # and it is known again from the log
    assert await rebuild(said, apply, view, clock=CLOCK) == 1
    assert await sessions.recall("s-1") == {"hold": b"the first"}
    assert await sessions.remember("s-1", "hold", b"a second", ttl_s=60) == {"hold": b"the first"}


async def test_s21_a_lost_key_is_noticed_by_who_looks_though_nobody_asks_for_it(client, raw, monkeypatch):
    # given more sessions than are looked for at once
    monkeypatch.setattr(view_module, "LOOKED_AT", 10)
    monkeypatch.setattr(view_module, "LOOK_MS", 5)
    view = RedisView(client, "capturer", 1)
    sessions = RedisSessionStore(view)

    async def nothing() -> AsyncIterator[str]:
        return
        yield

    async def apply(session: str, build: Generation) -> None: ...

    await rebuild(nothing, apply, view, clock=CLOCK)
    for number in range(95):
        await sessions.remember(f"s-{number}", "a", b"1", ttl_s=60)
    for _ in range(200):
        assert await view.whole()
    # when any of them is lost
    await raw.delete(next(key for key in await keys_of(raw, view) if key.endswith(b"session:s-41")))

    # then that is soon said, and the view is known not to be whole
    async def look_again_and_again() -> None:
        while await view.whole():
            await asyncio.sleep(0.003)

    with pytest.raises(Unavailable, match="has lost a key of what capturer knows"):
        await asyncio.wait_for(look_again_and_again(), 5)
    assert not await view.whole()


async def test_what_came_to_its_end_in_time_is_not_lost_and_the_register_forgets_it(client, raw):
    view = RedisView(client, "capturer", 1)
    sessions, index = RedisSessionStore(view), RedisIndex(view)

    async def nothing() -> AsyncIterator[str]:
        return
        yield

    async def apply(session: str, build: Generation) -> None: ...

    await rebuild(nothing, apply, view, clock=CLOCK)
    for number in range(20):
        await sessions.remember(f"s-{number}", "a", b"1", ttl_s=0.05)
    await index.open(Opened("i-1", "op", "depot", "T1", "E1", CARD, NOW, datetime.now(UTC) - timedelta(minutes=59.999)))
    await index.close("op/i-2", NOW - timedelta(days=40))
    await index.open(opened("i-3", OTHER))
    await index.close("op/i-3", NOW)
    # then at each moment while they end, and after, they are rightly not there
    for _ in range(30):
        assert await view.whole()
        assert await sessions.recall("s-1") in ({}, {"a": b"1"})
        assert [found.session_id for found in await index.candidates("op", "depot", CARD)] in ([], ["i-1"])
        await asyncio.sleep(0.05)
    assert await index.candidates("op", "depot", OTHER) == []
    # and the register has what there is, and itself
    assert await view.whole()
    register = next(key for key in await keys_of(raw, view) if key.endswith(b"register"))
    assert sorted(await raw.zrange(register, 0, -1)) == [b"", b"closed:op/i-3"]


async def test_s21_what_is_due_and_is_lost_is_never_taken_for_nothing_due(client, raw):
    view = RedisView(client, "authoriser", 1)
    deadlines = RedisDeadlines(view)

    async def said() -> AsyncIterator[str]:
        yield "op/s-1"

    async def apply(session: str, build: Generation) -> None:
        await deadlines.into(build).set("expiring", session, NOW)

    await rebuild(said, apply, view, clock=CLOCK)
    asked: list[Callable[[], Awaitable[object]]] = [
        lambda: deadlines.take("expiring", NOW, at_most=1, again_s=60),
        lambda: deadlines.set("expiring", "op/s-2", NOW),
        lambda: deadlines.clear("expiring", "op/s-2"),
        view.whole,
    ]
    for ask in asked:
        # when what is due is lost
        (key,) = [key for key in await keys_of(raw, view) if b":due:" in key]
        await raw.delete(key)
        # then that is said, and it is due again from the log
        with pytest.raises(Unavailable, match="has lost a key"):
            await ask()
        assert await rebuild(said, apply, view, clock=CLOCK) == 1
    assert await deadlines.take("expiring", NOW, at_most=1, again_s=60) == ["op/s-1"]
    # and once nothing is due any more, that is right
    await deadlines.clear("expiring", "op/s-1")
    assert await view.whole()
    assert await deadlines.take("expiring", NOW, at_most=1, again_s=60) == []
    await deadlines.set("expiring", "op/s-3", NOW)
    assert await deadlines.take("expiring", NOW, at_most=1, again_s=60) == ["op/s-3"]
