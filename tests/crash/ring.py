"""The ring in memory with a window on each side of whatever its services touch, and views that are really rebuilt."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from enum import StrEnum
from typing import Any, cast

from aiohttp import web
from tests.crash.processes import MortalWorker
from tests.crash.touching import Touching
from tests.crash.views import VIEWS, in_memory
from tests.flow.ring import Ring
from tests.flow.worker_in_memory import TOPICS, WorkerInMemory

from tapwatt.errors import Unavailable
from tapwatt.facts.codec import encode
from tapwatt.facts.fact import Fact
from tapwatt.log import Log
from tapwatt.money import Money
from tapwatt.provider.gateway import Gateway
from tapwatt.provider.observed import ObservedProvider, ProviderStanding
from tapwatt.provider.port import Transaction
from tapwatt.provider.webhook_hints import WebhookHints
from tapwatt.state.rebuild import stay_whole
from tapwatt.state.view import Generation
from tapwatt.testing.fake_provider import FakeProvider, Fault, Habits
from tapwatt.worker.records import Incoming, Outgoing
from tapwatt.worker.service import Service


class Mode(StrEnum):
    """What the provider makes of an idempotency reference, and when it does what it was asked."""

    HONOURS = "honours the reference"
    IGNORES = "ignores it, answers status truthfully"
    LATE = "applies late"


class Lying:
    """The provider, which while it lies tells ten times the amount of what it did."""

    def __init__(self, provider: FakeProvider, lies: Callable[[], bool]) -> None:
        self._provider = provider
        self._lies = lies

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._provider, name)

        async def telling(*args: Any, **more: Any) -> Any:
            told = await call(*args, **more)
            if not self._lies():
                return told
            return [_tenfold(one) for one in told] if isinstance(told, list) else _tenfold(told)

        return telling


def _tenfold(told: Any) -> Any:
    if not isinstance(told, Transaction) or told.amount is None:
        return told
    return replace(told, amount=Money(minor=10 * told.amount.minor, currency=told.amount.currency))


class _Post:
    """A request of the provider's, as far as it is read."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    @property
    def content(self) -> _Post:
        return self

    async def iter_chunked(self, size: int) -> AsyncIterator[bytes]:
        yield self._body


class CrashRing(Ring):
    """Everything is well in it but for the one blow that it gets, and the provider's mode."""

    def __init__(self, mode: Mode, habits: dict[str, Any], **settings: Any) -> None:
        self.mode = mode
        self._asked: set[str] = set()
        forgets = {"idempotency_window_s": 0.0} if mode is Mode.IGNORES else {}
        super().__init__(habits=Habits(**{"latency_s": 0.01, **habits, **forgets}), **settings)
        self.views = {name: in_memory(name, self.clock) for name in VIEWS}
        self._memories = {name: built.sessions for name, built in self.views.items() if built.sessions is not None}
        self._deadlines = {name: built.deadlines for name, built in self.views.items() if built.deadlines is not None}
        index = self.views["token-matcher"].index
        assert index is not None
        self._index = index
        self.lies = False
        self._hints_of: dict[str, WebhookHints] = {}
        self._away_until: dict[str, float] = {}
        self._flushed = asyncio.Event()
        self.log_is_away = 0
        self.log_is_slow_s = 0.0

    def redis_away(self, service: str, seconds: float) -> None:
        """Redis takes nothing of this service for so long."""
        self._away_until[service] = self.clock.monotonic() + seconds

    def say_again(self, kind: type[Fact]) -> None:
        """What was said of this kind comes again."""
        for event in list(self.fleet.heard.events.values()):
            if isinstance(event.fact, kind):
                self.log.append([Outgoing(TOPICS.of(kind), *encode(event))])

    def hinted(self, service: str, reference: str) -> None:
        """The provider hints at a transaction, at a service's webhook; it does not wait for an answer."""
        body = json.dumps({"id": reference}).encode()
        hints = self._hints_of[service]
        cast(MortalWorker, self.workers[service]).hear_beside(hints.webhook(cast(web.Request, _Post(body))))

    @property
    def died(self) -> list[BaseException]:
        """What has ended a process of the ring, beside the blow."""
        return [error for worker in self.workers.values() for error in worker.died]

    def _trouble(self, verb: str, reference: str) -> Fault | None:
        first = (verb, reference) not in self._asked
        self._asked.add((verb, reference))
        moves_money = verb in ("authorise", "capture", "reverse", "refund", "read_token")
        if self.mode is Mode.LATE and moves_money and first and verb != "present":
            return Fault.LATE
        return super()._trouble(verb, reference)

    def _worker(self, name: str, build: Callable[[WorkerInMemory], Service]) -> WorkerInMemory:
        async def beside() -> None:
            await self._stay_whole(name, cast(MortalWorker, worker))

        worker: WorkerInMemory = MortalWorker(name, lambda: build(worker), self.log, beside)
        return worker

    async def _stay_whole(self, name: str, worker: MortalWorker) -> None:
        """As each process of the real one does beside its work."""
        built = self.views[name]
        await self._flushed.wait()  # nothing else takes a view away here, and looking for nothing takes time

        async def read() -> AsyncIterator[Incoming]:
            for number, record in enumerate(worker.read_all(built.topics)):
                if self.log_is_away and number >= 1:
                    self.log_is_away -= 1
                    raise Unavailable("the log is away")
                await self.clock.sleep(self.log_is_slow_s)
                yield record

        def apply(record: Incoming, generation: Generation) -> Any:
            return built.apply(record, generation)

        await stay_whole(
            read,
            apply,
            Touching(built.state, store=True),
            clock=self.clock,
            log=cast(Log, worker.log),
            key_of=lambda record: record.key,
            every_s=60.0,
        )

    def _mortal(self, part: Any, worker: WorkerInMemory) -> Any:
        if part is self.provider:
            return Touching(Lying(self.provider, lambda: self.lies), store=False)
        return Touching(part, store=True, away=lambda: self._is_away(worker))

    def _is_away(self, worker: WorkerInMemory) -> bool:
        return self.clock.monotonic() < self._away_until.get(cast(MortalWorker, worker).name, 0.0)

    def _gateway(self, worker: WorkerInMemory) -> Gateway:
        log = cast(Log, worker.log)
        provider = ObservedProvider(
            self._mortal(self.provider, worker),
            ProviderStanding(self.clock, log, grace_s=1e9),
            clock=self.clock,
            log=log,
            noted=lambda verb, result, phase, took_s: None,
        )
        hints = self._hints_of[cast(MortalWorker, worker).name] = WebhookHints()
        return Gateway(provider, self.clock, hints, policy=self.policy)

    def _capturer(self, worker: WorkerInMemory) -> Service:
        self.hints = WebhookHints()
        service = super()._capturer(worker)
        self._hints_of["capturer"] = self.hints
        return service

    def flush(self, service: str) -> None:
        """Redis has lost what this service keeps."""
        self.views[service].state.flush()
        self._flushed.set()
