"""Runs a service on the log in memory through the worker's own tracker and error policy, and can be killed anywhere."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Sequence
from functools import cache
from random import Random
from typing import NoReturn, cast

from prometheus_client import CollectorRegistry
from tests.flow.log_in_memory import PARTITIONS, LogInMemory
from tests.flow.virtual_time import VirtualClock

from tapwatt.errors import Unavailable
from tapwatt.facts.fact import Fact
from tapwatt.facts.topics import FACT_OF_TYPE, Topics, kebab
from tapwatt.log import Log
from tapwatt.metrics.of_a_worker import OF_A_WORKER
from tapwatt.metrics.registry import Metrics
from tapwatt.worker.handling import Handling
from tapwatt.worker.inflight import InFlight
from tapwatt.worker.progress import Ends
from tapwatt.worker.quarantined_sessions import Quarantine
from tapwatt.worker.records import Incoming, Outgoing, Partition
from tapwatt.worker.service import Round, Service

TOPICS = Topics()


@cache
def _metrics() -> Metrics:
    return Metrics(CollectorRegistry(), OF_A_WORKER)


class Pages:
    """The worker's log: what would wake a human is kept, the rest is let go."""

    def __init__(self) -> None:
        self.pages: list[str] = []

    def bind(self, **more: object) -> Pages:
        return self

    def info(self, event: str, **more: object) -> None:
        pass

    warning = info

    def error(self, event: str, **more: object) -> None:
        self.pages.append(f"{event}: {more.get('reason')} {more.get('exc_info') or ''}".strip())

    critical = error


class WorkerInMemory:
    """One member of a service's consumer group. `build` makes the service anew at every start, as a process would."""

    def __init__(self, build: Callable[[], Service], log: LogInMemory, chance: Random, *, stable: bool) -> None:
        self._build = build
        self._records = log
        self._chance = chance
        self._committed: dict[Partition, int] = {}
        self._news = asyncio.Event()
        self.paused: set[str] = set()
        self.log = Pages()
        self._up: _Up | None = None
        self.stable = stable
        self.kills = 0
        self.died: list[BaseException] = []
        log.tell(self._hear)

    def _hear(self, record: Incoming) -> None:
        self._news.set()
        if self._up is not None:
            self._up.hear(record)

    async def run(self) -> None:
        """Fetch, handle and commit until cancelled."""
        while True:
            if self._up is None:
                await asyncio.sleep(self._chance.uniform(0.5, 8))
                self._up = await self._start()
            self._up.fetch(self._records, self.paused)
            if self.stable or self._chance.random() < 0.5:
                self._committed.update(self._up.commits())
            self._news.clear()
            await self._news.wait()
            await asyncio.sleep(0 if self.stable else self._chance.uniform(0, 0.4))

    async def start(self) -> None:
        """Come up at once."""
        self._up = await self._start()

    async def _start(self) -> _Up:
        service = self._build()
        return _Up(service, self, self._records, dict(self._committed))

    def crash(self) -> None:
        """kill -9: what was in flight is gone where it stood; only what was committed is not read again."""
        if self._up is not None:
            self._up.kill()
            self._up = None
            self.kills += 1
            self._news.set()

    def pause(self, facts: tuple[str, ...]) -> None:
        """Read nothing of these facts for the time being, as a consumer that is behind with their partitions."""
        self.paused = {TOPICS.of(FACT_OF_TYPE[f"tapwatt.{kebab(name)}.v1"]) for name in facts}
        self._news.set()

    def progress(self, fact: type[Fact], retries: Collection[str] = ()) -> ProgressInMemory:
        """How far this worker has come with a fact, and with what waits in these retry topics."""
        return ProgressInMemory(self, self._records, [TOPICS.of(fact), *sorted(retries)])

    def done(self) -> dict[Partition, int]:
        """Below which offset of each partition everything is done."""
        return self._committed | (self._up.commits() if self._up else {})

    @property
    def behind(self) -> int:
        """How many records are not done."""
        return 1 if self._up is None else self._up.behind(self._records)

    async def produce(self, outgoing: Sequence[Outgoing]) -> None:
        """Append to the log: slowly, twice, with the answer lost, or not at all."""
        if self.stable:
            self._records.append(outgoing)
            return
        await asyncio.sleep(self._chance.uniform(0, 0.05))
        luck = self._chance.random()
        if luck < 0.03:
            raise OSError("the broker is not there")
        self._records.append(outgoing)
        if luck < 0.06:
            raise TimeoutError("the broker's answer was lost")
        if luck < 0.09:
            self._records.append(outgoing)
        await self.perhaps_die()

    async def perhaps_die(self, likely: float = 0.02) -> None:
        """A point at which the process may be killed."""
        if not self.stable and self._chance.random() < likely:
            asyncio.get_running_loop().call_soon(self.crash)
            await _for_ever()

    def failed(self, error: BaseException) -> None:
        """What must never happen: a handler that is not total, or a key the provider refuses."""
        self.died.append(error)


