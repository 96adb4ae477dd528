"""A server of surface A that answers what a test tells it to, and remembers what it was sent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from tapwatt.money import Money
from tapwatt.provider.ccv import CcvProvider
from tapwatt.provider.fingerprints import Fingerprints
from tapwatt.provider.port import AuthoriseRequest, CaptureRequest, ReadTokenRequest
from tapwatt.provider.settings import ProviderSettings, provider_settings

KEYS = {1: b"1" * 32}
HOLD = AuthoriseRequest("hold-1", "order-1", "T1", Money(minor=2000, currency="EUR"), "Charging at EVSE-1", "nl")
READ = ReadTokenRequest("read-1", "stop:1", "T1")
TAKE = CaptureRequest("take-1", "H1", Money(minor=1250, currency="EUR"))


@dataclass
class Sent:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    text: str


@dataclass
class Scripted:
    """Answers every request the same, until told otherwise."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        text = await request.text()
        self.sent.append(Sent(request.method, request.path, dict(request.query), dict(request.headers), text))
        body = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return web.Response(status=self.status, text=body, headers=self.headers, content_type="application/json")


def told(**changes: Any) -> dict[str, Any]:
    """A pending authorisation of 20.00 EUR as the provider tells it."""
    given: dict[str, Any] = {
        "reference": "H1",
        "type": "authorise",
        "status": "pending",
        "amount": 20,
        "currency": "eur",
        "merchantOrderReference": "order-1",
        "created": 1_772_366_400_000,
        "details": {},
    }
    return {name: value for name, value in {**given, **changes}.items() if value is not None}


def captured(**changes: Any) -> dict[str, Any]:
    """A capture of 12.50 EUR as the provider tells it."""
    return told(**{"reference": "C1", "type": "capture", "status": "success", "amount": 12.5, **changes})


def settings_for(url: str, **changes: Any) -> ProviderSettings:
    """Settings that know this server alone, and wait briefly."""
    keys = ",".join(f"{version}:{key.hex()}" for version, key in KEYS.items())
    given = {"base_url": url, "api_key": "t_secret-key", "fingerprint_keys": keys, "answer_s": 5.0, "_env_file": None}
    return provider_settings(**{**given, **changes})


@asynccontextmanager
async def scripted(**changes: Any) -> AsyncIterator[tuple[Scripted, CcvProvider]]:
    """A scripted server and an adapter that asks it."""
    script = Scripted(body=told())
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", script.answer)
    async with TestServer(app) as server:
        script.url = str(server.make_url("")).rstrip("/")
        async with adapter(f"{script.url}/api/v1", **changes) as provider:
            yield script, provider


@asynccontextmanager
async def adapter(url: str, **changes: Any) -> AsyncIterator[CcvProvider]:
    """An adapter that asks this address."""
    settings = settings_for(url, **changes)
    provider = CcvProvider(settings, Fingerprints(settings.keys(), live=False, test_tokens=settings.test_tokens))
    try:
        yield provider
    finally:
        await provider.aclose()


Speaks = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def raw_server(speaks: Speaks) -> AsyncIterator[str]:
    """A server that does to its connections what a test says, and not HTTP unless it says so."""
    running: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        running.add(asyncio.current_task())  # type: ignore[arg-type]
        try:
            await speaks(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    try:
        yield f"http://{host}:{port}/api/v1"
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        server.close()
