"""A payment provider that costs next to nothing: the verbs that a session needs, from memory, in a time that is set.

    python -m tests.bench.ring.provider

It is no judge: `simulator` is. It answers a payment or a token as if the card had been there when it was asked for, or
holds the answer back for `TAPWATT_BENCH_PROVIDER_MS`, a median and a 99th percentile of a log-normal ("120,380").
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
import os
import random
import time
from typing import Any

from aiohttp import web

FORGETS_AFTER = 200_000
"""So many transactions are known at once: a bench is no ledger."""

Z_99 = 2.326


class Stub:
    """What it was asked for, and what it says of it."""

    def __init__(self, median_ms: float, p99_ms: float) -> None:
        self._known: dict[str, dict[str, Any]] = {}
        self._by_key: dict[str, str] = {}
        self._of_order: dict[str, list[str]] = {}
        self._mu = math.log(median_ms) if median_ms else 0.0
        self._sigma = math.log(p99_ms / median_ms) / Z_99 if median_ms else 0.0
        self._slow = bool(median_ms)
        self._chance = random.Random(1)
        self._count = 0

    def app(self) -> web.Application:
        """Its routes."""
        app = web.Application()
        for verb in ("payment", "token", "capture", "reversal", "refund"):
            app.router.add_post(f"/api/v1/{verb}", self._do)
        app.router.add_get("/api/v1/transaction", self._tell)
        app.router.add_get("/admin/health", self._health)
        return app

    async def _health(self, request: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def _do(self, request: web.Request) -> web.Response:
        asked = json.loads(await request.read())
        verb = request.path.rpartition("/")[2]
        key = request.headers["Idempotency-Reference"]
        if self._slow:
            await asyncio.sleep(self._chance.lognormvariate(self._mu, self._sigma) / 1000)
        reference = self._by_key.get(key)
        if reference is None:
            reference = self._made(verb, key, asked)
        return _json(self._known[reference])

    def _made(self, verb: str, key: str, asked: dict[str, Any]) -> str:
        self._count += 1
        reference = f"B{self._count:011d}.T"
        now = int(time.time() * 1000)
        made = {
            "reference": reference,
            "type": {"payment": "authorise"}.get(verb, verb),
            "status": "success",
            "method": "terminal",
            "created": now,
            "lastUpdate": now,
            "statusFinalDate": now,
        }
        if verb in ("payment", "token"):
            terminal = asked["details"]["terminalId"]
            made["merchantOrderReference"] = asked["merchantOrderReference"]
            made["token"] = "99" + hashlib.sha256(terminal.encode()).hexdigest()[:16]
            made["details"] = {"terminalId": terminal, "par": f"V001{terminal.upper():0>25}", "brand": "visa", **_SLIP}
            self._of_order.setdefault(asked["merchantOrderReference"], []).append(reference)
        else:
            hold = self._known[asked["reference"]]
            made |= {"originalReference": asked["reference"], "currency": hold["currency"]}
            made["details"] = {"brand": "visa", **_SLIP}
        if verb in ("payment", "capture", "refund"):
            made["amount"] = asked["amount"]
            made.setdefault("currency", asked.get("currency"))
        self._known[reference], self._by_key[key] = made, reference
        if len(self._by_key) > FORGETS_AFTER:
            oldest = next(iter(self._by_key))
            self._known.pop(self._by_key.pop(oldest), None)
        return reference

    async def _tell(self, request: web.Request) -> web.Response:
        if "reference" in request.query:
            found = self._known.get(request.query["reference"])
            return _json(found) if found else web.Response(status=404, text="{}", content_type="application/json")
        mine = self._of_order.get(request.query["merchantOrderReference"], [])
        return _json([self._known[one] for one in mine if one in self._known])


_SLIP = {
    "maskedPan": "411111******1111",
    "entryMode": "CONTACTLESS",
    "acquirer": "CCV",
    "acquirerResponseCode": "00",
    "customerReceipt": "COPY CARDHOLDER\nTerminal: 1234\nVISA\nCard: ************1111\nAUTHORISED",
}


def _json(answer: object) -> web.Response:
    return web.Response(text=json.dumps(answer), content_type="application/json")


def main() -> None:
    """Serve where the ring looks for its provider, until it is ended."""
    median, _, p99 = os.environ.get("TAPWATT_BENCH_PROVIDER_MS", "0,0").partition(",")
    stub = Stub(float(median), float(p99))
    host, port = os.environ["TAPWATT_SIM_HOST"], int(os.environ["TAPWATT_SIM_PORT"])
    web.run_app(stub.app(), host=host, port=port, print=None, access_log=None)


if __name__ == "__main__":
    main()
