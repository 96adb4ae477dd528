"""Two small HTTP servers: /livez, /readyz and /metrics for whoever runs us, and a provider's webhook apart."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from tapwatt.errors import BadSettings
from tapwatt.worker.service import Probe, Route

LARGEST_REQUEST = 64 * 1024
"""Bytes."""


@dataclass(slots=True)
class State:
    """What the probes tell. Reasons are short sentences; an empty one means yes."""

    not_live: str = ""
    stage: str = "starting"
    probes: Mapping[str, Probe] = field(default_factory=dict)

    def readiness(self) -> tuple[bool, str]:
        """Whether it is ready, and what is to be said: what is missing, by name, and what else is worth knowing."""
        found = {name: (probe, why) for name, probe in self.probes.items() if (why := probe.look())}
        lines = [f"{name}: {why}" for name, (_, why) in found.items()]
        ready = not self.stage and all(probe.told for probe, _ in found.values())
        return ready, "\n".join([*(["ok"] if ready else [self.stage or "not ready"]), *lines])


async def serve_health(
    host: str,
    port: int,
    registry: CollectorRegistry,
    state: State,
    opened: AsyncExitStack,
    setting: str = "TAPWATT_WORKER_PORT",
) -> int:
    """Listen until `opened` is closed; returns the port that was taken. BadSettings names the setting if it is busy."""

    async def livez(request: web.Request) -> web.Response:
        return _said(not state.not_live, state.not_live or "ok")

    async def readyz(request: web.Request) -> web.Response:
        return _said(*state.readiness())

    async def metrics(request: web.Request) -> web.Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(registry), headers={"Content-Type": content_type})

    app = web.Application(client_max_size=LARGEST_REQUEST)
    app.router.add_get("/livez", livez)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    return await _listen(app, host, port, setting, opened)


async def serve_posts(host: str, port: int, posts: Mapping[str, Route], opened: AsyncExitStack) -> int:
    """Answer these paths, and nothing else, until `opened` is closed; as serve_health."""
    app = web.Application(client_max_size=LARGEST_REQUEST)
    for path, handler in posts.items():
        app.router.add_post(path, handler)
    return await _listen(app, host, port, "TAPWATT_WORKER_WEBHOOK_PORT", opened)


async def _listen(app: web.Application, host: str, port: int, setting: str, opened: AsyncExitStack) -> int:
    runner = web.AppRunner(app, access_log=None, handle_signals=False)
    opened.push_async_callback(runner.cleanup)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    try:
        await site.start()
    except OSError as error:
        raise BadSettings(
            f"{host}:{port} cannot be listened on ({error.strerror or error}): "
            f"stop what uses it, or set {setting} to another port (0 takes a free one)"
        ) from error
    return int(runner.addresses[0][1])


def _said(yes: bool, text: str) -> web.Response:
    return web.Response(text=text + "\n", status=200 if yes else 503)
