"""A real Prometheus and Alertmanager beside a ring, on the rules that are deployed, and who is woken by them."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from aiohttp import web

from tapwatt.errors import TapwattError
from tapwatt_cli.dev.local.processes import Child, free_ports

DEPLOYED = Path(__file__).parents[2] / "deploy" / "prometheus"
HOST = "127.0.0.1"
PROGRAMS = {"prometheus": "prometheus", "alertmanager": "prometheus-alertmanager"}
"""As Debian calls them."""
UP_WITHIN_S = 60.0


class NotHere(TapwattError):
    """Prometheus or Alertmanager is not installed."""


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

    def __init__(self, folder: Path, targets: Mapping[str, str]) -> None:
        self._folder = folder
        self._targets = targets
        self._stack = AsyncExitStack()
        self.pages, self.tickets, self.informs = Woken(), Woken(), Woken()
        self.prometheus = self.alertmanager = ""

    async def __aenter__(self) -> Watching:
        for program in PROGRAMS.values():
            if shutil.which(program) is None:
                raise NotHere(f"{program} is not installed: bash scripts/prometheus.sh gets it, and what belongs to it")
        self._folder.mkdir(parents=True, exist_ok=True)
        here, there, hears = free_ports(3, HOST)
        self.prometheus, self.alertmanager = f"http://{HOST}:{here}", f"http://{HOST}:{there}"
        try:
            await self._listen(hears)
            await self._start("alertmanager", self._alertmanager(there, hears), there)
            await self._start("prometheus", self._prometheus(here, there), here)
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    async def firing(self) -> dict[str, set[str]]:
        """The alerts that fire now, by severity, those that are held back included."""
        found: dict[str, set[str]] = {}
        for alert in (await self._asked("/api/v1/alerts"))["alerts"]:
            if alert["state"] == "firing":
                labels = alert["labels"]
                found.setdefault(labels.get("severity", ""), set()).add(labels["alertname"])
        return found

    async def query(self, expression: str) -> list[dict[str, Any]]:
        """What an expression gives now."""
        found: list[dict[str, Any]] = (await self._asked("/api/v1/query", query=expression))["result"]
        return found

    async def _asked(self, path: str, **query: str) -> Any:
        async with aiohttp.ClientSession() as http, http.get(self.prometheus + path, params=query) as answer:
            return (await answer.json())["data"]

    async def _listen(self, port: int) -> None:
        app = web.Application()
        for path, woken in (("page", self.pages), ("ticket", self.tickets), ("inform", self.informs)):
            app.router.add_post(f"/{path}", _hears(woken))
        app.router.add_post("/heartbeat", _hears(Woken()))
        runner = web.AppRunner(app, access_log=None)
        self._stack.push_async_callback(runner.cleanup)
        await runner.setup()
        await web.TCPSite(runner, HOST, port).start()

    async def _start(self, name: str, arguments: tuple[str, ...], port: int) -> None:
        child = Child(name, (PROGRAMS[name], *arguments), self._folder / f"{name}.log", {})
        self._stack.push_async_callback(child.stop)
        await child.start()
        until = time.monotonic() + UP_WITHIN_S
        async with aiohttp.ClientSession() as http:
            while True:
                try:
                    async with http.get(f"http://{HOST}:{port}/-/ready") as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                if not child.alive or time.monotonic() > until:
                    raise TapwattError(f"{name} did not start: {child.last_words(3)}")
                await asyncio.sleep(0.2)

    def _prometheus(self, port: int, alertmanager: int) -> tuple[str, ...]:
        """What is deployed, with this ring's addresses in it."""
        config = yaml.safe_load((DEPLOYED / "prometheus.yml").read_text(encoding="utf-8"))
        config["rule_files"] = [str(DEPLOYED / "rules" / "*.yaml")]
        config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = [f"{HOST}:{alertmanager}"]
        for job in config["scrape_configs"]:
            for static in job["static_configs"]:
                service = static.get("labels", {}).get("service", "exporter")
                static["targets"] = [self._targets[service].removeprefix("http://")]
        written = self._folder / "prometheus.yml"
        written.write_text(yaml.safe_dump(config), encoding="utf-8")
        data = f"--storage.tsdb.path={self._folder / 'prometheus'}"
        return (f"--config.file={written}", data, f"--web.listen-address={HOST}:{port}")

    def _alertmanager(self, port: int, hears: int) -> tuple[str, ...]:
        text = (DEPLOYED / "alertmanager.yml").read_text(encoding="utf-8").replace("127.0.0.1:9095", f"{HOST}:{hears}")
        written = self._folder / "alertmanager.yml"
        written.write_text(text, encoding="utf-8")
        data = f"--storage.path={self._folder / 'alertmanager'}"
        return (f"--config.file={written}", data, f"--web.listen-address={HOST}:{port}", "--cluster.listen-address=")


def _hears(woken: Woken) -> Any:
    async def heard(request: web.Request) -> web.Response:
        woken.hear(await request.json())
        return web.Response()

    return heard
