"""Wakes whoever waits for a transaction when a webhook says that something changed; it says no more than that."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

from tapwatt import crash_windows as crash

LARGEST_HINT = 1_024
"""Bytes; the provider's own are {"id": reference}."""
LONGEST_READ_S = 5.0


class _Listened:
    def __init__(self) -> None:
        self.event = asyncio.Event()
        self.listeners = 0


class WebhookHints:
    """The references somebody waits for. A hint is unauthenticated (scenario 25).

    One of any other reference is ignored, unless somebody wants those, too.
    """

    def __init__(self, limit: int = 20_000) -> None:
        self._limit = limit
        self._listened: dict[str, _Listened] = {}
        self._tell_others: Callable[[str], None] = lambda reference: None

    @property
    def listened(self) -> int:
        """How many references somebody waits for."""
        return len(self._listened)

    @contextmanager
    def listening(self, reference: str) -> Iterator[asyncio.Event]:
        """An event that a hint about this reference sets. Beyond the limit it never is: then only asking helps."""
        listened = self._listened.get(reference)
        if listened is None:
            listened = _Listened()
            if len(self._listened) >= self._limit:
                yield listened.event
                return
            self._listened[reference] = listened
        listened.listeners += 1
        try:
            yield listened.event
        finally:
            listened.listeners -= 1
            if not listened.listeners:
                del self._listened[reference]

    def tell_others(self, tell: Callable[[str], None]) -> None:
        """Have `tell` told of hints about references that nobody waits for, which may be forged and of any length."""
        self._tell_others = tell

    def hint(self, reference: str) -> None:
        """Something is said to have changed about this reference."""
        listened = self._listened.get(reference)
        if listened is not None:
            listened.event.set()
        else:
            self._tell_others(reference)

    async def webhook(self, request: web.Request) -> web.Response:
        """Takes POST {"id": reference}. Always 204: a stranger learns nothing."""
        reference = _reference(await _bounded(request))
        if reference is not None:
            if crash.armed:
                await crash.armed("hint-taken")
            self.hint(reference)
        return web.Response(status=204)


async def _bounded(request: web.Request) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(LONGEST_READ_S):
            async for part in request.content.iter_chunked(LARGEST_HINT):
                body += part
                if len(body) > LARGEST_HINT:
                    return b""
    except (TimeoutError, OSError, ValueError):
        return b""
    return bytes(body)


def _reference(body: bytes) -> str | None:
    try:
        said: Any = json.loads(body)
    except (ValueError, RecursionError):
        return None
    reference = said.get("id") if isinstance(said, dict) else None
    return reference if isinstance(reference, str) else None
