"""Webhooks of the simulated provider: only the reference, sent when a payment ends, lost or repeated on demand."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web


class Merchant:
    """Receives webhooks; refuses the first few when told to."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.refusals = 0
        self.url = ""

    async def hear(self, request: web.Request) -> web.Response:
        self.heard.append(await request.json())
        self.refusals -= 1
        return web.Response(status=500 if self.refusals >= 0 else 200)

    async def within(self, seconds: float, many: int) -> list[Any]:
        """What was heard once there is as much as this, or time is up."""
        for _ in range(int(seconds / 0.02)):
            if len(self.heard) >= many:
                break
            await asyncio.sleep(0.02)
        return self.heard


@pytest.fixture
async def merchant() -> AsyncIterator[Merchant]:
    listening = Merchant()
    app = web.Application()
    app.router.add_post("/hook", listening.hear)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    listening.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield listening
    await runner.cleanup()


async def test_a_webhook_says_only_the_reference_and_only_at_the_end(world: Any, merchant: Merchant) -> None:
    _, asked = await world.authorise(webhookUrl=merchant.url)
    await asyncio.sleep(0.1)
    assert merchant.heard == []
    await world.tap()
    assert await merchant.within(2, 1) == [{"id": asked["reference"]}]


async def test_a_webhook_is_sent_again_when_it_is_not_accepted(start: Any, merchant: Merchant) -> None:
    async with start(webhook_retry_s=0.01) as world:
        merchant.refusals = 1
        await world.authorise(webhookUrl=merchant.url)
        await world.tap()
        assert len(await merchant.within(2, 2)) == 2


@pytest.mark.parametrize(("kind", "many"), [("webhook_lost", 0), ("webhook_duplicated", 2)])
async def test_webhooks_are_lost_or_repeated_on_demand(world: Any, merchant: Merchant, kind: str, many: int) -> None:
    await world.admin("POST", "/faults", {"kind": kind})
    await world.authorise(webhookUrl=merchant.url)
    await world.tap()
    await asyncio.sleep(0.3)
    assert len(merchant.heard) == many


async def test_a_late_webhook_comes_late(world: Any, merchant: Merchant) -> None:
    await world.admin("POST", "/faults", {"kind": "webhook_late", "seconds": 0.4})
    await world.authorise(webhookUrl=merchant.url)
    await world.tap()
    await asyncio.sleep(0.2)
    assert merchant.heard == []
    assert len(await merchant.within(2, 1)) == 1


async def test_s25_a_forged_webhook_can_be_sent(world: Any, merchant: Merchant) -> None:
    await world.admin("POST", "/webhooks", {"url": merchant.url, "id": "forged"})
    assert await merchant.within(2, 1) == [{"id": "forged"}]


async def test_webhooks_can_be_switched_off_and_a_dead_merchant_hurts_nobody(start: Any, merchant: Merchant) -> None:
    async with start(webhooks=False) as world:
        await world.authorise(webhookUrl=merchant.url)
        await world.tap()
        await asyncio.sleep(0.2)
        assert merchant.heard == []
    async with start(webhook_tries=1) as world:
        await world.authorise(webhookUrl="http://127.0.0.1:1/hook")
        assert (await world.tap())[0] == 200
        assert (await world.admin("GET", "/health"))[1]["status"] == "ok"
