"""A service at work on Kafka: its parts put together, started, looked after, and stopped without losing anything."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from random import Random, SystemRandom

from aiokafka.errors import KafkaError

from tapwatt.clock import Clock
from tapwatt.errors import BadSettings, TapwattError
from tapwatt.facts.events import EventRejected
from tapwatt.facts.topics import Topics
from tapwatt.log import Log
from tapwatt.metrics.of_a_worker import (
    ASSIGNED,
    BEHIND_TRANSACTIONS,
    IN_FLIGHT,
    IN_FLIGHT_LIMIT,
    KAFKA_UP,
    NOT_FETCHED,
    OLDEST_HANDLER,
    OLDEST_UNKNOWN,
    UNKNOWN,
    WORKER_QUARANTINED,
)
from tapwatt.metrics.registry import Metrics
from tapwatt.outage import Outage
from tapwatt.retry import RetryPolicy
from tapwatt.worker.handling import Handling
from tapwatt.worker.health import State, serve_health, serve_posts
from tapwatt.worker.inflight import InFlight
from tapwatt.worker.kafka.broker_probe import BrokerProbe
from tapwatt.worker.kafka.faust_app import (
    BatchApp,
    assigned,
    crashed,
    flowing,
    held_back,
    make_app,
    positions,
    producer_of,
)
from tapwatt.worker.kafka.quarantine_reader import follow
from tapwatt.worker.open_transactions import OpenTransactions
from tapwatt.worker.quarantined_sessions import Quarantine
from tapwatt.worker.records import Outgoing
from tapwatt.worker.service import Probe, Round, Service
from tapwatt.worker.settings import KafkaSettings, WorkerSettings
from tapwatt.worker.supervisor import Supervisor
from tapwatt.worker.traces import Traces
from tapwatt.worker.watchdog import HandlingWatchdog, Watchdog

_GAUGES_EVERY_S = 0.25
_LOOK_EVERY_S = 5.0


class Worker:
    """`work` until it must stop. Everything it depends on is handed in."""

    def __init__(
        self,
        service: Service,
        *,
        kafka: KafkaSettings,
        settings: WorkerSettings,
        metrics: Metrics,
        clock: Clock,
        log: Log,
        tasks: Supervisor,
        chance: Random | None = None,
        traces: Traces | None = None,
    ) -> None:
        self._service = service
        self._kafka = kafka
        self._settings = settings
        self._clock = clock
        self._log = log.bind(service=service.name)
        self._tasks = tasks
        self._topics = Topics(settings.topic_prefix)
        self._metrics = metrics
        self._outage = Outage("Kafka", clock, self._log, grace_s=0)
        self._partitions = ""
        probes = {"kafka": Probe(self._outage.look), "partitions": Probe(lambda: self._partitions)}
        self._state = State(probes={**probes, **service.probes})
        self._retry = self._topics.retries(service.name)
        self._probe = BrokerProbe(kafka.bootstrap)
        self._quarantine = Quarantine(
            self._topics.quarantine(service.name), lambda standing: metrics.set(WORKER_QUARANTINED, standing)
        )
        self._handling = Handling(
            service,
            self._produce,
            topics=self._topics,
            clock=clock,
            chance=chance or SystemRandom(),
            metrics=metrics,
            log=log,
            policy=RetryPolicy(tries=settings.tries_in_place),
            quarantine=self._quarantine,
            limit_s=settings.handling_limit_s,
            traces=traces,
        )
        self._inflight = InFlight(
            self._handling,
            bound=settings.in_flight,
            partition_bound=settings.in_flight_per_partition,
            failed=tasks.fail,
            start=tasks.start,
            delayed=self._retry.__contains__,
        )

    async def work(self) -> BaseException | None:
        """Start, go on until it must stop, stop: what went wrong, or None when it was asked to stop.

        What was opened is closed in the other order, whatever goes wrong, also in closing. BadSettings in one sentence
        if our port, Kafka, or a topic is not to be had.
        """
        failed: BaseException | None = None
        try:
            async with AsyncExitStack() as opened:
                failed = await self._tasks.until_it_must_end(self._start(opened))
                self._state.stage = "stopping"
        except Exception as error:  # noqa: BLE001 - whatever it is, the rest was closed, and it is said
            self._log.critical("not closed as it should be", reason=repr(error), exc_info=error)
            failed = failed or error
        return failed

    async def _start(self, opened: AsyncExitStack) -> None:
        settings = self._settings
        self._require_time_for_handling()
        port = await serve_health(settings.host, settings.port, self._metrics.registry, self._state, opened)
        ports = {"port": port}
        if self._service.posts:
            host, posts = settings.webhook_host, self._service.posts
            ports["webhook_port"] = await serve_posts(host, settings.webhook_port, posts, opened)
        opened.push_async_callback(self._probe.close)
        await self._probe.open(self._kafka.start_timeout_s)
        heard = sorted({self._topics.of(fact) for fact in self._service.hears} | self._retry)
        said = {self._topics.of(fact) for fact in self._service.says}
        said |= {self._topics.of(EventRejected), self._topics.dead_letters}
        await self._probe.require({*heard, *said, self._quarantine.topic})
        self._quarantine.doubt()
        quarantine = self._tasks.beside(
            "quarantine", lambda: follow(self._kafka.bootstrap, self._quarantine), again_after_s=1
        )
        await opened.enter_async_context(quarantine)
        for opening in self._service.opens:
            await opened.enter_async_context(opening())
        await self._quarantine.known()
        self._metrics.set(WORKER_QUARANTINED, len(self._quarantine))
        group = self._topics.prefix + self._service.name
        app = make_app(group, heard, self._inflight, self._retry, self._kafka, settings, self._quarantine.doubt)
        opened.push_async_callback(self._leave, app)
        await app.start()
        self._producer = producer_of(app, settings.delivery_timeout_s, self._tasks)
        await opened.enter_async_context(self._tasks.beside("Kafka's consumer", lambda: crashed(app)))
        await opened.enter_async_context(self._tasks.beside("watchdog", lambda: self._look_after(app)))
        for one in self._service.rounds:
            going = self._tasks.beside(one.name, partial(self._make_rounds, one), again_after_s=one.every_s)
            await opened.enter_async_context(going)
        self._log.info("started", hears=heard, **ports)

    def _require_time_for_handling(self) -> None:
        longest_s, limit_s = self._service.longest_s, self._settings.handling_limit_s
        if longest_s >= limit_s:
            raise BadSettings(
                f"TAPWATT_WORKER_HANDLING_LIMIT_S is {limit_s:g} and one event may take the {self._service.name} "
                f"{longest_s:g} s by its own settings and the provider's: set it higher"
            )

    async def _leave(self, app: BatchApp) -> None:
        """Fetch no more, finish what can be finished in the time for draining, commit, leave the group."""
        try:
            if not app.crash_reason and app.started:
                app.consumer.pause_partitions(app.consumer.assignment())
                at_most_s = self._settings.drain_s if self._tasks.ends_in_peace else 0
                left = await self._inflight.drain(at_most_s, self._clock.sleep)
                self._log.info("drained", unfinished=left)
                with contextlib.suppress(KafkaError):
                    await app.consumer.commit()
        finally:
            try:
                await app.stop()
            finally:
                await self._inflight.forget()

    async def _make_rounds(self, one: Round) -> None:
        while True:
            await self._clock.sleep(one.every_s)
            await self._handling.make_round(one)

    async def _produce(self, records: Sequence[Outgoing]) -> None:
        await self._producer.produce(records)

    async def _look_after(self, app: BatchApp) -> None:
        """Keep gauges and probes true, and notice when nothing moves."""
        self._metrics.set(IN_FLIGHT_LIMIT, self._settings.in_flight)
        fetching = Watchdog(self._settings.stuck_after_s)
        handling = HandlingWatchdog(self._settings.handling_limit_s, self._settings.stuck_after_s)
        looked = self._clock.monotonic()
        transactions = OpenTransactions()
        while True:
            ours, now = assigned(app), self._clock.monotonic()
            self._metrics.set(IN_FLIGHT, self._inflight.unfinished)
            self._metrics.set(ASSIGNED, len(ours))
            self._tell_what_is_at_work(now)
            self._partitions = "" if flowing(app) else "waiting for partitions"
            self._state.stage = ""
            if now - looked >= _LOOK_EVERY_S:
                looked = now
                for begins, records in transactions.look(held_back(app)):
                    self._log.warning("records wait behind an open transaction", begins=begins, records=records)
                self._metrics.set(BEHIND_TRANSACTIONS, transactions.records)
                ends = await self._probe.ends(ours, _LOOK_EVERY_S)
                self._answers(ends is not None)
                if ends is not None:  # a broker that does not answer is not our being stuck
                    stuck = fetching.look(looked, ends, positions(app), self._inflight.full())
                    self._metrics.set(NOT_FETCHED, fetching.lag)
                    done, busy = self._inflight.finished_total, self._inflight.busy
                    self._state.not_live = stuck or handling.look(looked, self._handling.longest_s, done, busy)
                if self._state.not_live:
                    self._tasks.fail(TapwattError(f"it is stuck: {self._state.not_live}; it must be started again"))
            await self._clock.sleep(_GAUGES_EVERY_S)

    def _tell_what_is_at_work(self, now: float) -> None:
        unknown = self._handling.works.unknown()
        self._metrics.set(UNKNOWN, len(unknown))
        self._metrics.set(OLDEST_UNKNOWN, now - min(unknown, default=now))
        self._metrics.set(OLDEST_HANDLER, self._handling.longest_s)

    def _answers(self, answered: bool) -> None:
        self._metrics.set(KAFKA_UP, float(answered))
        if answered:
            self._outage.works()
        else:
            self._outage.fails(f"the broker at {self._kafka.bootstrap} does not say where the log ends")
