"""The whole ring in one process: four services, log, provider and fleet; quiet, or with all that can happen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from types import TracebackType
from typing import Any, Self, TypeVar, cast

from pydantic import SecretStr
from pydantic_settings import BaseSettings
from tests.flow.fleet import Fleet
from tests.flow.log_in_memory import LogInMemory
from tests.flow.virtual_time import VirtualClock
from tests.flow.worker_in_memory import ProgressOfAll, WorkerInMemory

from authoriser.agent import AuthoriserAgent
from authoriser.offers import Offers
from authoriser.settings import AuthoriserSettings
from capturer.agent import CapturerAgent
from capturer.settings import CapturerSettings
from tapwatt.errors import Unavailable
from tapwatt.facts.events import Authorised, TariffPublished
from tapwatt.facts.fields import Place
from tapwatt.facts.topics import Topics
from tapwatt.provider.fingerprints import Fingerprints
from tapwatt.provider.gateway import Gateway
from tapwatt.provider.unknown_outcomes import OutcomePolicy
from tapwatt.provider.webhook_hints import WebhookHints
from tapwatt.testing import session_store as memory
from tapwatt.testing.deadlines import InMemoryDeadlines, deadlines_view
from tapwatt.testing.fake_provider import BankCard, FakeProvider, Fault, Habits
from tapwatt.worker.service import Service
from tariff.agent import TariffAgent
from tariff.due import TELLING
from tariff.settings import TariffSettings
from token_matcher import testing as index_memory
from token_matcher.agent import TokenMatcherAgent
from token_matcher.settings import TokenMatcherSettings

KEY = {1: bytes(range(32))}
Settings = TypeVar("Settings", bound=BaseSettings)


def _read(kind: type[Settings], given: dict[str, Any]) -> Settings:
    """Settings as given; the same ones are read once, for thousands of rings."""
    name = (kind, repr(given))
    if name not in _KNOWN:
        _KNOWN[name] = kind(**given)
    return cast("Settings", _KNOWN[name])


_KNOWN: dict[tuple[type[BaseSettings], str], BaseSettings] = {}


def card(number: int, *, device: int = 0, par: bool = False, **more: Any) -> BankCard:
    """A bank card, or the same card on another device of its owner's, tied by the PAR if it has one."""
    token = SecretStr(f"99{number:08d}{device:08d}")
    return BankCard(token, SecretStr(f"5001{number:025d}") if par else None, **more)


def place(number: int, terminal: int | None = None, site: str = "site") -> Place:
    """An EVSE, with a terminal of its own or one that it shares."""
    return Place(
        operator_id="op",
        site_id=site,
        terminal_id=f"{site}-t{number if terminal is None else terminal}",
        evse_id=f"{site}-e{number}",
    )


def set_for(habits: Habits) -> OutcomePolicy:
    """As an operator sets it who knows for how long this provider heeds a reference."""
    usual = OutcomePolicy()
    heeds = timedelta(seconds=habits.idempotency_window_s)
    return replace(usual, idempotency_window=min(usual.idempotency_window, heeds))


