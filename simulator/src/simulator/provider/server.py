"""Puts the simulated provider together and lets it listen: one process, one port, one ledger file."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from aiohttp import web

from simulator.provider.admin import Admin
from simulator.provider.api import ProviderApi
from simulator.provider.books import Books
from simulator.provider.faults import Faults
from simulator.provider.ledger import Ledger, Transaction
from simulator.provider.payments import Provider
from simulator.provider.settings import Settings
from simulator.provider.terminals import Arrivals, Terminals
from simulator.provider.webhooks import Webhooks

log = logging.getLogger("simulator")
TICK_S = 0.05
LONGEST_BODY = 64 * 1024


@dataclass(frozen=True)
class Listening:
    """A simulator that answers."""

    url: str
    provider: Provider


def epoch_ms() -> int:
    """The machine's clock, in epoch milliseconds."""
    return time.time_ns() // 1_000_000


@asynccontextmanager
async def listening(settings: Settings, now: Callable[[], int] = epoch_ms) -> AsyncIterator[Listening]:
    """A running simulator for as long as the block lasts; raises OSError on a busy port and LedgerUnusable."""
    ledger = Ledger(settings.ledger)
    faults = Faults(settings.fault_seed, settings.faults, now)
    arrivals, webhooks = Arrivals(), Webhooks(settings, faults)

    def tell(transaction: Transaction) -> None:
        arrivals.tell(transaction)
        webhooks.tell(transaction)

    provider = Provider(Books(ledger, settings, faults, now), tell)
    app = web.Application(middlewares=[_in_json], client_max_size=LONGEST_BODY)
    ProviderApi(provider).add_to(app)
    Admin(Terminals(provider, arrivals), webhooks).add_to(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    ticking = asyncio.create_task(_tick(provider))
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
        port = runner.addresses[0][1]
        yield Listening(f"http://{settings.host}:{port}", provider)
    finally:
        ticking.cancel()
        with suppress(asyncio.CancelledError):
            await ticking
        await runner.cleanup()
        await webhooks.close()
        ledger.close()


async def _tick(provider: Provider) -> None:
    while True:
        try:
            provider.tick()
        except Exception:
            log.exception("what time should have done could not be written; it is tried again")
            await asyncio.sleep(1)
        await asyncio.sleep(TICK_S)


@web.middleware
async def _in_json(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Even a wrong path or a failure of ours is answered with the provider's error body."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        body = {"type": "invalid_request", "message": error.reason}
        return web.Response(status=error.status, text=json.dumps(body), content_type="application/json")
    except Exception:
        log.exception("%s %s failed", request.method, request.path)
        body = {"type": "server_error", "message": "the simulator itself failed; its log says why"}
        return web.Response(status=500, text=json.dumps(body), content_type="application/json")
