"""Redis and the provider as a service meets them: each call may kill it, be refused, or answer something wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any, Protocol

from tests.flow.worker_in_memory import WorkerInMemory
from tests.simulation.kept import Kept

from tapwatt.errors import RateLimited, Unavailable
from tapwatt.money import Money
from tapwatt.provider.port import Kind, Status, Transaction

WRITES = frozenset({"remember", "set", "clear", "take", "open", "close", "claim", "answer", "tap"})
"""What changes something in Redis, and so is refused while it is read-only."""


class Perils(Protocol):
    """What may happen before and after a call."""

    async def before(self, worker: WorkerInMemory, verb: str, args: tuple[Any, ...]) -> None: ...

    async def after(self, worker: WorkerInMemory, verb: str, answer: Any) -> Any: ...


class Frail:
    """A collaborator of one worker, behind its perils."""

    def __init__(self, part: Any, worker: WorkerInMemory, perils: Perils) -> None:
        self._part = part
        self._worker = worker
        self._perils = perils

    def __getattr__(self, verb: str) -> Any:
        call, worker, perils = getattr(self._part, verb), self._worker, self._perils

        async def frail(*args: Any, **more: Any) -> Any:
            if worker.stable:
                return await call(*args, **more)
            await perils.before(worker, verb, args)
            return await perils.after(worker, verb, await call(*args, **more))

        setattr(self, verb, frail)
        return frail


class RedisPerils:
    """A Redis that is away or takes no writes for a while, and of which single keys are gone."""

    def __init__(self, kept: Kept[Any], chance: Random, refuses: float, lost: Callable[[Kept[Any]], None]) -> None:
        self._kept = kept
        self._chance = chance
        self._refuses = refuses
        self._lost = lost
        self.away_until = 0.0
        self.read_only_until = 0.0

    async def before(self, worker: WorkerInMemory, verb: str, args: tuple[Any, ...]) -> None:
        """Die, or be refused."""
        await worker.perhaps_die(0.01)
        luck = self._chance.random()
        await asyncio.sleep(0.002 if luck < 0.1 else 0)
        now = self._kept.clock.monotonic()
        if luck > 1 - self._refuses or now < self.away_until:
            raise Unavailable("Redis is not there")
        if verb in WRITES and now < self.read_only_until:
            raise Unavailable("Redis is read-only: READONLY You can't write against a read only replica")
        if self._kept.lost_names and args and args[0] in self._kept.lost_names:
            self._lost(self._kept)
            raise Unavailable("Redis has lost a key: nothing is said until it is rebuilt")

    async def after(self, worker: WorkerInMemory, verb: str, answer: Any) -> Any:
        """It was done; perhaps nobody hears of it."""
        await worker.perhaps_die(0.02)
        if self._chance.random() < self._refuses / 2:
            raise Unavailable("Redis did not answer")
        return answer


class ProviderPerils:
    """A provider that asks for fewer calls, answers with wrong amounts, or at which we die."""

    def __init__(self, chance: Random, busy: float, wrong: float, odd: Callable[[str | None, str], None]) -> None:
        self._chance = chance
        self._busy = busy
        self._wrong = wrong
        self._odd = odd

    async def before(self, worker: WorkerInMemory, verb: str, args: tuple[Any, ...]) -> None:
        """Die, or be asked to come back later."""
        await worker.perhaps_die(0.01)
        if self._chance.random() < self._busy:
            raise RateLimited("429 too many requests", self._chance.choice((None, 1.0, 30.0)))

    async def after(self, worker: WorkerInMemory, verb: str, answer: Any) -> Any:
        """It was done; perhaps nobody hears of it, or something else."""
        await worker.perhaps_die(0.02)
        if isinstance(answer, Transaction) and self._chance.random() < self._wrong:
            return self._misstated(answer)
        return answer

    def _misstated(self, told: Transaction) -> Transaction:
        if told.status is not Status.SUCCESS or told.amount is None or told.kind not in (Kind.AUTHORISE, Kind.CAPTURE):
            return told
        self._odd(told.order_reference, "amount")
        off = self._chance.choice((1, 100, 10**6))
        return replace(told, amount=Money(minor=told.amount.minor + off, currency=told.amount.currency))
