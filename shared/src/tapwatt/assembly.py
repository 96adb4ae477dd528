"""What services are put together from: the way to the provider, and a memory that is rebuilt from the log."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Protocol

from prometheus_client import Counter

from tapwatt.codec import Event, decode
from tapwatt.errors import Poison, Unavailable
from tapwatt.events import Fact
from tapwatt.fingerprints import Fingerprints
from tapwatt.keeping import keep
from tapwatt.memory import InRedis
from tapwatt.provider.ccv.adapter import CcvProvider
from tapwatt.provider.certainty import Patience
from tapwatt.provider.follow import Pace
from tapwatt.provider.hints import Hints
from tapwatt.provider.outcome import Way
from tapwatt.provider.settings import provider_settings
from tapwatt.rebuild import rebuild, stay_whole
from tapwatt.redis_client import RedisClient, RedisSettings
from tapwatt.settings import read_settings
from tapwatt.topics import Topics
from tapwatt.view import Build, RedisView
from tapwatt.worker.log_reader import read_log
from tapwatt.worker.progress import GroupProgress
from tapwatt.worker.records import Incoming, origin
from tapwatt.worker.run import Parts
from tapwatt.worker.service import Route, Service
from tapwatt.worker.settings import KafkaSettings, WorkerSettings

WATCH_AGAIN_S = 2.0
"""How long until a view is watched over again after the watch has ended in a way that nobody foresaw."""

WEBHOOK = "/webhooks/provider"
"""Where the provider may hint that a transaction has changed."""


class Room(Protocol):
    """A part of a service: open before the first event and until after the last."""

    def opened(self) -> AbstractAsyncContextManager[object]:
        """Connect, or say in one sentence why that is not possible; at the end let go of everything."""
        ...

    @property
    def posts(self) -> Mapping[str, Route]:
        """The HTTP paths it answers."""
        ...


class ProviderRoom:
    """The way to the payment provider, by its settings."""

    def __init__(self, parts: Parts) -> None:
        settings = provider_settings()
        refused = Counter(
            "tapwatt_card_identifiers_refused_total",
            "Card tokens and PARs of no kind we know.",
            ["what"],
            registry=parts.registry,
        )
        fingerprints = Fingerprints(
            settings.keys(),
            live=settings.live,
            test_tokens=settings.test_tokens,
            on_refused=lambda what: refused.labels(what).inc(),
        )
        withheld = Counter(
            "tapwatt_card_slip_parts_withheld_total",
            "Parts of a card's slip left out because a card could be known by them.",
            ["what"],
            registry=parts.registry,
        )
        self.release_rest = settings.release_rest
        self._log = parts.log
        self._hints = Hints()
        self._provider = CcvProvider(
            settings,
            fingerprints,
            clock=parts.clock,
            log=parts.log,
            on_withheld=lambda what: withheld.labels(what).inc(),
        )
        self.way = Way(self._provider, parts.clock, self._hints, Patience.of(settings), Pace.of(settings))
        self.posts: Mapping[str, Route] = {WEBHOOK: self._hints.webhook}

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Ask the provider something, so that a wrong key is known now. A provider that is away is waited for later."""
        try:
            try:
                await self._provider.find("tapwatt-start")
            except Unavailable as error:
                self._log.warning("the provider does not answer yet", why=str(error))
            yield
        finally:
            await self._provider.aclose()


Apply = Callable[[Event, Build], Awaitable[object]]
"""Writes what an event says into a build of the view."""


class ViewRoom:
    """A step's keyspace in Redis: whole before the first event is heard, rebuilt from the log whenever it is not.

    The topics are read one after another, in the order they are given.
    """

    def __init__(self, parts: Parts, step: str, epoch: int, topics: Collection[type[Fact]], apply: Apply) -> None:
        worker, kafka = read_settings(WorkerSettings), read_settings(KafkaSettings)
        self._parts = parts
        self._bootstrap = kafka.bootstrap
        self._names = Topics(worker.topic_prefix)
        self._topics = [self._names.of(fact) for fact in topics]
        self._apply_event = apply
        self._redis = RedisClient(read_settings(RedisSettings))
        self.view = RedisView(self._redis, step, epoch)
        self.posts: Mapping[str, Route] = {}

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Wait until Redis answers and the view is whole, and see to it that it stays so."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._redis.close)
            await self._redis.check()
            while True:
                try:
                    applied = await rebuild(
                        self._read, self._apply, self.view, clock=self._parts.clock, key_of=lambda record: record.key
                    )
                    break
                except Unavailable as error:
                    self._parts.log.warning("view not rebuilt yet", why=str(error))
                    await self._parts.clock.sleep(1)
            if applied is not None:
                self._parts.log.info("view rebuilt", records=applied)
            watch = self._parts.tasks.beside("watch over the view", self._stay_whole, again_after_s=WATCH_AGAIN_S)
            await stack.enter_async_context(watch)
            yield

    async def _stay_whole(self) -> None:
        await stay_whole(
            self._read,
            self._apply,
            self.view,
            clock=self._parts.clock,
            log=self._parts.log,
            key_of=lambda record: record.key,
        )

    def _read(self) -> AsyncIterator[Incoming]:
        return read_log(self._bootstrap, self._topics)

    async def _apply(self, record: Incoming, build: Build) -> None:
        try:
            event = decode(record.key, record.value, record.headers)
        except Poison:
            return  # it was parked when it was first heard, and says nothing
        if self._names.of(type(event.fact)) != record.topic:
            return  # likewise: another's fact does not belong there
        try:
            await self._apply_event(event, build)
        except Unavailable:
            raise
        except Exception as error:  # its handler met the same; one record keeps no view from being whole
            self._parts.log.critical(
                "left out of the view", why=repr(type(error)), origin=origin(record), exc_info=error
            )


class MemoryRoom(ViewRoom):
    """A step's memory of sessions: which fact of a session is kept under which field.

    Kept for `remember_days`, or for so many seconds where `longer_s` says so.
    """

    def __init__(
        self,
        parts: Parts,
        step: str,
        epoch: int,
        remembers: Mapping[type[Fact], str],
        remember_days: float,
        longer_s: Mapping[type[Fact], float] | None = None,
    ) -> None:
        super().__init__(parts, step, epoch, list(remembers), self._remember)
        self._fields = remembers
        self._ttl_s = dict.fromkeys(remembers, remember_days * 86400) | dict(longer_s or {})
        self.memory = InRedis(self.view)

    async def _remember(self, event: Event, build: Build) -> None:
        kind = type(event.fact)
        ttl_s = self._ttl_s[kind]
        await self.memory.into(build).remember(event.fact.key, self._fields[kind], keep(event), ttl_s=ttl_s)


class ProgressRoom:
    """How far this step has come with some of its topics."""

    def __init__(self, step: str, topics: Collection[type[Fact]]) -> None:
        names = Topics(read_settings(WorkerSettings).topic_prefix)
        bootstrap = read_settings(KafkaSettings).bootstrap
        self.progress = GroupProgress(bootstrap, names.prefix + step, [names.of(fact) for fact in topics])
        self.posts: Mapping[str, Route] = {}

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Connected."""
        try:
            await self.progress.open()
            yield
        finally:
            await self.progress.close()


def together(service: Service, *rooms: Room) -> Service:
    """The service with its rooms: opened in this order, closed in the other."""
    posts = {path: route for room in rooms for path, route in room.posts.items()}
    return replace(service, parts=tuple(room.opened for room in rooms), posts=posts)
