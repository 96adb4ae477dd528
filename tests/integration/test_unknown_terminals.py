"""A terminal the provider does not know, through the provider's own wire: each driver hears so, none is held up."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
from tests.contract.provider_worlds import settings_for, simulator
from tests.flow.ring import KEY, Ring, place
from tests.flow.test_scenarios import EUR60

from tapwatt.facts.events import AuthorisationDeclined, Authorised, TokenNotMatched
from tapwatt.facts.reasons import DeclineReason, NoMatchReason
from tapwatt.provider.ccv import CcvProvider
from tapwatt.provider.fingerprints import Fingerprints

MANY, STOPS = 1100, 15
"""Stops fewer than one terminal may have within a minute, or some would rightly hear too_many_taps."""
STRANGER, KNOWN = place(1), place(2)


class RealRing(Ring):
    """A ring in real time, each of whose services reaches the simulated provider over HTTP."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.opened: list[CcvProvider] = []
        super().__init__()

    def _mortal(self, part: object, worker: object) -> object:
        if part is not self.provider:
            return part
        self.opened.append(CcvProvider(settings_for(self._url), Fingerprints(KEY, live=False)))
        return self.opened[-1]


async def test_1100_drivers_at_a_terminal_nobody_set_up_are_each_told_so_and_it_serves_once_it_is(
    tmp_path: Path,
) -> None:
    # given a provider that knows one of two terminals
    with simulator(tmp_path / "ledger.sqlite", "--terminals", KNOWN.terminal_id) as url:
        async with RealRing(url) as ring, aiohttp.ClientSession() as http:
            heard = ring.fleet.heard
            # when many drivers want to start and to stop at the other
            for number in range(MANY):
                await ring.fleet.request(f"s{number}", STRANGER, EUR60)
            for number in range(STOPS):
                await ring.fleet.stop(f"stop{number}", STRANGER)
            # then each of them is answered with the reason, and nobody is paged
            async with asyncio.timeout(90):
                while len(heard.of(AuthorisationDeclined)) + len(heard.of(TokenNotMatched)) < MANY + STOPS:
                    await asyncio.sleep(0.2)
            assert {one.session_id for one in heard.of(AuthorisationDeclined)} == {f"s{n}" for n in range(MANY)}
            assert {one.reason for one in heard.of(AuthorisationDeclined)} == {DeclineReason.TERMINAL_UNKNOWN}
            assert {one.stop_id for one in heard.of(TokenNotMatched)} == {f"stop{n}" for n in range(STOPS)}
            assert {one.reason for one in heard.of(TokenNotMatched)} == {NoMatchReason.TERMINAL_UNKNOWN}
            assert [page for worker in ring.workers.values() for page in worker.log.pages] == []
            # and drivers at the other terminal, and at this one once it is set up, start as ever
            async with http.post(
                f"{url}/admin/terminals/{STRANGER.terminal_id}/state", json={"state": "online"}
            ) as done:
                assert done.status == 200
            for session, where in (("elsewhere", KNOWN), ("later", STRANGER)):
                await ring.fleet.request(session, where, EUR60)
                tapped = {"card": {"name": session}, "entry": "contact", "wait_s": 20}
                async with http.post(f"{url}/admin/terminals/{where.terminal_id}/present", json=tapped) as done:
                    assert done.status == 200, await done.text()
                said = await ring.fleet.hear_of(session, Authorised, AuthorisationDeclined, within_s=30)
                assert isinstance(said, Authorised)
        for provider in ring.opened:
            await provider.aclose()
