"""Every panel of every dashboard has data while drivers charge, asked of a real Prometheus beside a whole ring."""

from __future__ import annotations

import asyncio
import math
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from scripts.dashboards.every import DASHBOARDS
from scripts.dashboards.panels import Panel
from tests.watching.prometheus import Prometheus, prometheus

from simulator.fleet.drivers import Waiting
from simulator.fleet.fleet import Fleet
from simulator.fleet.world import World
from simulator.stories.day import play_day
from simulator.stories.deck import deal
from tapwatt.clock import SystemClock
from tapwatt_cli.dev.ring import Ring
from tapwatt_cli.dev.ring_settings import EXPORTER, SERVICES, RingSettings, demo_environment

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.timeout(300)]

WITHIN_S = 60.0
"""How long after the last driver an answer may take to be seen: rules are worked out every ten seconds."""


def asked_of(expr: str, service: str) -> str:
    """A panel's query as Grafana would send it for one service, with a window that a short day fills."""
    return expr.replace("$__rate_interval", "30s").replace("$service", service)


def has_data(answer: list[dict[str, Any]]) -> bool:
    return any(not math.isnan(float(value)) for series in answer for _, value in series["values"])


async def empty_panels(there: Prometheus, since_s: float) -> list[str]:
    """Those panels of which a query has no data, with the query."""
    found = []
    for dashboard in DASHBOARDS:
        services = list(SERVICES) if dashboard.variable else [""]
        for panel in dashboard.panels:
            for service in services:
                found += [
                    f"{dashboard.title} / {panel.title}{f' ({service})' if service else ''}: {expr}"
                    for expr in await _without_data(there, panel, service, since_s)
                ]
    return found


async def _without_data(there: Prometheus, panel: Panel, service: str, since_s: float) -> list[str]:
    asked = [asked_of(query.expr, service) for query in panel.queries]
    return [expr for expr in asked if not has_data(await there.over(expr, since_s))]


def exporter_reconciles(settled: Path) -> dict[str, str]:
    """An exporter that compares what was said with the settlement files of this folder, every few seconds."""
    return {"TAPWATT_EXPORTER_SETTLEMENT_FILES": str(settled), "TAPWATT_EXPORTER_RECONCILE_EVERY_S": "5"}


async def settle(ring: Ring, settled: Path) -> None:
    """The acquirer's file of today and yesterday comes to the folder, whole."""
    today = SystemClock().now().date()
    days = {"first": str(today - timedelta(days=1)), "last": str(today)}
    async with aiohttp.ClientSession() as http:
        answer = await http.get(f"{ring.provider_url}/admin/settlement-file", params=days, raise_for_status=True)
        coming = settled / "coming"
        coming.write_bytes(await answer.read())
    coming.rename(settled / "settled.csv")


async def test_every_panel_has_data_while_drivers_charge(tmp_path: Path) -> None:
    # given a whole ring, its exporter that reconciles, and a Prometheus that watches them
    settled = tmp_path / "settled"
    settled.mkdir()
    environment = {**demo_environment(), **exporter_reconciles(settled)}
    async with Ring(RingSettings(tmp_path / "ring", environment=environment)) as ring:
        at = {part: ring.service_url(part) for part in (*SERVICES, EXPORTER)}
        async with prometheus(tmp_path / "prometheus", at, every_s=1) as there:
            begun = time.monotonic()
            # when drivers charge, each in another way
            async with Fleet(ring.bootstrap, ring.topics, SystemClock()) as fleet, World(ring.provider_url) as world:
                await play_day(fleet, world, deal(60, seed=4), at_once=20, waiting=Waiting())
            await settle(ring, settled)
            # then every query of every panel has an answer
            empty = ["not asked yet"]
            last = time.monotonic() + WITHIN_S
            while empty and time.monotonic() < last:
                empty = await empty_panels(there, time.monotonic() - begun)
                await asyncio.sleep(2)
    assert not empty, "\n".join([f"{len(empty)} queries have no data:", *empty])
