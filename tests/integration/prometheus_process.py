"""A real Prometheus as a child process, with our rules, watching what it is told to."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tapwatt_cli.dev.local.processes import free_ports

RULES = Path(__file__).parents[2] / "deploy" / "prometheus" / "rules"
MISSING = "prometheus is not here: bash scripts/prometheus.sh gets it"


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
async def prometheus(folder: Path, workers: Mapping[str, str], exporter: str | None) -> AsyncIterator[Prometheus]:
    """Start it: `workers` are the services' addresses (host:port), `exporter` its own. It ends with the block."""
    program = shutil.which("prometheus")
    assert program, MISSING
    folder.mkdir(parents=True)
    [port] = free_ports(1, "127.0.0.1")
    (folder / "prometheus.yml").write_text(json.dumps(configuration(workers, exporter)))  # JSON is YAML
    with (folder / "prometheus.log").open("wb") as log:
        child = await asyncio.create_subprocess_exec(
            program,
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            stdout=log,
            stderr=log,
            env={"PATH": os.environ["PATH"]},
        )
    try:
        async with aiohttp.ClientSession() as http:
            there = Prometheus(f"http://127.0.0.1:{port}", http)
            await _ready(there, child)
            yield there
    finally:
        if child.returncode is None:
            child.terminate()
        await child.wait()


def configuration(workers: Mapping[str, str], exporter: str | None) -> dict[str, Any]:
    """As deploy/prometheus/prometheus.yml, with addresses of this machine and a look every second."""
    told = [{"targets": [address], "labels": {"service": service}} for service, address in workers.items()]
    jobs = [{"job_name": "tapwatt-worker", "honor_labels": True, "static_configs": told}]
    if exporter is not None:
        of_it = [{"targets": [exporter]}]
        jobs.append({"job_name": "tapwatt-exporter", "honor_labels": True, "static_configs": of_it})
    return {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [f"{RULES}/*.yaml"],
        "scrape_configs": jobs,
    }


async def _ready(there: Prometheus, child: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(30):
        while True:
            assert child.returncode is None, "prometheus has ended: its log says why"
            try:
                async with there.http.get(f"{there.url}/-/ready") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)
