"""Runs a service on the log in memory through the worker's own tracker and error policy, and can be killed anywhere."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from functools import cache
from random import Random
from typing import NoReturn, cast

from prometheus_client import CollectorRegistry
from tests.flow.log_in_memory import LogInMemory
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


class GroupInMemory:
    """A service's consumer group: what it has committed, and which of its members has which partition."""

    def __init__(self) -> None:
        self.committed: dict[Partition, int] = {}
        self.members: list[WorkerInMemory] = []
        self.generation = 0

    def owns(self, member: WorkerInMemory, partition: Partition) -> bool:
        """Whether the partition is this member's."""
        return self.members[(partition.number + self.generation) % len(self.members)] is member

    def done(self) -> dict[Partition, int]:
        """Below which offset of each partition everything is done."""
        found = dict(self.committed)
        for member in self.members:
            found |= member.finished()
        return found

    def rebalance(self, woken_after_s: float = 0.0) -> None:
        """Each partition goes to the next member while it is being handled.

        With `woken_after_s` whoever had them does not know for so long, and goes on: a process that was frozen for
        longer than its session timeout. What it commits then is refused.
        """
        self.generation += 1
        for member in self.members:
            member.reassigned(woken_after_s)


Pause = Callable[[float], Awaitable[None]]
"""Waits so many seconds, and longer while nothing is due."""


