"""A real Prometheus and Alertmanager beside a ring, on the rules that are deployed, and who is woken by them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from tests.watching.processes import HOST, started
from tests.watching.prometheus import DEPLOYED, Prometheus, prometheus

ALERTMANAGER = "prometheus-alertmanager"
"""As Debian calls it."""


@dataclass(slots=True)
class Woken:
    """What came: by alert, when it first fired and when it was over (monotonic seconds), since it was emptied."""

    fired: dict[str, float] = field(default_factory=dict)
    over: dict[str, float] = field(default_factory=dict)

    def hear(self, told: Mapping[str, Any]) -> None:
        """A notification of Alertmanager's."""
        for alert in told["alerts"]:
            name = alert["labels"]["alertname"]
            if alert["status"] == "firing":
                self.fired.setdefault(name, time.monotonic())
                self.over.pop(name, None)
            else:
                self.over[name] = time.monotonic()


class Watching:
    """Use it as `async with`. `pages`, `tickets` and `informs` are who is woken by what."""

    def __init__(self, folder: Path, parts: Mapping[str, str]) -> None:
        self._folder = folder
        self._parts = parts
        self._stack = AsyncExitStack()
        self.pages, self.tickets, self.informs = Woken(), Woken(), Woken()
        self.alertmanager = ""
        self.prometheus: Prometheus

    async def __aenter__(self) -> Watching:
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            arguments = self._alertmanager(await self._listen())
            self.alertmanager = await self._stack.enter_async_context(started(ALERTMANAGER, self._folder, arguments))
            watches = prometheus(self._folder, self._parts, alertmanager=self.alertmanager)
            self.prometheus = await self._stack.enter_async_context(watches)
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    async def firing(self) -> dict[str, set[str]]:
        """The alerts that fire now, by severity, those that are held back included."""
        found: dict[str, set[str]] = {}
        for alert in await self.prometheus.now('ALERTS{alertstate="firing"}'):
            labels = alert["metric"]
            found.setdefault(labels.get("severity", ""), set()).add(labels["alertname"])
        return found

    async def _listen(self) -> int:
        """Hear what Alertmanager sends, on the port that is returned."""
        app = web.Application()
        for path, woken in (("page", self.pages), ("ticket", self.tickets), ("inform", self.informs)):
            app.router.add_post(f"/{path}", _hears(woken))
        app.router.add_post("/heartbeat", _hears(Woken()))
        runner = web.AppRunner(app, access_log=None)
        self._stack.push_async_callback(runner.cleanup)
        await runner.setup()
        await web.TCPSite(runner, HOST, 0).start()
        return int(runner.addresses[0][1])

    def _alertmanager(self, hears: int) -> tuple[str, ...]:
        """What is deployed, with us as whoever is woken."""
        text = (DEPLOYED / "alertmanager.yml").read_text(encoding="utf-8").replace("127.0.0.1:9095", f"{HOST}:{hears}")
        written = self._folder / "alertmanager.yml"
        written.write_text(text, encoding="utf-8")
        data = f"--storage.path={self._folder / 'alertmanager'}"
        return (f"--config.file={written}", data, "--cluster.listen-address=")


def _hears(woken: Woken) -> Any:
    async def heard(request: web.Request) -> web.Response:
        woken.hear(await request.json())
        return web.Response()

    return heard
