"""What was never sent is told apart from what may have been done, whatever the connection does."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
from tests.unit.provider.ccv.ccv_server import HOLD, READ, TAKE, Speaks, adapter, raw_server, scripted

from tapwatt.errors import OutcomeUnknown, Unavailable


async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hears the request and never answers."""
    await reader.read(65536)
    await asyncio.sleep(60)


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hears the request and hangs up."""
    await reader.read(65536)
    writer.transport.abort()


async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Begins an answer and hangs up."""
    await reader.read(65536)
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n{"reference":')
    await writer.drain()


async def dribble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Begins an answer and never ends it."""
    await reader.read(65536)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers more than anybody asked for."""
    await reader.read(65536)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n")
    for _ in range(5000):
        writer.write(b" " * 10_000)
        await writer.drain()


async def gibberish(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers something other than HTTP."""
    await reader.read(65536)
    writer.write(b"SSH-2.0-OpenSSH_9.6\r\n")
    await writer.drain()


BAD_LINES = [swallow, hang_up, half, dribble, flood, gibberish]


@pytest.mark.parametrize("speaks", BAD_LINES, ids=lambda one: one.__name__)
async def test_s10_whatever_happens_after_sending_leaves_the_outcome_unknown(speaks: Speaks) -> None:
    async with raw_server(speaks) as url, adapter(url, answer_s=0.3, largest_answer=50_000) as provider:
        with pytest.raises(OutcomeUnknown):
            await provider.capture(TAKE)


@pytest.mark.parametrize("speaks", BAD_LINES, ids=lambda one: one.__name__)
async def test_a_question_that_is_not_answered_has_changed_nothing(speaks: Speaks) -> None:
    async with raw_server(speaks) as url, adapter(url, answer_s=0.3, largest_answer=50_000) as provider:
        with pytest.raises(Unavailable):
            await provider.status("H1")


async def test_a_refused_connection_is_nothing_sent() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody answers there, and nobody else will
        async with adapter(f"http://127.0.0.1:{taken.getsockname()[1]}/api/v1") as provider:
            with pytest.raises(Unavailable, match="cannot connect"):
                await provider.authorise(HOLD)


async def test_a_name_that_nobody_knows_is_nothing_sent() -> None:
    async with adapter("http://provider.invalid/api/v1") as provider:
        with pytest.raises(Unavailable):
            await provider.authorise(HOLD)


async def test_waiting_too_long_for_a_connection_is_nothing_sent() -> None:
    heard = asyncio.Event()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        heard.set()
        await asyncio.sleep(60)

    # given an adapter with one connection, in use
    async with raw_server(hold) as url, adapter(url, connections=1, connect_s=0.2, answer_s=30) as provider:
        first = asyncio.ensure_future(provider.capture(TAKE))
        await heard.wait()
        # when another request waits for it in vain
        with pytest.raises(Unavailable, match="connect phase"):
            await provider.read_token(READ)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first


async def test_a_connection_that_was_closed_meanwhile_may_have_carried_the_request() -> None:
    calls = 0

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        while await reader.read(65536):
            calls += 1
            if calls > 1:
                writer.transport.abort()
                return
            body = b'{"type":"x","failureCode":"rejected"}'
            writer.write(b"HTTP/1.1 422 No\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            await writer.drain()

    # given a connection that is kept for the next request
    async with raw_server(once) as url, adapter(url) as provider:
        await provider.capture(TAKE)
        # when the provider hangs up on it, then nobody knows, and the request is not sent again by itself
        with pytest.raises(OutcomeUnknown):
            await provider.capture(TAKE)
    assert calls == 2


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        "{",
        "[" * 100_000,
        '{"reference":"H1"}',
        '{"reference":"H1","type":"authorise","status":"pending"}',
        '{"reference":"H1","type":"authorise","status":"pending","amount":"20.00","currency":"eur"}',
        '{"reference":"H1","type":"authorise","status":"pending","amount":true,"currency":"eur"}',
        '{"reference":"H1","type":"authorise","status":"pending","amount":NaN,"currency":"eur"}',
        '{"reference":"H1","type":"authorise","status":"pending","amount":1e999999999,"currency":"eur"}',
        '{"reference":"H1","type":"authorise","status":"pending","amount":20.001,"currency":"eur"}',
        '{"reference":"H1","type":"authorise","status":"pending","amount":20,"currency":"zzz"}',
        '{"reference":"H1","type":"authorise","status":"thinking","amount":20,"currency":"eur"}',
        '{"reference":"H1","type":"sale","status":"pending","amount":20,"currency":"eur"}',
        '{"reference":"","type":"authorise","status":"pending","amount":20,"currency":"eur"}',
        '{"reference":"H1","type":"authorise","status":"pending","amount":20,"currency":"eur","created":1e400}',
    ],
    ids=range(17),
)
async def test_an_answer_that_cannot_be_read_leaves_the_outcome_unknown(body: Any) -> None:
    async with scripted() as (server, provider):
        server.body = body
        with pytest.raises(OutcomeUnknown):
            await provider.authorise(HOLD)
