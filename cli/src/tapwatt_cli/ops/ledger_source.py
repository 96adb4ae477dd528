"""Fetches the provider's ledger over HTTP, where a provider shows one: the simulated one does, under /admin/ledger."""

from __future__ import annotations

from typing import Any

import aiohttp

from tapwatt.errors import Unavailable

WITHIN_S = 30.0


async def fetch_ledger(url: str) -> Any:
    """The books as JSON; `read_ledger` understands them. Unavailable in one sentence if nobody shows them there."""
    where = url.rstrip("/") + "/admin/ledger"
    try:
        timeout = aiohttp.ClientTimeout(total=WITHIN_S)
        async with aiohttp.ClientSession(timeout=timeout) as http, http.get(where) as answer:
            if answer.status != 200:
                raise Unavailable(f"{where} answers HTTP {answer.status}: is --ledger-url a simulated provider?")
            return await answer.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise Unavailable(f"no ledger is to be had at {where} ({error}): is the provider running?") from error