class ProgressInMemory:
    """How far a worker has come with some topics. While it is `silent`, nobody can tell."""

    silent = False

    def __init__(self, worker: WorkerInMemory, log: LogInMemory, topics: Sequence[str]) -> None:
        self._worker = worker
        self._log = log
        self._partitions = [Partition(topic, number) for topic in topics for number in range(PARTITIONS)]

    async def ends(self) -> Ends:
        """The offset after the last record of each partition that has one, now."""
        found = {p: len(self._log.read(*p, 0)) for p in self._partitions}
        return {p: end for p, end in found.items() if end}

    async def reached(self, ends: Ends) -> bool:
        """Whether everything before these offsets was handled."""
        done = self._worker.done()
        return all(done.get(p, 0) >= end for p, end in ends.items())

    async def unhandled(self) -> list[Incoming]:
        """The records that were not handled yet."""
        if self.silent:
            raise Unavailable("nobody tells")
        done = self._worker.done()
        return [record for p in self._partitions for record in self._log.read(*p, done.get(p, 0))]


class ProgressOfAll:
    """How far a worker has come with several topics."""

    def __init__(self, each: Sequence[ProgressInMemory]) -> None:
        self._each = each

    async def ends(self) -> Ends:
        """The offset after the last record of each partition that has one, now."""
        return {partition: end for one in self._each for partition, end in (await one.ends()).items()}

    async def reached(self, ends: Ends) -> bool:
        """Whether everything before these offsets was handled."""
        return await self._each[0].reached(ends)


class _Up:
    """A running process: what it has in flight and how far it has read."""

    def __init__(
        self, service: Service, worker: WorkerInMemory, log: LogInMemory, positions: dict[Partition, int]
    ) -> None:
        clock, chance = VirtualClock(), Random(7)
        self._quarantine = Quarantine(TOPICS.quarantine(service.name))
        for record in log.all_of(self._quarantine.topic):
            self._quarantine.read(record)
        handling = Handling(
            service,
            worker.produce,
            topics=TOPICS,
            clock=clock,
            chance=chance,
            metrics=_metrics(),
            log=cast(Log, worker.log),
            quarantine=self._quarantine,
        )
        delayed = TOPICS.retries(service.name)
        self._topics = [TOPICS.of(fact) for fact in service.hears] + sorted(delayed)
        self._positions = positions
        self._in_flight = InFlight(
            handling,
            bound=10_000,
            partition_bound=10_000,
            failed=worker.failed,
            start=asyncio.get_running_loop().create_task,
            delayed=delayed.__contains__,
        )
        self._ending: asyncio.Task[None] | None = None
        self._rounds = [asyncio.ensure_future(_make_rounds(handling, one)) for one in service.rounds]

    def hear(self, record: Incoming) -> None:
        """Whatever stands on the log; what is quarantined is known at once."""
        if record.topic == self._quarantine.topic:
            self._quarantine.read(record)

    def fetch(self, log: LogInMemory, paused: set[str]) -> None:
        for partition in self._partitions():
            if partition.topic in paused:
                continue
            records: list[Incoming] = log.read(*partition, self._positions.get(partition, 0))
            if records:
                self._positions[partition] = records[-1].offset + 1
                self._in_flight.accept(self._in_flight.note(partition, records))

    def commits(self) -> dict[Partition, int]:
        found = {p: self._in_flight.commit_of(p) for p in self._partitions()}
        return {p: offset for p, offset in found.items() if offset is not None}

    def behind(self, log: LogInMemory) -> int:
        unread = sum(len(log.read(*p, self._positions.get(p, 0))) for p in self._partitions())
        return unread + self._in_flight.unfinished

    def kill(self) -> None:
        for going in self._rounds:
            going.cancel()
        self._ending = asyncio.ensure_future(self._in_flight.forget())

    def _partitions(self) -> list[Partition]:
        return [Partition(topic, number) for topic in self._topics for number in range(PARTITIONS)]


async def _make_rounds(handling: Handling, one: Round) -> None:
    while True:
        await asyncio.sleep(one.every_s)
        with contextlib.suppress(Exception):  # the supervisor begins it again
            await handling.make_round(one)


async def _for_ever() -> NoReturn:
    await asyncio.get_running_loop().create_future()
    raise AssertionError
