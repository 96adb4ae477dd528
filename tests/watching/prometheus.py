"""A real Prometheus with our rules, on the configuration that is deployed, watching the parts of a ring."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from tests.watching.processes import started

DEPLOYED = Path(__file__).parents[2] / "deploy" / "prometheus"


@dataclass(frozen=True)
class Prometheus:
    """Where it answers."""

    url: str
    http: aiohttp.ClientSession

    async def over(self, expr: str, seconds: float, step_s: float = 2.0) -> list[dict[str, Any]]:
        """What an expression was over the last seconds. AssertionError with Prometheus' own words if it cannot say."""
        now, _ = (await self._asked("query", {"query": "time()"}))["result"]
        asked = {"query": expr, "start": str(now - seconds), "end": str(now), "step": str(step_s)}
        return list((await self._asked("query_range", asked))["result"])

    async def now(self, expr: str) -> list[dict[str, Any]]:
        """What an expression is now."""
        return list((await self._asked("query", {"query": expr}))["result"])

    async def _asked(self, what: str, asked: Mapping[str, str]) -> dict[str, Any]:
        async with self.http.post(f"{self.url}/api/v1/{what}", data=asked) as answer:
            told = await answer.json()
        assert told["status"] == "success", f"{asked['query']}: {told.get('error')}"
        return dict(told["data"])


@asynccontextmanager
async def prometheus(
    folder: Path, parts: Mapping[str, str], *, alertmanager: str = "", every_s: int | None = None
) -> AsyncIterator[Prometheus]:
    """Start it, and end it with the block. `parts` are the addresses (http://host:port) of services and exporter.

    Without an Alertmanager its alerts wake nobody; `every_s` is how often it looks, where not as deployed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = folder / "prometheus.yml"
    written.write_text(yaml.safe_dump(configuration(parts, alertmanager, every_s)), encoding="utf-8")
    arguments = (f"--config.file={written}", f"--storage.tsdb.path={folder / 'data'}")
    async with started("prometheus", folder, arguments) as url, aiohttp.ClientSession() as http:
        yield Prometheus(url, http)


def configuration(parts: Mapping[str, str], alertmanager: str, every_s: int | None) -> dict[str, Any]:
    """What is deployed, with these addresses in it."""
    config: dict[str, Any] = yaml.safe_load((DEPLOYED / "prometheus.yml").read_text(encoding="utf-8"))
    config["rule_files"] = [str(DEPLOYED / "rules" / "*.yaml")]
    watches = [alertmanager.removeprefix("http://")] if alertmanager else []
    config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = watches
    for job in config["scrape_configs"]:
        for static in job["static_configs"]:
            part = static.get("labels", {}).get("service", "exporter")
            static["targets"] = [parts[part].removeprefix("http://")]
    if every_s is not None:
        intervals = ("scrape_interval", "scrape_timeout", "evaluation_interval")
        config["global"] |= dict.fromkeys(intervals, f"{every_s}s")
    return config
