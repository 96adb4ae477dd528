"""The physical world of the simulation: cards, terminals and the provider's bad days, through the admin API."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any

import aiohttp

from simulator.provider.cards import Card
from simulator.provider.faults import Fault
from simulator.provider.portal import Act
from tapwatt.errors import TapwattError, Unavailable
from tapwatt.money import Money


class NotPossible(TapwattError):
    """The simulated world does not allow it, e.g. presenting a card to a terminal that does not ask for one."""


class World:
    """What people can do at simulated terminals. Use it as `async with World(url) as world`. Times in real seconds."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> World:
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None, connect=10))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        assert self._http is not None
        await self._http.close()

    async def sleep(self, seconds: float) -> None:
        """Let real time pass."""
        await asyncio.sleep(seconds)

    async def add_card(self, card: Card) -> None:
        """This card exists from now on."""
        await self._post("/admin/cards", card.model_dump(mode="json", exclude_none=True))

    async def cards(self) -> list[dict[str, Any]]:
        """Every card with its token, PAR and number: for looking for them where they may not be."""
        known = await self._call("GET", "/admin/cards", None)
        return list(known)

    async def present(self, terminal_id: str, card: Card, entry: str = "contactless", *, wait_s: float = 30.0) -> None:
        """Tap (or insert) a card at a terminal, as soon as it asks for one; NotPossible if it does not in time."""
        asked = {"card": card.name, "entry": entry, "wait_s": wait_s}
        await self._post(f"/admin/terminals/{terminal_id}/present", asked)

    async def cancel(self, terminal_id: str, *, wait_s: float = 30.0) -> None:
        """Press the terminal's red button, as soon as it asks for a card; NotPossible if it does not in time."""
        path = f"/admin/terminals/{terminal_id}"
        async with asyncio.timeout(wait_s):
            while True:
                if (await self._call("GET", path, None))["waiting"]:
                    break
                await asyncio.sleep(0.1)
        await self._post(f"{path}/cancel", {})

    async def set_terminal(self, terminal_id: str, state: str) -> None:
        """Put a terminal in a state: online, offline or busy."""
        await self._post(f"/admin/terminals/{terminal_id}/state", {"state": state})

    async def expire_hold(self, hold_reference: str) -> None:
        """The hold's window at the card's bank is over, now."""
        await self._post(f"/admin/holds/{hold_reference}/expire", {})

    async def by_hand(self, act: Act, reference: str, amount: Money | None = None) -> None:
        """Somebody does it to a hold or a capture at the provider's portal; with all there is if no amount is given."""
        given = {} if amount is None else {"amount_minor": amount.minor}
        await self._post(f"/admin/portal/{act}", {"reference": reference, **given})

    async def fault(self, fault: Fault) -> None:
        """Let something go wrong at the provider."""
        await self._post("/admin/faults", fault.model_dump(mode="json", exclude_defaults=True))

    async def ledger(self) -> Any:
        """The provider's books, as JSON."""
        return await self._call("GET", "/admin/ledger", None)

    async def _post(self, path: str, body: dict[str, Any]) -> Any:
        return await self._call("POST", path, body)

    async def _call(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        assert self._http is not None, "use it as `async with World(...)`"
        try:
            async with self._http.request(method, self._url + path, json=body) as answer:
                if answer.status >= 400:
                    said = (await answer.text())[:200]
                    raise NotPossible(f"{method} {path} at the simulator: {answer.status} {said}")
                return await answer.json(content_type=None) if answer.status != 204 else None
        except (aiohttp.ClientConnectionError, TimeoutError) as error:
            raise Unavailable(f"the simulator at {self._url} does not answer ({error}); is it running?") from error
