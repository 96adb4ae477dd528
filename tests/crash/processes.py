"""Processes of a ring in memory that can be killed, cancelled, broken or frozen at any window, and what follows then.

Everything that a process does to the outside goes through `touch`: a dead process does nothing any more, a frozen one
does it when it wakes up. Which process a task belongs to stands in its context.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from random import Random
from typing import Any, NoReturn

from tests.flow.log_in_memory import LogInMemory
from tests.flow.worker_in_memory import GroupInMemory, Pages, WorkerInMemory, _partitions, _Up

from tapwatt import crash_windows as crash
from tapwatt.crash_windows import WINDOWS
from tapwatt.errors import Unavailable
from tapwatt.worker.handling import Handling
from tapwatt.worker.records import Incoming, Outgoing
from tapwatt.worker.service import Round, Service
from tapwatt.worker.tasks import foreseen

SESSION_TIMEOUT_S = 10.0
HEARTBEAT_S = 3.0
"""As the worker has them: after the one a frozen member has lost its partitions, within the other it hears of it."""


class Way(StrEnum):
    """How a process ends at a window, or comes off it."""

    KILL = "kill -9"
    EXCEPTION = "exception"
    CANCELLATION = "cancellation"
    FROZEN = "SIGSTOP, wakes up while another does it"
    FROZEN_LONG = "SIGSTOP, wakes up when another has done it"


class Injected(BaseException):
    """What nobody foresaw. It is no Exception, so that nothing catches it that should not."""


class Dead(BaseException):
    """The process is no more: whatever its remains try has no effect."""


@dataclass(eq=False)
class Process:
    """One process of a service."""

    worker: MortalWorker
    dead: bool = False
    running: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.running.set()

    async def touch(self) -> None:
        """The process wants to do something that others can see."""
        await self.running.wait()
        if self.dead:
            raise Dead


PROCESS: contextvars.ContextVar[Process | None] = contextvars.ContextVar("process", default=None)
IN_ROUND: contextvars.ContextVar[bool] = contextvars.ContextVar("in_round", default=False)


async def touch() -> None:
    """Whoever's task this is wants to do something that others can see."""
    process = PROCESS.get()
    if process is not None:
        await process.touch()


@dataclass(frozen=True, slots=True)
class Blow:
    """In which way a service is hit, at which of its windows, the how-manieth time that it is reached."""

    service: str
    window: str
    times: int
    way: Way


class MortalPages(Pages):
    """What would wake a human. The dead page nobody."""

    def error(self, event: str, **more: object) -> None:
        process = PROCESS.get()
        if process is None or not process.dead:
            super().error(event, **more)

    critical = error


class Windows:
    """Hears of each window that a process of a ring reaches; counts them, and strikes where it is told to."""

    def __init__(self, blow: Blow | None = None) -> None:
        self.blow = blow
        self.reached: dict[tuple[str, str], int] = {}
        self.struck = False

    async def __call__(self, window: str) -> None:
        process = PROCESS.get()
        if process is None:
            return
        await process.touch()
        assert window in WINDOWS, f"{window} is not registered"
        at = (process.worker.name, window)
        self.reached[at] = self.reached.get(at, 0) + 1
        blow = self.blow
        if blow is None or self.struck or at != (blow.service, blow.window) or self.reached[at] < blow.times:
            return
        self.struck = True
        await process.worker.struck(process, blow.way)
        await process.touch()


@asynccontextmanager
async def listening(windows: Windows) -> AsyncIterator[None]:
    """The windows of all rings of this event loop are told to this."""
    crash.arm(windows)
    try:
        yield
    finally:
        crash.arm(None)


class Running(_Up):
    """What a process has in flight; partitions can be taken from it while it lives."""

    def __init__(self, service: Service, worker: MortalWorker, log: LogInMemory, group: GroupInMemory) -> None:
        super().__init__(service, worker, log, group)
        for going in self._rounds:
            going.cancel()
        self._rounds = [
            asyncio.ensure_future(worker.again_and_again(partial(_make_rounds, self._handling, one), one.every_s))
            for one in service.rounds
        ]

    def lose_partitions(self) -> Awaitable[None]:
        """A rebalance: its handlers are stopped, and what is not committed is read again."""
        return self._in_flight.forget()

    def read_again(self, log: LogInMemory) -> None:
        """They are its own again, from where its group has committed."""
        self._positions.clear()
        self._news |= set(_partitions(self._topics, log))

    def catch_up(self, log: LogInMemory) -> None:
        """It learns what was quarantined while it stood still."""
        for record in log.all_of(self._quarantine.topic):
            self._quarantine.read(record)


