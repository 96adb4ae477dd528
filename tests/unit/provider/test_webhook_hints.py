"""A webhook is a hint and nothing more, whoever sends it and whatever is in it (scenario 25)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from tapwatt.provider.webhook_hints import LARGEST_HINT, WebhookHints

Client = TestClient[web.Request, web.Application]


@pytest.fixture
def hints() -> WebhookHints:
    return WebhookHints(limit=3)


@pytest.fixture
async def client(hints: WebhookHints) -> AsyncIterator[Client]:
    app = web.Application()
    app.router.add_post("/hints", hints.webhook)
    async with TestClient(TestServer(app)) as one:
        yield one


async def test_s25_a_webhook_wakes_whoever_waits_for_that_reference(hints: WebhookHints, client: Client) -> None:
    with hints.listening("H1") as first, hints.listening("H1") as second, hints.listening("H2") as other:
        answer = await client.post("/hints", json={"id": "H1", "status": "success"})
        assert answer.status == 204
        assert first.is_set()
        assert second.is_set()
        assert not other.is_set()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"H1"',
        b'{"id":1}',
        b'{"id":null}',
        b'{"id":["H1"]}',
        b'{"id":"H2"}',
        b'{"reference":"H1"}',
        b"\xff\xfe",
        b"[" * LARGEST_HINT,
        b'{"id":"H1","more":"' + b"x" * LARGEST_HINT + b'"}',
    ],
    ids=range(13),
)
async def test_s25_a_forged_webhook_is_ignored_and_learns_nothing(
    hints: WebhookHints, client: Client, body: bytes
) -> None:
    with hints.listening("H1") as event:
        answer = await client.post("/hints", data=body)
        assert (answer.status, await answer.read()) == (204, b"")
        assert not event.is_set()
    assert hints.listened == 0


async def test_s25_a_webhook_that_never_ends_is_not_waited_for(
    hints: WebhookHints, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tapwatt.provider.webhook_hints.LONGEST_READ_S", 0.1)

    async def never() -> AsyncIterator[bytes]:
        yield b'{"id":'
        await asyncio.sleep(30)

    with hints.listening("H1") as event:
        answer = await asyncio.wait_for(client.post("/hints", data=never()), 5)
        assert answer.status == 204
        assert not event.is_set()


def test_no_more_references_are_listened_for_than_the_limit(hints: WebhookHints) -> None:
    with hints.listening("a"), hints.listening("b"), hints.listening("c"):
        with hints.listening("d") as beyond:
            assert hints.listened == 3
            hints.hint("d")
            assert not beyond.is_set()
        assert hints.listened == 3
    assert hints.listened == 0


def test_a_hint_that_nobody_waits_for_is_forgotten(hints: WebhookHints) -> None:
    for number in range(1000):
        hints.hint(f"H{number}")
    assert hints.listened == 0
    with hints.listening("H1") as event:
        assert not event.is_set()


def test_a_hint_that_nobody_waits_for_is_told_to_whoever_wants_those(hints: WebhookHints) -> None:
    told: list[str] = []
    hints.tell_others(told.append)
    with hints.listening("H1"):
        hints.hint("H1")
        hints.hint("H2")
    hints.hint("H1")
    assert told == ["H2", "H1"]
