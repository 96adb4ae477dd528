"""What the probes tell: which of the things that are needed cannot be used, and what is worth knowing beside."""

from __future__ import annotations

from contextlib import AsyncExitStack

import aiohttp
import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry

from tapwatt.errors import BadSettings
from tapwatt.metrics.of_a_worker import HANDLING, OF_A_WORKER, PROVIDER_UP
from tapwatt.metrics.registry import Metrics
from tapwatt.worker.health import State, serve_health, serve_posts
from tapwatt.worker.service import Probe

HOST = "127.0.0.1"


def probes(**said: str) -> dict[str, Probe]:
    return {name: Probe(lambda why=why: why, told=name == "provider") for name, why in said.items()}  # type: ignore[misc]


@pytest.mark.parametrize(
    ("stage", "said", "ready", "text"),
    [
        ("", {"kafka": "", "redis": ""}, True, "ok"),
        ("starting", {"kafka": ""}, False, "starting"),
        ("", {"kafka": "", "redis": "for 9 s: no answer"}, False, "not ready\nredis: for 9 s: no answer"),
        ("", {"kafka": "x", "redis": "y"}, False, "not ready\nkafka: x\nredis: y"),
        ("starting", {"view": "being rebuilt"}, False, "starting\nview: being rebuilt"),
        ("", {"kafka": "", "provider": "for 50 s: cannot connect"}, True, "ok\nprovider: for 50 s: cannot connect"),
    ],
)
def test_readiness_says_what_is_missing(stage: str, said: dict[str, str], ready: bool, text: str) -> None:
    assert State(stage=stage, probes=probes(**said)).readiness() == (ready, text)


async def test_probes_metrics_and_webhook_are_served_and_the_webhook_apart() -> None:
    async def hint(request: web.Request) -> web.Response:
        return web.Response(status=204)

    metrics = Metrics(CollectorRegistry(), OF_A_WORKER)
    metrics.observe(HANDLING, 0.2, "Captured", "done", exemplar="ab" * 16)
    state = State(stage="", probes=probes(redis="for 9 s: no answer"))
    openmetrics = {"Accept": "application/openmetrics-text; version=1.0.0"}
    async with AsyncExitStack() as opened, aiohttp.ClientSession() as http:
        port = await serve_health(HOST, 0, metrics.registry, state, opened)
        hints = await serve_posts(HOST, 0, {"/webhooks/provider": hint}, opened)
        here, there = f"http://{HOST}:{port}", f"http://{HOST}:{hints}"
        answers = {
            (base, path): await http.get(f"{base}{path}")
            for base in (here, there)
            for path in ("/livez", "/readyz", "/metrics")
        }
        assert [one.status for one in answers.values()] == [200, 503, 200, 404, 404, 404]
        assert await answers[here, "/readyz"].text() == "not ready\nredis: for 9 s: no answer\n"
        assert (await http.post(f"{there}/webhooks/provider")).status == 204
        assert (await http.post(f"{here}/webhooks/provider")).status == 404
        plain = await (await http.get(f"{here}/metrics")).text()
        asked = await http.get(f"{here}/metrics", headers=openmetrics)
        text = await asked.text()
    assert asked.headers["Content-Type"].startswith("application/openmetrics-text")
    assert f'# {{trace_id="{"ab" * 16}"}} 0.2' in text
    assert text.rstrip().endswith("# EOF")
    assert "trace_id" not in plain
    # and what was never known is not there at all, while what was never counted is 0
    assert PROVIDER_UP.name not in plain
    assert "tapwatt_needs_human_total 0.0" in plain


async def test_a_port_that_is_taken_is_said_by_the_setting_that_sets_it() -> None:
    async with AsyncExitStack() as opened:
        port = await serve_posts(HOST, 0, {}, opened)
        with pytest.raises(BadSettings, match="TAPWATT_WORKER_PORT"):
            await serve_health(HOST, port, CollectorRegistry(), State(), opened)
        with pytest.raises(BadSettings, match="TAPWATT_WORKER_WEBHOOK_PORT"):
            await serve_posts(HOST, port, {}, opened)