class MortalWorker(WorkerInMemory):
    """The consumer group of one service, with one member at work; another takes over from one that is frozen.

    `beside` is run in each process beside its records and rounds.
    """

    def __init__(
        self,
        name: str,
        build: Callable[[], Service],
        log: LogInMemory,
        beside: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        super().__init__(build, log, Random(name), stable=True)
        self.name = name
        self.log = MortalPages()
        self._beside = beside
        self._doing: list[asyncio.Task[None]] = []
        self._process = Process(self)
        self.restarts = 0

    async def run(self) -> None:
        """Fetch, handle and commit until cancelled."""
        while True:
            if self._up is None:
                await asyncio.sleep(0.5)
                self._up = await self._start()
            if self._process.running.is_set():
                self._handle(self._up.fetch, self._records, self.paused)
                self._news.clear()
                self.commit()
            else:
                self._news.clear()
            await self._news.wait()
            await asyncio.sleep(0)

    async def _start(self) -> Running:
        self._process = process = Process(self)
        context = contextvars.copy_context()
        context.run(PROCESS.set, process)
        context.run(IN_ROUND.set, True)
        up = context.run(lambda: Running(self._build(), self, self._records, self._group))
        if self._beside is not None:
            self._doing.append(context.run(lambda: asyncio.ensure_future(self.again_and_again(self._beside, 1))))
        return up

    async def again_and_again(self, beside: Callable[[], Awaitable[None]] | None, again_after_s: float) -> None:
        """As the supervisor has it: what ends in a way that nobody foresaw is told, and begins again."""
        assert beside is not None
        while True:
            try:
                await beside()
            except Dead:
                return
            except BaseException as error:
                if foreseen(error):
                    raise
                self.log.critical("a background task ended", reason=repr(error))
            await asyncio.sleep(again_after_s)

    def hear_beside(self, work: Any) -> None:
        """Something that the process does for somebody outside, who does not wait for it."""
        context = contextvars.copy_context()
        context.run(PROCESS.set, self._process)
        context.run(IN_ROUND.set, True)
        task = asyncio.get_running_loop().create_task(work, context=context)
        _keep.add(task)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())

    def _handle(self, call: Callable[..., Any], *arguments: Any) -> None:
        context = contextvars.copy_context()
        context.run(PROCESS.set, self._process)
        context.run(call, *arguments)

    async def struck(self, process: Process, way: Way) -> None:
        """A process of this service is hit where it stands. It returns where that process goes on."""
        later = asyncio.get_running_loop().call_soon
        match way:
            case Way.EXCEPTION:
                raise Injected
            case Way.KILL:
                process.dead = True
                later(self.crash)
                await _for_ever()
            case Way.CANCELLATION if IN_ROUND.get():
                later(self.crash)  # told to stop: what is cleared up on the way out has its effect
                await _for_ever()
            case Way.CANCELLATION:
                _outside(self._rebalance())
                await _for_ever()
            case Way.FROZEN | Way.FROZEN_LONG:
                process.running.clear()
                _outside(self._taken_over(process, 0.02 if way is Way.FROZEN else 900.0))

    def crash(self) -> None:
        """What was in flight is gone where it stood; only what was committed is not read again."""
        for task in self._doing:
            task.cancel()
        self._doing.clear()
        self.restarts += 1
        super().crash()

    async def _rebalance(self) -> None:
        up = self._up
        assert isinstance(up, Running)
        self.commit()
        await up.lose_partitions()
        up.read_again(self._records)
        self._news.set()

    async def _taken_over(self, process: Process, wakes_after_s: float) -> None:
        """The frozen one loses its partitions to a new member; then it wakes up, goes on, and hears of it."""
        frozen = self._up
        assert isinstance(frozen, Running)
        self.commit()
        await asyncio.sleep(SESSION_TIMEOUT_S)
        self._doing = []
        self._up = await self._start()
        self._news.set()
        await asyncio.sleep(wakes_after_s)
        frozen.catch_up(self._records)
        process.running.set()
        await asyncio.sleep(HEARTBEAT_S)
        await frozen.lose_partitions()

    async def produce(self, outgoing: Sequence[Outgoing]) -> None:
        """To the log; whether the answer is heard is another matter."""
        await touch()
        self._records.append(outgoing)
        if crash.armed:
            try:
                await crash.armed("in-delivery")
            except Injected:
                raise Unavailable("a delivery broke off: the same again is no harm") from None
        await touch()

    def failed(self, error: BaseException) -> None:
        """A handler is not total: the process ends and is replaced, as its supervisor has it."""
        if isinstance(error, Dead):
            return
        self.died.append(error)
        self.crash()

    def read_all(self, topics: Sequence[str]) -> list[Incoming]:
        """Everything on these topics."""
        return [record for topic in topics for record in self._records.all_of(topic)]


async def _make_rounds(handling: Handling, one: Round) -> None:
    while True:
        await asyncio.sleep(one.every_s)
        await handling.make_round(one)


_keep: set[asyncio.Task[None]] = set()


def _outside(work: Any) -> None:
    """What happens to a process is not done by the process."""
    context = contextvars.copy_context()
    context.run(PROCESS.set, None)
    task = asyncio.get_running_loop().create_task(work, context=context)
    _keep.add(task)
    task.add_done_callback(_keep.discard)


async def _for_ever() -> NoReturn:
    await asyncio.get_running_loop().create_future()
    raise AssertionError
