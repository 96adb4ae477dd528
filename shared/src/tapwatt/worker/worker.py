"""A service at work on Kafka: its parts put together, started, looked after, and stopped without losing anything."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from random import Random, SystemRandom
from typing import Any

from aiohttp import web
from aiokafka.errors import KafkaError
from prometheus_client import CollectorRegistry

from tapwatt.clock import Clock
from tapwatt.errors import TapwattError
from tapwatt.facts.topics import RETRY_TIERS, Topics
from tapwatt.log import Log
from tapwatt.worker.handling import Handling, RetryPolicy
from tapwatt.worker.health import State, serve
from tapwatt.worker.inflight import InFlight
from tapwatt.worker.kafka.broker_probe import BrokerProbe
from tapwatt.worker.kafka.transport import BatchApp, assigned, flowing, make_app, positions, producer_of
from tapwatt.worker.metrics import WorkerMetrics
from tapwatt.worker.records import Outgoing
from tapwatt.worker.service import Service
from tapwatt.worker.settings import KafkaSettings, WorkerSettings
from tapwatt.worker.watchdog import Watchdog

_GAUGES_EVERY_S = 0.25
_LOOK_EVERY_S = 5.0


class Worker:
    """`start`, `wait` until it must stop, `stop`. Everything it depends on is handed in."""

    def __init__(
        self,
        service: Service,
        *,
        kafka: KafkaSettings,
        settings: WorkerSettings,
        registry: CollectorRegistry,
        clock: Clock,
        log: Log,
        chance: Random | None = None,
    ) -> None:
        self._service = service
        self._kafka = kafka
        self._settings = settings
        self._clock = clock
        self._log = log.bind(service=service.name)
        self._topics = Topics(settings.topic_prefix)
        self._metrics = WorkerMetrics(registry)
        self._state = State(posts=service.posts)
        self._ended: asyncio.Future[BaseException | None] = asyncio.get_running_loop().create_future()
        self._retry = frozenset(self._topics.retry(service.name, tier) for tier in RETRY_TIERS)
        self._probe = BrokerProbe(kafka.bootstrap)
        self._app: BatchApp | None = None
        self._runner: web.AppRunner | None = None
        self._looking: asyncio.Task[None] | None = None
        self.port = 0
        handling = Handling(
            service,
            self._produce,
            topics=self._topics,
            clock=clock,
            chance=chance or SystemRandom(),
            metrics=self._metrics,
            log=log,
            fatal=self.fail,
            patience=RetryPolicy(tries=settings.tries_in_place),
        )
        self.inflight = InFlight(
            handling,
            bound=settings.in_flight,
            partition_bound=settings.in_flight_per_partition,
            failed=self.fail,
            delayed=self._retry.__contains__,
        )

    def fail(self, error: BaseException) -> None:
        """End the worker with this error; the first one counts."""
        if not self._ended.done():
            self._ended.set_result(error)

    def ask_to_stop(self) -> None:
        """End the worker in peace."""
        if not self._ended.done():
            self._ended.set_result(None)

    async def start(self) -> None:
        """Begin to hear. BadSettings in one sentence if our port, Kafka, or a topic is not to be had."""
        settings = self._settings
        registry = self._metrics.registry
        self._runner, self.port = await serve(settings.host, settings.port, registry, self._state)
        await self._probe.open(self._kafka.start_timeout_s)
        heard = sorted({self._topics.of(fact) for fact in self._service.hears} | self._retry)
        said = {self._topics.of(fact) for fact in self._service.says} | {self._topics.dead_letters}
        await self._probe.require({*heard, *said})
        await self._service.open()
        group = self._topics.prefix + self._service.name
        self._app = make_app(group, heard, self.inflight, self._retry, self._kafka, settings)
        await self._app.start()
        self._producer = producer_of(self._app, settings.delivery_timeout_s, self.fail)
        self._looking = asyncio.create_task(self._look_after(self._app))
        self._looking.add_done_callback(self._looked)
        self._log.info("started", hears=heard, port=self.port)

    async def wait(self) -> BaseException | None:
        """Until the worker must stop: what went wrong, or None when it was asked to."""
        assert self._app is not None
        crashed = asyncio.ensure_future(self._app._crashed.wait())
        ends: set[asyncio.Future[Any]] = {self._ended, crashed}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        crashed.cancel()
        if self._ended.done():
            return self._ended.result()
        why = self._app.crash_reason
        return TapwattError(f"the connection to Kafka broke down ({why!r}); it must be started again")

    async def stop(self) -> None:
        """Fetch no more, finish what can be finished within the grace period, commit, leave, close."""
        self._state.not_ready = "stopping"
        if self._looking is not None:
            self._looking.cancel()
        if self._app is not None:
            await self._leave(self._app)
        await self._service.close()
        await self._probe.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def _looked(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.fail(error)

    async def _leave(self, app: BatchApp) -> None:
        if not app.crash_reason and app.started:
            app.consumer.pause_partitions(app.consumer.assignment())
            in_peace = not self._ended.done() or self._ended.result() is None
            left = await self.inflight.drain(self._settings.drain_s if in_peace else 0, self._clock.sleep)
            self._log.info("drained", unfinished=left)
            with contextlib.suppress(KafkaError):
                await app.consumer.commit()
        await app.stop()
        await self.inflight.forget()

    async def _produce(self, records: Sequence[Outgoing]) -> None:
        await self._producer.produce(records)

    async def _look_after(self, app: BatchApp) -> None:
        """Keep gauges and probes true, and notice when nothing moves."""
        watchdog = Watchdog(self._settings.stuck_after_s)
        looked = self._clock.monotonic()
        while True:
            ours = assigned(app)
            self._metrics.in_flight.set(self.inflight.unfinished)
            self._metrics.assigned.set(len(ours))
            self._state.not_ready = "" if flowing(app) else "waiting for partitions"
            if self._clock.monotonic() - looked >= _LOOK_EVERY_S:
                looked = self._clock.monotonic()
                ends = await self._probe.ends(ours, _LOOK_EVERY_S)
                if ends is not None:  # a broker that does not answer is not our being stuck
                    self._state.not_live = watchdog.look(looked, ends, positions(app), self.inflight.full())
                    self._metrics.lag.set(watchdog.lag)
                if self._state.not_live:
                    self.fail(TapwattError(f"it is stuck: {self._state.not_live}; it must be started again"))
            await self._clock.sleep(_GAUGES_EVERY_S)
