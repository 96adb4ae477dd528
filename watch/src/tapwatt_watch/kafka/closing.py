"""Closes connections to a broker that may not answer: that is waited for a moment, and never raised."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import Protocol

WITHIN_S = 2.0


class Connection(Protocol):
    """Something of ours that is open, or half open."""

    def close(self) -> Awaitable[object]: ...


async def close(*connections: Connection | None) -> None:
    """Close each of them that there is."""
    for connection in connections:
        if connection is not None:
            with suppress(Exception):
                async with asyncio.timeout(WITHIN_S):
                    await connection.close()
