"""Reads metrics: from the workers and the exporter themselves, or from a Prometheus that watches them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from tapwatt.errors import Unavailable
from tapwatt_cli.ops.metric_samples import Change, Sample, Snapshot

OURS = '{__name__=~"tapwatt_.+"}'
LOOK_BACK_S = 60
"""How far back a Prometheus is asked, so that rates are of the last minute."""

_BUILD = "tapwatt_build_info"
_WITHIN = aiohttp.ClientTimeout(total=4)


class Source(Protocol):
    """Where metrics come from. `alerts` are what is wrong in somebody else's sentences, where somebody knows."""

    async def change(self) -> Change:
        """What changed lately. Unavailable in one sentence where nobody answers at all."""

    async def alerts(self) -> list[str] | None:
        """Each alert that fires, as a sentence; None where nobody is asked for alerts."""


class Workers:
    """The /metrics of workers and exporter, looked at from time to time: what changed is since the look before."""

    def __init__(self, http: aiohttp.ClientSession, addresses: Sequence[str]) -> None:
        self._http = http
        self._addresses = [address if "://" in address else f"http://{address}" for address in addresses]
        self._before: Snapshot | None = None

    async def change(self) -> Change:
        """Look at all of them at once. One that does not answer is missing; the others are told all the same."""
        now = await self._look()
        then, self._before = self._before or Snapshot(now.at_s, now.samples), now
        return Change(then, now)

    async def alerts(self) -> list[str] | None:
        """Nobody to ask."""
        return None

    async def _look(self) -> Snapshot:
        told = await asyncio.gather(*(self._page(address) for address in self._addresses))
        missing = {address: said for address, said in zip(self._addresses, told, strict=True) if isinstance(said, str)}
        if len(missing) == len(self._addresses):
            address, said = next(iter(missing.items()))
            raise Unavailable(f"nobody tells any metrics: {address} {said}; `tapwatt up` says where they are")
        pages = [page for page in told if not isinstance(page, str)]
        return Snapshot(time.monotonic(), tuple(sample for page in pages for sample in page), missing)

    async def _page(self, address: str) -> list[Sample] | str:
        """The samples of one process, each with the service that it is of; or why there are none."""
        try:
            async with self._http.get(f"{address.rstrip('/')}/metrics", timeout=_WITHIN) as answer:
                if answer.status != 200:
                    return f"answers with HTTP {answer.status}"
                families = list(text_string_to_metric_families(await answer.text()))
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            return f"does not answer ({type(error).__name__})"
        samples = [sample for family in families for sample in family.samples]
        service = next((one.labels["service"] for one in samples if one.name == _BUILD and "service" in one.labels), "")
        of_it = {"instance": address, **({"service": service} if service else {})}
        return [Sample(one.name, {**of_it, **one.labels}, float(one.value)) for one in samples]


@dataclass(frozen=True)
class Prometheus:
    """A Prometheus that watches the ring: what changed is of the last minute, and its alerts are told."""

    http: aiohttp.ClientSession
    url: str

    async def change(self) -> Change:
        """Ask for all that is ours, now and a minute ago."""
        now = time.time()
        later, earlier = await asyncio.gather(self._at(now), self._at(now - LOOK_BACK_S))
        if not later:
            raise Unavailable(f"the Prometheus at {self.url} knows nothing of Tapwatt: does it watch the workers?")
        return Change(Snapshot(now - LOOK_BACK_S, tuple(earlier)), Snapshot(now, tuple(later)))

    async def alerts(self) -> list[str] | None:
        """What fires, the most urgent first."""
        told = (await self._asked("alerts", {}))["alerts"]
        urgent = {"page": 0, "ticket": 1}
        firing = [one for one in told if one["state"] == "firing" and one["labels"].get("severity") in urgent]
        firing.sort(key=lambda one: urgent[one["labels"]["severity"]])
        return [f"{one['labels']['severity']}: {one['annotations'].get('summary', '')}" for one in firing]

    async def _at(self, moment: float) -> list[Sample]:
        series = (await self._asked("query", {"query": OURS, "time": f"{moment:.3f}"}))["result"]
        return [
            Sample(one["metric"]["__name__"], {k: v for k, v in one["metric"].items() if k != "__name__"}, float(value))
            for one in series
            for _, value in [one["value"]]
        ]

    async def _asked(self, what: str, parameters: dict[str, str]) -> dict[str, Any]:
        try:
            url = f"{self.url.rstrip('/')}/api/v1/{what}"
            async with self.http.get(url, params=parameters, timeout=_WITHIN) as answer:
                return dict((await answer.json())["data"])
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:
            raise Unavailable(
                f"{self.url} does not answer as a Prometheus does ({type(error).__name__}): give its address, such as "
                "http://127.0.0.1:9090"
            ) from None
