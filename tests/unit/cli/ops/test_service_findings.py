"""The doctor asks a service that runs whether it is ready and which version it is, and says what it does not know."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tapwatt_cli.ops.findings import Finding
from tapwatt_cli.ops.service_findings import Told, findings, service_findings

PAGE = '# TYPE tapwatt_build_info gauge\ntapwatt_build_info{service="tariff",version="0.1.0",python="3.11"} 1.0\n'


class Service:
    """What a service shows at its port."""

    def __init__(self) -> None:
        self.ready, self.page = (200, "ok"), PAGE

    async def readyz(self, request: web.Request) -> web.Response:
        return web.Response(status=self.ready[0], text=self.ready[1])

    async def metrics(self, request: web.Request) -> web.Response:
        return web.Response(text=self.page)


@pytest.fixture
async def service() -> AsyncIterator[tuple[Service, str]]:
    shows, app = Service(), web.Application()
    app.router.add_get("/readyz", shows.readyz)
    app.router.add_get("/metrics", shows.metrics)
    async with TestServer(app) as server:
        yield shows, f"{server.host}:{server.port}"


async def test_a_service_that_is_ready_says_its_version(service: tuple[Service, str]) -> None:
    _, at = service
    [found] = await service_findings([at])
    assert (found.what, found.good, found.found) == (f"tariff {at}", True, "ready; version 0.1.0")


async def test_one_that_is_not_ready_says_why_in_its_own_words(service: tuple[Service, str]) -> None:
    shows, at = service
    shows.ready, shows.page = (503, "Redis does not answer"), "no metrics {"
    [found] = await service_findings([f"http://{at}/"])
    assert not found.good
    assert found.found == "not ready: Redis does not answer; its version is not known"


async def test_one_that_is_not_there_and_none_at_all_are_told_apart() -> None:
    [found] = await service_findings(["127.0.0.1:1"])
    assert not found.good
    assert found.found.startswith("does not answer (")
    [none] = await service_findings([])
    assert none == Finding("services", True, "not asked: --service http://HOST:PORT says how one is and its version")


def test_two_versions_are_an_upgrade_that_stopped() -> None:
    told = [Told("a:1", True, "ready", "tariff", "1.0"), Told("b:1", True, "ready", "capturer", "1.1")]
    *_, last = findings(told)
    assert (last.good, last.found) == (False, "tariff 1.0, capturer 1.1")
    assert len(findings(told[:1])) == 1
