"""One small HTTP server of our own: /livez, /readyz, /metrics, and what a service adds (a provider's webhook)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from tapwatt.errors import BadSettings
from tapwatt.worker.service import Route


@dataclass(slots=True)
class State:
    """What the probes tell. Reasons are short words; an empty one means yes."""

    not_live: str = ""
    not_ready: str = "starting"
    posts: Mapping[str, Route] = field(default_factory=dict)


async def serve(host: str, port: int, registry: CollectorRegistry, state: State) -> tuple[web.AppRunner, int]:
    """Listen; returns the runner to clean up and the port that was taken. BadSettings if the port is busy."""

    async def livez(request: web.Request) -> web.Response:
        return _probe(state.not_live)

    async def readyz(request: web.Request) -> web.Response:
        return _probe(state.not_ready)

    async def metrics(request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application(client_max_size=64 * 1024)
    app.router.add_get("/livez", livez)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    for path, handler in state.posts.items():
        app.router.add_post(path, handler)
    runner = web.AppRunner(app, access_log=None, handle_signals=False)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    try:
        await site.start()
    except OSError as error:
        await runner.cleanup()
        raise BadSettings(
            f"{host}:{port} cannot be listened on ({error.strerror or error}): "
            "stop what uses it, or set TAPWATT_WORKER_PORT to another port (0 takes a free one)"
        ) from error
    return runner, int(runner.addresses[0][1])


def _probe(reason: str) -> web.Response:
    return web.Response(text=(reason or "ok") + "\n", status=503 if reason else 200)