class WorkerInMemory:
    """One member of a service's consumer group. `build` makes the service anew at every start, as a process would."""

    def __init__(
        self,
        build: Callable[[], Service],
        log: LogInMemory,
        chance: Random,
        *,
        stable: bool,
        group: GroupInMemory | None = None,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._build = build
        self._records = log
        self._chance = chance
        self._group = group or GroupInMemory()
        self._group.members.append(self)
        self.wait_for_round = pause
        self._news = asyncio.Event()
        self.paused: set[str] = set()
        self.log = Pages()
        self._up: _Up | None = None
        self.stable = stable
        self.kills = 0
        self.unsure = 0.03
        """How likely a delivery fails, is not acknowledged, or is made twice: each."""
        self.deadly = 1.0
        """How much more often than usual a process dies where it may."""
        self.most_kills = 100_000
        """After so many it dies no more: what is killed at every step never gets anywhere."""
        self.died: list[BaseException] = []
        log.tell(self._hear)

    @property
    def records(self) -> LogInMemory:
        """The log that it reads."""
        return self._records

    def _hear(self, record: Incoming) -> None:
        if self._up is None or self._up.hear(record):
            self._news.set()

    async def run(self) -> None:
        """Fetch, handle and commit until cancelled."""
        while True:
            if self._up is None:
                await asyncio.sleep(self._chance.uniform(0.5, 8))
                self._up = await self._start()
            self._up.fetch(self._records, self.paused)
            self._news.clear()
            if self.stable or self._chance.random() < 0.5:
                self.commit()
            else:
                self._news.set()
            await self._news.wait()
            await asyncio.sleep(0 if self.stable else self._chance.uniform(0, 0.4))

    async def start(self) -> None:
        """Come up at once."""
        self._up = await self._start()

    async def _start(self) -> _Up:
        service = self._build()
        return _Up(service, self, self._records, self._group)

    def commit(self) -> None:
        """Tell the group what is done, of what is ours."""
        if self._up is not None:
            owned = self._up.commits().items()
            self._group.committed.update({p: offset for p, offset in owned if self._group.owns(self, p)})

    def news_of(self, partition: Partition) -> None:
        """More can be read of it, though no record came: offsets that nothing has."""
        if self._up is None or self._up.news_of(partition):
            self._news.set()

    def reassigned(self, woken_after_s: float) -> None:
        """Partitions were given to other members, and others to us."""
        if self._up is not None:
            self._up.reassigned(woken_after_s)
        self._news.set()

    def done_one(self) -> None:
        """A record is done: that may be committed soon."""
        self._news.set()

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
        """Below which offset of each partition everything is done by the group."""
        return self._group.done()

    def finished(self) -> dict[Partition, int]:
        """The same of what this member has handled and may commit."""
        found = self._up.commits() if self._up else {}
        return {p: offset for p, offset in found.items() if self._group.owns(self, p)}

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
        if luck < self.unsure:
            raise OSError("the broker is not there")
        self._records.append(outgoing)
        if luck < 2 * self.unsure:
            raise TimeoutError("the broker's answer was lost")
        if luck < 3 * self.unsure:
            self._records.append(outgoing)
        await self.perhaps_die()

    async def perhaps_die(self, likely: float = 0.02) -> None:
        """A point at which the process may be killed."""
        if self.stable or self.kills >= self.most_kills:
            return
        if self._chance.random() < likely * self.deadly:
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
        self._topics = list(topics)

    async def ends(self) -> Ends:
        """The offset after the last record of each partition that has one, now."""
        found = {p: self._log.end(p) for p in _partitions(self._topics, self._log)}
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
        every = _partitions(self._topics, self._log)
        return [record for p in every for record in self._log.read(*p, done.get(p, 0))]


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

    async def unhandled(self) -> list[Incoming]:
        """The records that were not handled yet."""
        return [record for one in self._each for record in await one.unhandled()]


class _Up:
    """A running process: what it has in flight and how far it has read."""

    def __init__(self, service: Service, worker: WorkerInMemory, log: LogInMemory, group: GroupInMemory) -> None:
        clock, chance = VirtualClock(), Random(7)
        self._worker = worker
        self._group = group
        self._quarantine = Quarantine(TOPICS.quarantine(service.name))
        for record in log.all_of(self._quarantine.topic):
            self._quarantine.read(record)
        self._handling = handling = Handling(
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
        self._heard = frozenset(self._topics)
        self._positions: dict[Partition, int] = {}
        self._news = set(_partitions(self._topics, log))

        async def handle(record: Incoming) -> None:
            await handling(record)
            worker.done_one()

        self._in_flight = InFlight(
            handle,
            bound=10_000,
            partition_bound=10_000,
            failed=worker.failed,
            start=asyncio.get_running_loop().create_task,
            delayed=delayed.__contains__,
        )
        self._ending: list[asyncio.Task[None]] = []
        self._rounds = [asyncio.ensure_future(_make_rounds(handling, one, worker)) for one in service.rounds]

    def hear(self, record: Incoming) -> bool:
        """Whatever stands on the log; what is quarantined is known at once. Whether there is something to fetch."""
        if record.topic == self._quarantine.topic:
            self._quarantine.read(record)
        return self.news_of(Partition(record.topic, record.partition))

    def news_of(self, partition: Partition) -> bool:
        """More can be read of it, if it is ours to read."""
        if partition.topic in self._heard:
            self._news.add(partition)
            return True
        return False

    def fetch(self, log: LogInMemory, paused: set[str]) -> None:
        for partition in [p for p in _in_order(self._news) if p.topic not in paused]:
            self._news.remove(partition)
            if not self._group.owns(self._worker, partition):
                continue
            position = self._positions.get(partition, self._group.committed.get(partition, 0))
            records: list[Incoming] = log.read(*partition, position)
            if records:
                self._positions[partition] = log.end(partition)
                self._in_flight.accept(self._in_flight.note(partition, records))
            self._in_flight.read_to(partition, log.end(partition))

    def reassigned(self, woken_after_s: float) -> None:
        known = dict.fromkeys((*self._positions, *self._in_flight.partitions()))
        lost = [p for p in known if not self._group.owns(self._worker, p)]
        for partition in lost:
            self._positions.pop(partition, None)
        self._ending.append(asyncio.ensure_future(self._let_go(lost, woken_after_s)))
        self._news |= set(_partitions(self._topics, self._worker.records))

    async def _let_go(self, partitions: list[Partition], woken_after_s: float) -> None:
        if woken_after_s:
            await asyncio.sleep(woken_after_s)
        await self._in_flight.forget([p for p in partitions if not self._group.owns(self._worker, p)])

    def commits(self) -> dict[Partition, int]:
        found = {p: self._in_flight.commit_of(p) for p in self._in_flight.partitions()}
        return {p: offset for p, offset in found.items() if offset is not None}

    def behind(self, log: LogInMemory) -> int:
        owned = (p for p in _partitions(self._topics, log) if self._group.owns(self._worker, p))
        committed = self._group.committed
        unread = sum(len(log.read(*p, self._positions.get(p, committed.get(p, 0)))) for p in owned)
        return unread + self._in_flight.unfinished

    def kill(self) -> None:
        for going in self._rounds:
            going.cancel()
        self._ending.append(asyncio.ensure_future(self._in_flight.forget()))


def _partitions(topics: Iterable[str], log: LogInMemory) -> list[Partition]:
    return [Partition(topic, number) for topic in topics for number in range(log.partitions(topic))]


def _in_order(partitions: Iterable[Partition]) -> list[Partition]:
    """A set has another order in each process, and a seed must not."""
    return sorted(partitions)


async def _make_rounds(handling: Handling, one: Round, worker: WorkerInMemory) -> None:
    while True:
        await worker.wait_for_round(one.every_s)
        with contextlib.suppress(Exception):  # the supervisor begins it again
            await handling.make_round(one)


async def _for_ever() -> NoReturn:
    await asyncio.get_running_loop().create_future()
    raise AssertionError
