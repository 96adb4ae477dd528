"""Closes connections to a broker that may not answer: that is waited for a moment, and never raised."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

WITHIN_S = 2.0


async def close(*closing: Callable[[], Awaitable[object]]) -> None:
    """Call each of these, which closes something that may be open or half open."""
    for one in closing:
        with suppress(Exception):
            async with asyncio.timeout(WITHIN_S):
                await one()
