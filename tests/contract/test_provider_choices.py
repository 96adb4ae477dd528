"""What providers may choose: who lets the rest of a hold go, who may ask, and whether they hint."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.contract.provider_worlds import (
    NUMBERS,
    Books,
    Card,
    MemoryWorld,
    World,
    settings_for,
    simulated_world,
    simulator,
)

from tapwatt.clock import SystemClock
from tapwatt.errors import BadCredentials
from tapwatt.money import Money
from tapwatt.provider.ccv import CcvProvider
from tapwatt.provider.fingerprints import Fingerprints
from tapwatt.provider.polling import PollingPace, poll_until_final
from tapwatt.provider.port import AuthoriseRequest, CaptureRequest, ReversalRequest, Status
from tapwatt.provider.webhook_hints import WebhookHints
from tapwatt.testing.fake_provider import Habits

HELD = Money(minor=2000, currency="EUR")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A provider that wants to be asked to let the rest of a hold go."""
    with simulator(tmp_path_factory.mktemp("choices") / "ledger.sqlite", "--no-auto-release") as address:
        yield address


@pytest.fixture(params=["memory", "ccv"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    if request.param == "memory":
        yield MemoryWorld(Habits(auto_release=False))
        return
    async with simulated_world(request.getfixturevalue("url")) as simulated:
        yield simulated


def hold_at(terminal_id: str) -> AuthoriseRequest:
    return AuthoriseRequest(f"hold-{terminal_id}", f"order-{terminal_id}", terminal_id, HELD, "Charging")


async def test_where_the_rest_is_not_let_go_by_itself_it_is_when_asked_for(world: World) -> None:
    # given a partial capture
    terminal, card = f"C{next(NUMBERS)}", Card(f"choice-{next(NUMBERS)}")
    await world.make(card)
    hold = await world.provider.authorise(hold_at(terminal))
    await world.present(terminal, card)
    await world.provider.capture(CaptureRequest(f"take-{terminal}", hold.reference, Money(minor=1500, currency="EUR")))
    assert await world.books(hold.reference) == Books(2000, 1500, 0, 0)
    # when the rest is asked to be let go, twice
    ask = ReversalRequest(f"go-{terminal}", hold.reference)
    gone, again = await world.provider.reverse(ask), await world.provider.reverse(ask)
    # then it is, once
    assert gone.status is Status.SUCCESS
    assert again == gone
    assert await world.books(hold.reference) == Books(2000, 1500, 500, 0)


async def test_s30_a_wrong_key_is_bad_credentials_for_every_verb(url: str) -> None:
    settings = settings_for(url, api_key="t_wrong")
    provider = CcvProvider(settings, Fingerprints(settings.keys(), live=False))
    try:
        with pytest.raises(BadCredentials, match="TAPWATT_PROVIDER_API_KEY"):
            await provider.authorise(hold_at("C0"))
        with pytest.raises(BadCredentials):
            await provider.find("order-C0")
    finally:
        await provider.aclose()


async def test_s25_the_provider_s_webhook_brings_the_end_at_once(url: str) -> None:
    # given an adapter that names our address for hints, and so rarely asks by itself that only a hint can be in time
    hints, clock, terminal = WebhookHints(), SystemClock(), f"C{next(NUMBERS)}"
    app = web.Application()
    app.router.add_post("/hints", hints.webhook)
    async with TestServer(app) as server, aiohttp.ClientSession() as http:
        settings = settings_for(url, webhook_url=str(server.make_url("/hints")))
        provider = CcvProvider(settings, Fingerprints(settings.keys(), live=False))
        begun = await provider.authorise(hold_at(terminal))
        pace = PollingPace(first_s=100.0, longest_s=100.0)
        following = asyncio.ensure_future(
            poll_until_final(provider, begun, deadline=clock.monotonic() + 200, clock=clock, hints=hints, pace=pace)
        )
        # when a card is presented
        card = {"card": {"name": f"hinted-{terminal}"}}
        async with http.post(f"{url}/admin/terminals/{terminal}/present", json=card) as presented:
            assert presented.status == 200
        # then the end is known long before we would have asked
        async with asyncio.timeout(20):
            done = await following
        await provider.aclose()
    assert (done.status, done.amount) == (Status.SUCCESS, HELD)
