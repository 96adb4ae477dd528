"""A merchant and a driver for the simulator's own tests: they speak to the real server over HTTP, on a free port."""

import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from simulator.provider.server import epoch_ms, listening
from simulator.provider.settings import Settings

AUTH = {"Authorization": "Basic " + base64.b64encode(b"t_demo:").decode(), "User-Agent": "tests"}


class World:
    """The simulator as its users see it."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url = url
        self.session = session

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: dict[str, str] | None = None,
        raw: str | None = None,
    ) -> tuple[int, Any]:
        """One request; numbers come back as Decimal, so that 20 and 20.00 are one amount."""
        text = raw if raw is not None else None if body is None else json.dumps(body)
        url = path if path.startswith("http") else self.url + path
        async with self.session.request(method, url, data=text, headers=AUTH if headers is None else headers) as answer:
            return answer.status, json.loads(await answer.text(), parse_float=Decimal)

    async def post(self, path: str, body: object, key: str | None = None) -> tuple[int, Any]:
        """A verb of the Payment API."""
        headers = AUTH if key is None else {**AUTH, "Idempotency-Reference": key}
        return await self.call("POST", f"/api/v1/{path}", body, headers=headers)

    async def authorise(self, amount: object = 20, *, key: str | None = None, **changes: Any) -> tuple[int, Any]:
        """Asks for a hold at terminal T1 for order o1, unless told otherwise."""
        return await self.post("payment", payment(amount, **changes), key)

    async def tap(self, card: object = "alice", terminal: str = "T1", **more: Any) -> tuple[int, Any]:
        """The driver presents a card."""
        return await self.admin("POST", f"/terminals/{terminal}/present", {"card": card, **more})

    async def held(self, amount: object = 20, **changes: Any) -> str:
        """An authorisation that a tap of alice's card has made successful; its reference."""
        _, asked = await self.authorise(amount, **changes)
        _, ended = await self.tap(terminal=changes.get("terminal", "T1"), entry="contact")
        assert ended["status"] == "success", ended
        return str(asked["reference"])

    async def status(self, reference: str) -> Any:
        """A transaction by reference."""
        code, answer = await self.call("GET", f"/api/v1/transaction?reference={reference}")
        assert code == 200, answer
        return answer

    async def of_order(self, order: str) -> Any:
        """All transactions of an order."""
        code, answer = await self.call("GET", f"/api/v1/transaction?merchantOrderReference={order}")
        assert code == 200, answer
        return answer

    async def admin(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """An order to the back door."""
        return await self.call(method, f"/admin{path}", body, headers={})

    async def admin_text(self, method: str, path: str) -> tuple[int, str]:
        """The back door's answer as it is written."""
        async with self.session.request(method, f"{self.url}/admin{path}") as answer:
            return answer.status, await answer.text()

    async def books(self, reference: str) -> dict[str, Any]:
        """How the ledger says an authorisation stands."""
        _, ledger = await self.admin("GET", "/ledger")
        found: dict[str, Any] = next(one for one in ledger["authorisations"] if one["reference"] == reference)
        return found

    async def lines(self, reference: str) -> list[tuple[str, int]]:
        """The journal's lines of an authorisation."""
        _, ledger = await self.admin("GET", "/ledger")
        return [(line["kind"], line["amount"]) for line in ledger["journal"] if line["hold"] == reference]


def payment(amount: object = 20, *, terminal: str = "T1", order: str = "o1", **changes: Any) -> dict[str, Any]:
    """The body of an authorisation as surface A wants it."""
    details = {
        "operatingEnvironment": "UNATTENDED",
        "merchantLanguage": "eng",
        "managementSystemId": "GrundmasterNL",
        "terminalId": terminal,
        "accessProtocol": "OPI_NL",
        "supportPartialApproval": True,
        "wakeUpType": "CLOUD_CONNECT",
        **changes.pop("details", {}),
    }
    return {
        "transactionType": "authorise",
        "amount": amount,
        "currency": "eur",
        "method": "terminal",
        "merchantOrderReference": order,
        "requestToken": True,
        "details": details,
        **changes,
    }


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., Any]:
    """Starts a simulator with these settings; the ledger stays for a second start within a test."""

    @asynccontextmanager
    async def started(now: Callable[[], int] = epoch_ms, **settings: Any) -> AsyncIterator[World]:
        chosen = Settings.model_validate({"port": 0, "ledger": str(tmp_path / "ledger.sqlite"), **settings})
        async with listening(chosen, now) as simulator, aiohttp.ClientSession() as session:
            world = World(simulator.url, session)
            await world.admin("POST", "/cards", {"name": "alice"})
            yield world

    return started


@pytest.fixture
async def world(start: Callable[..., Any]) -> AsyncIterator[World]:
    """A simulator with everything at its default."""
    async with start() as world:
        yield world
