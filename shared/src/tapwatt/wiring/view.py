"""A service's view in Redis: rebuilt from the log before anything is heard, and watched over while it runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from tapwatt.errors import Poison, Unavailable
from tapwatt.facts.codec import Event, decode
from tapwatt.facts.fact import Fact
from tapwatt.facts.topics import Topics
from tapwatt.metrics.of_a_worker import REDIS_CALLS, REDIS_UP, UNFORESEEN
from tapwatt.outage import Outage
from tapwatt.settings import read_settings
from tapwatt.state.rebuild import CannotResume, stay_whole, until_whole
from tapwatt.state.redis_client import RedisClient, RedisSettings
from tapwatt.state.view import Checkpoint, Generation, RedisView
from tapwatt.wiring.process import Runtime
from tapwatt.wiring.view_standing import ViewStanding
from tapwatt.worker.kafka.checkpoints import AT, AnotherLog, Checkpoints
from tapwatt.worker.kafka.log_reader import read_log
from tapwatt.worker.records import Incoming, logged_at, origin
from tapwatt.worker.service import Probe, Route
from tapwatt.worker.settings import KafkaSettings, WorkerSettings

REDIS_GRACE_S = 3.0
"""For so long nothing may work before Redis is said to be down: one look and its tries."""

WATCH_AGAIN_S = 2.0
"""How long until a view is watched over again after the watch has ended in a way that nobody foresaw."""

CHECKPOINT_EVERY_S = 10.0
"""How often it is noted how far the log is in the view: so much of it is read when Redis comes back."""

Apply = Callable[[Event, Generation], Awaitable[object]]
"""Writes what an event says into a generation of the view."""


class ServiceView:
    """A service's keyspace in Redis: whole before the first event is heard, rebuilt from the log whenever it is not.

    The topics are read one after another, in the order they are given. A view that came back with Redis is brought up
    to date from where it was noted to be.
    """

    def __init__(
        self, runtime: Runtime, service: str, epoch: int, topics: Collection[type[Fact]], apply: Apply
    ) -> None:
        worker, kafka = read_settings(WorkerSettings), read_settings(KafkaSettings)
        self._runtime = runtime
        self._bootstrap = kafka.bootstrap
        self._names = Topics(worker.topic_prefix)
        self._topics = [self._names.of(fact) for fact in topics]
        self._retries = sorted(self._names.retries(service))
        said = [self._names.of(fact) for fact in topics if service in fact.said_by]
        self._checkpoints = Checkpoints(
            kafka.bootstrap,
            self._names.prefix + service,
            heard=[*self._retries, *(topic for topic in self._topics if topic not in said)],
            said=said,
            said_within=timedelta(seconds=worker.handling_limit_s),
            clock=runtime.clock,
            log=runtime.log,
        )
        self._apply_event = apply
        self._outage = Outage("Redis", runtime.clock, runtime.log, REDIS_GRACE_S)
        self._redis = RedisClient(read_settings(RedisSettings), self._noted, runtime.tasks.start)
        self.view = RedisView(self._redis, service, epoch)
        self._standing = ViewStanding(runtime.metrics)
        self.posts: Mapping[str, Route] = {}
        self.probes = {"redis": Probe(self._outage.look), "view": Probe(self._view_look)}

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Wait until Redis answers and the view is whole, and see to it that it stays so."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._redis.close)
            self._runtime.log.info("redis answers", redis=await self._redis.check(), where=self._redis.where)
            self._runtime.metrics.asked(REDIS_UP, lambda: float(self._outage.up))
            await until_whole(
                self._read,
                self._apply,
                self.view,
                clock=self._runtime.clock,
                log=self._runtime.log,
                key_of=lambda record: record.key,
                noted=self._looked,
                since=self._read_since,
                again_s=1,
            )
            watch = self._runtime.tasks.beside("watch over the view", self._stay_whole, again_after_s=WATCH_AGAIN_S)
            await stack.enter_async_context(watch)
            noting = self._runtime.tasks.beside("note how far the view is", self._note, again_after_s=WATCH_AGAIN_S)
            await stack.enter_async_context(noting)
            yield

    async def _stay_whole(self) -> None:
        await stay_whole(
            self._read,
            self._apply,
            self.view,
            clock=self._runtime.clock,
            log=self._runtime.log,
            key_of=lambda record: record.key,
            noted=self._looked,
            since=self._read_since,
        )

    async def _note(self) -> None:
        await self._checkpoints.keep_noting(self.view.checkpoint, CHECKPOINT_EVERY_S)

    async def _read_since(self, noted: Checkpoint) -> AsyncIterator[Incoming]:
        try:
            offsets = await self._checkpoints.offsets(noted)
        except AnotherLog as error:
            self._runtime.log.warning("the view is built anew, as what was noted of it does not fit", reason=str(error))
            raise CannotResume(str(error)) from error
        self._runtime.log.info("redis is back: the view is read on from where it was noted to be", noted_at=noted[AT])
        topics = [*self._retries, *self._topics]
        async for record in read_log(self._bootstrap, topics, since=offsets, sized=self._standing.begins):
            self._standing.read()
            yield record

    async def _read(self) -> AsyncIterator[Incoming]:
        async for record in read_log(self._bootstrap, self._topics, sized=self._standing.begins):
            self._standing.read()
            yield record

    def _noted(self, took_s: float, failed: str) -> None:
        self._runtime.metrics.observe(REDIS_CALLS, took_s, "unavailable" if failed else "done")
        if failed:
            self._outage.fails(failed)

    def _looked(self, whole: bool) -> None:
        """A look reads and writes: only then does Redis work. A replica answers whoever reads, and takes nothing."""
        self._outage.works()
        self._standing.noted(whole)

    def _view_look(self) -> str:
        return "" if self._outage.look() else self._standing.look()

    async def _apply(self, record: Incoming, generation: Generation) -> None:
        try:
            event = replace(decode(record.key, record.value, record.headers), logged_at=logged_at(record))
        except Poison:
            return  # it was dead-lettered when it was first heard, and says nothing
        topic = self._names.of(type(event.fact))
        if topic not in self._topics or record.topic not in (topic, *self._retries):
            return  # likewise: another's fact does not belong there
        try:
            await self._apply_event(event, generation)
        except Unavailable:
            raise
        except Exception as error:
            self._runtime.metrics.count(UNFORESEEN)
            self._runtime.log.critical(
                "left out of the view", reason=repr(type(error)), origin=origin(record), exc_info=error
            )