class Ring:
    """Four workers on one log. Unless `stable`, every part fails as it may, by the seed. `hints` reach the capturer.

    `unforeseen` is how likely a call to Redis or the provider is to end in a way that nobody foresaw.
    """

    look_every_s = 600.0
    """How often it is looked whether everything is done."""

    def __init__(
        self,
        seed: int = 0,
        *,
        stable: bool = True,
        habits: Habits | None = None,
        unforeseen: float = 0.0,
        **settings: Any,
    ) -> None:
        self._unforeseen = unforeseen
        self.seed = seed
        self.stable = stable
        self.chance = Random(seed)
        self.clock = VirtualClock()
        self.log = self._new_log()
        self.fleet = self._new_fleet()
        self.outage_until = 0.0
        self.hints = WebhookHints()
        self.policy = set_for(habits or Habits())
        self.provider = FakeProvider(
            self.clock,
            Fingerprints(KEY, live=True),
            habits=habits or Habits(latency_s=0.0 if stable else self.chance.choice((0.01, 0.3, 2.0))),
            trouble=self._trouble,
            tell=self._tell,
        )
        self._authorising = _read(AuthoriserSettings, {"look_every_s": 600, **settings.get("authoriser", {})})
        self._matching = _read(TokenMatcherSettings, {"debounce_s": 0, **settings.get("token_matcher", {})})
        self._pricing = _read(TariffSettings, {"look_every_s": 300, **settings.get("tariff", {})})
        self._capturing = _read(CapturerSettings, {"look_every_s": 3600, **settings.get("capturer", {})})
        self._release_rest = bool(settings.get("release_rest", False))
        self._memories = {
            name: memory.InMemorySessionStore(memory.sessions_view(self.clock, whole=True), self.clock)
            for name in ("authoriser", "tariff", "capturer")
        }
        self._deadlines = {
            name: InMemoryDeadlines(deadlines_view(self.clock, whole=True))
            for name in ("authoriser", "tariff", "capturer")
        }
        self._index = index_memory.InMemoryIndex(index_memory.index_view(self.clock, whole=True), self.clock)
        self._builders: dict[str, Callable[[WorkerInMemory], Service]] = {
            "authoriser": self._authoriser,
            "token-matcher": self._matcher,
            "tariff": self._tariff,
            "capturer": self._capturer,
        }
        self.workers = {name: self._worker(name, build) for name, build in self._builders.items()}
        self._running: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        for worker in self.workers.values():
            await worker.start()
            self._running.append(asyncio.ensure_future(worker.run()))
        if not self.stable:
            self._running.append(asyncio.ensure_future(self._chaos()))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._running:
            task.cancel()

    def _new_log(self) -> LogInMemory:
        return LogInMemory()

    def _new_fleet(self) -> Fleet:
        return Fleet(self.log, Random(f"fleet {self.seed}"), stable=self.stable)

    def _tell(self, reference: str) -> None:
        """Something changed at the provider, and no webhook says so."""

    def outage(self, seconds: float) -> None:
        """The provider is not there for so long."""
        self.outage_until = self.clock.monotonic() + seconds

    def forget(self, service: str, name: str) -> None:
        """Redis has lost what this service keeps under this name, and no rebuild can tell it."""
        del self._memories[service]._view.reading(None)[name]

    def restart_authoriser(self, **settings: Any) -> None:
        """The authoriser begins anew, with other settings; what it remembers stays."""
        self._authorising = AuthoriserSettings(**{"look_every_s": 600, **settings})
        self.workers["authoriser"].crash()

    async def calm(self) -> None:
        """Nothing fails any more: wait until everything that was said is done, and stays so."""
        self.stable = True
        self.outage_until = 0.0
        for worker in self.workers.values():
            worker.stable = True
        for _ in range(500):
            await asyncio.sleep(self.look_every_s)
            if not any(worker.behind for worker in self.workers.values()):
                return
        raise AssertionError(f"never done: { {name: worker.behind for name, worker in self.workers.items()} }")

    async def show(self, terminal_id: str, shown: BankCard, after_s: float = 1.0, patience_s: float = 300) -> bool:
        """A driver presents a card as soon as the terminal asks for one."""
        await asyncio.sleep(after_s)
        for _ in range(int(patience_s)):
            if self.provider.present(terminal_id, shown) is not None:
                return True
            await asyncio.sleep(1)
        return False

    async def _chaos(self) -> None:
        while not self.stable:
            await asyncio.sleep(self.chance.expovariate(1 / 120))
            if self.chance.random() < 0.15:
                self.outage(self.chance.choice((5, 60, 1200)))
            else:
                self.chance.choice(list(self.workers.values())).crash()

    def _trouble(self, verb: str, reference: str) -> Fault | None:
        if verb == "present":
            return None
        if self.clock.monotonic() < self.outage_until:
            return Fault.UNAVAILABLE
        if self.stable:
            return None
        faults = [Fault.UNAVAILABLE, Fault.REQUEST_LOST, Fault.ANSWER_LOST, Fault.LATE]
        if verb in ("capture", "reverse"):
            faults.append(Fault.PENDING)
        return self.chance.choice(faults) if self.chance.random() < 0.08 else None

    def _worker(self, name: str, build: Callable[[WorkerInMemory], Service]) -> WorkerInMemory:
        def start() -> Service:
            return build(worker)

        worker = WorkerInMemory(start, self.log, Random(f"{name} {self.seed}"), stable=self.stable)
        return worker

    def _authoriser(self, worker: WorkerInMemory) -> Service:
        known, settings = self._sessions(worker, "authoriser"), self._authorising
        offers = Offers(known, worker.progress(TariffPublished), self.clock, settings.tariff_wait_s)
        deadlines = self._mortal(self._deadlines["authoriser"], worker)

        def page(session: str, error: Exception) -> None:
            worker.log.critical("late hold", reason=f"{session}: {error}")

        return AuthoriserAgent(self._gateway(worker), known, deadlines, offers, settings, page=page).service()

    def _matcher(self, worker: WorkerInMemory) -> Service:
        self.begun = worker.progress(Authorised, Topics().retries("token-matcher"))
        return TokenMatcherAgent(
            self._gateway(worker), self._mortal(self._index, worker), self.begun, self._matching
        ).service()

    def _tariff(self, worker: WorkerInMemory) -> Service:
        known, deadlines = self._sessions(worker, "tariff"), self._mortal(self._deadlines["tariff"], worker)
        heard = ProgressOfAll([worker.progress(fact) for fact in TELLING])
        return TariffAgent(known, deadlines, heard, self.clock, self._pricing).service()

    def _capturer(self, worker: WorkerInMemory) -> Service:
        gateway, rest = replace(self._gateway(worker), hints=self.hints), self._release_rest
        sessions, deadlines = self._sessions(worker, "capturer"), self._mortal(self._deadlines["capturer"], worker)
        return CapturerAgent(gateway, sessions, deadlines, self._capturing, release_rest=rest).service()

    def _gateway(self, worker: WorkerInMemory) -> Gateway:
        return Gateway(self._mortal(self.provider, worker), self.clock, policy=self.policy)

    def _sessions(self, worker: WorkerInMemory, name: str) -> memory.InMemorySessionStore:
        return cast("memory.InMemorySessionStore", self._mortal(self._memories[name], worker))

    def _mortal(self, part: Any, worker: WorkerInMemory) -> Any:
        return (
            part
            if self.stable
            else Mortal(part, worker, self.chance, redis=part is not self.provider, unforeseen=self._unforeseen)
        )


class Mortal:
    """A collaborator whose user may be killed just before or just after each call, which Redis may refuse."""

    def __init__(
        self, part: Any, worker: WorkerInMemory, chance: Random, *, redis: bool, unforeseen: float = 0.0
    ) -> None:
        self._unforeseen = unforeseen
        self._part = part
        self._worker = worker
        self._chance = chance
        self._redis = redis

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._part, name)

        async def mortal(*args: Any, **more: Any) -> Any:
            await self._worker.perhaps_die(0.01)
            if self._redis:
                await asyncio.sleep(0.002)
                if not self._worker.stable and self._chance.random() < 0.02:
                    raise Unavailable("Redis is not there")
            self._perhaps_break()
            done = await call(*args, **more)
            self._perhaps_break()
            await self._worker.perhaps_die(0.02)
            return done

        return mortal

    def _perhaps_break(self) -> None:
        if self._unforeseen and not self._worker.stable and self._chance.random() < self._unforeseen:
            raise self._chance.choice((ZeroDivisionError("odd"), asyncio.CancelledError(), KeyError(), Odd()))


class Odd(BaseException):
    """What no library should raise."""
