"""The services' processes as a cluster keeps them: what ends is started again, and there may be two of each."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from random import Random

from tapwatt_cli.dev.ring import Ring
from tapwatt_cli.dev.ring_process import RingProcess
from tapwatt_cli.dev.ring_settings import SERVICES

STARTED_AGAIN_S = 1.0


class Workers:
    """Every worker by its service. `ended_by_itself` counts those that nobody killed."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self.of: dict[str, list[RingProcess]] = {service: [ring.part(service)] for service in SERVICES}
        self._locks: dict[RingProcess, asyncio.Lock] = {one: asyncio.Lock() for [one] in self.of.values()}
        self._numbers: Counter[str] = Counter(dict.fromkeys(SERVICES, 1))
        self.ended_by_itself: Counter[str] = Counter()

    async def kept_up(self) -> None:
        """Start again whatever has ended, until this is cancelled."""
        while True:
            await asyncio.sleep(STARTED_AGAIN_S)
            for service, workers in self.of.items():
                for one in list(workers):
                    if one.alive or self._locks[one].locked():
                        continue
                    async with self._locks[one]:
                        self.ended_by_itself[service] += 1
                        await one.start()

    async def kill(self, service: str, chance: Random) -> None:
        """One of them is gone at once, and started again a little later."""
        one = chance.choice(self.of[service])
        async with self._locks[one]:
            await one.kill()
            await asyncio.sleep(chance.uniform(0, STARTED_AGAIN_S))
            await one.start()

    async def freeze(self, service: str, chance: Random, for_s: float) -> None:
        """One of them stands still for so long, as on a machine that swaps, and goes on with what it was at."""
        one = chance.choice(self.of[service])
        async with self._locks[one]:
            if (pid := one.pid) is None:
                return
            os.kill(pid, signal.SIGSTOP)
            try:
                await asyncio.sleep(for_s)
            finally:
                os.kill(pid, signal.SIGCONT)

    async def scale(self, service: str, for_s: float) -> None:
        """One more worker comes, and is asked to go after a while (SIGTERM)."""
        self._numbers[service] += 1
        one = await self._ring.another(service, self._numbers[service])
        self._locks[one] = asyncio.Lock()
        self.of[service].append(one)
        await asyncio.sleep(for_s)
        async with self._locks[one]:
            self.of[service].remove(one)
            await one.stop()
