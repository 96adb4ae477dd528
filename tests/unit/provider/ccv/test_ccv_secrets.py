"""A card token never leaves the adapter, whatever goes wrong: not in what is told, raised, logged or reported."""

from __future__ import annotations

import base64
import json
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.unit.provider.ccv.ccv_server import HOLD, READ, TAKE, adapter, raw_server, scripted, told

from tapwatt.errors import TapwattError
from tapwatt.provider.port import Kind, Status, Transaction

TOKEN = "99CANARY0TOKEN0001"
PAR = "5001CANARYPAR0000000000000001"
CANARIES = (TOKEN, PAR, TOKEN[::-1], "t_secret-key", base64.b64encode(b"t_secret-key:").decode())


def seen(*texts: object) -> list[str]:
    """The canaries that can be seen in what left the adapter."""
    everything = "\n".join(repr(text) for text in texts) + "\n".join(str(text) for text in texts)
    return [canary for canary in CANARIES if canary in everything]


def crash_report(error: BaseException) -> str:
    """The fullest report a crash reporter could make: every cause and context, with every local variable but ours."""
    frame = error.__traceback__
    while frame is not None and frame.tb_frame.f_code.co_filename == __file__:
        frame = frame.tb_next
    return "".join(traceback.TracebackException(type(error), error, frame, capture_locals=True).format())


def test_the_canaries_are_seen_where_they_are() -> None:
    assert seen({"token": TOKEN}) == [TOKEN]
    with pytest.raises(ValueError, match="Extra data") as raised:
        json.loads(f'"{PAR}" and more')
    assert seen(crash_report(raised.value)) == [PAR]


async def test_a_told_card_has_fingerprints_only() -> None:
    async with scripted() as (server, provider):
        server.body = told(status="success", token=TOKEN, details={"par": PAR})
        with capture_logs() as logs:
            held = await provider.authorise(HOLD)
    assert held.card is not None
    assert len(held.card.fingerprints) == 2
    assert seen(held, held.card.model_dump_json(), logs, provider, vars(provider)) == []


WRONG: list[dict[str, Any]] = [
    told(token=TOKEN, details={"par": PAR}, amount=TOKEN),
    told(token=TOKEN, details={"par": PAR}, status=TOKEN),
    told(token=[TOKEN], details={"par": {"x": PAR}}),
    told(token=TOKEN, details=PAR),
    told(token=TOKEN, details={"par": PAR, "authorisedAmount": PAR}, status="success"),
    told(token=TOKEN, details={"par": PAR}, amount=21),
    told(token=TOKEN, details={"par": PAR}, currency="x" + TOKEN),
    told(token=TOKEN, details={"par": PAR, "authorisedAmount": 21}, status="success"),
]


@pytest.mark.parametrize("body", WRONG, ids=range(len(WRONG)))
async def test_an_answer_that_is_refused_is_never_quoted(
    body: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    async with scripted() as (server, provider):
        server.body = body
        with capture_logs() as logs, pytest.raises(TapwattError) as raised:
            await provider.authorise(HOLD)
        server.body = [{**body, "merchantOrderReference": "another"}]
        with pytest.raises(TapwattError) as listed:
            await provider.find(HOLD.order_reference)
    assert seen(raised.value, crash_report(raised.value), crash_report(listed.value), logs, caplog.text) == []


@pytest.mark.parametrize("text", [f'{{"token":"{TOKEN}"', f'"{PAR}"', f"<b>{TOKEN}</b>", f'[{{"token":"{TOKEN}"}}]'])
@pytest.mark.parametrize("status", [200, 302, 400, 401, 404, 409, 422, 500])
async def test_no_body_is_quoted_whatever_its_status(text: str, status: int) -> None:
    async with scripted() as (server, provider):
        server.status, server.body = status, text
        calls: list[Callable[[], Awaitable[object]]] = [
            lambda: provider.read_token(READ),
            lambda: provider.capture(TAKE),
            lambda: provider.status("H1"),
        ]
        for call in calls:
            with pytest.raises(TapwattError) as raised:
                await call()
            assert seen(raised.value, crash_report(raised.value)) == []


@pytest.mark.parametrize("field", ["failureCode", "type", "field", "message"])
async def test_an_error_body_that_quotes_the_card_is_not_passed_on(field: str) -> None:
    async with scripted() as (server, provider):
        server.status, server.body = 422, {"type": "request_refused", "failureCode": "rejected", field: TOKEN}
        assert seen(await provider.capture(TAKE)) == []


@pytest.mark.parametrize("cut", ["hang up", "too long"])
async def test_a_broken_answer_is_not_quoted(cut: str) -> None:
    body = json.dumps(told(token=TOKEN, details={"par": PAR})).encode() + b" " * 5000

    async def speaks(reader: Any, writer: Any) -> None:
        await reader.read(65536)
        length = len(body) + (1 if cut == "hang up" else 0)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (length, body))
        await writer.drain()

    limit = 100_000 if cut == "hang up" else 1_000
    async with raw_server(speaks) as url, adapter(url, largest_answer=limit) as provider:
        with pytest.raises(TapwattError) as raised:
            await provider.authorise(HOLD)
    assert seen(raised.value, crash_report(raised.value)) == []


async def test_a_stranger_s_address_is_logged_without_the_card_it_may_quote() -> None:
    async with scripted() as (_, provider):
        with capture_logs() as logs:
            cancel_url = f"http://evil.example/{TOKEN}"
            await provider.cancel(Transaction("H1", Kind.AUTHORISE, Status.PENDING, cancel_url=cancel_url))
    assert len(logs) == 1
    assert seen(logs) == []
