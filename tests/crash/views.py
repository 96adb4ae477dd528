"""What each service remembers, in memory and under one marker as in Redis, and the service's own way to rebuild it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

from prometheus_client import CollectorRegistry
from tests.crash.touching import Touching
from tests.flow.virtual_time import VirtualClock
from tests.flow.worker_in_memory import TOPICS, Pages

import authoriser.__main__ as authoriser_process
import capturer.__main__ as capturer_process
import tariff.__main__ as tariff_process
from authoriser.agent import REMEMBERS as AUTHORISER_REMEMBERS
from authoriser.agent import rebuilt as authoriser_rebuilt
from authoriser.offers import FOR_EVER_S
from authoriser.settings import AuthoriserSettings
from capturer.agent import REMEMBERS as CAPTURER_REMEMBERS
from capturer.agent import rebuilt as capturer_rebuilt
from capturer.settings import CapturerSettings
from tapwatt.clock import Clock
from tapwatt.facts.codec import Event
from tapwatt.facts.events import TariffPublished
from tapwatt.metrics.of_a_worker import OF_A_WORKER
from tapwatt.metrics.registry import Metrics
from tapwatt.state.deadlines import Deadlines
from tapwatt.state.session_store import Kept, SessionStore
from tapwatt.state.view import Generation
from tapwatt.testing.deadlines import InMemoryDeadlines
from tapwatt.testing.session_store import InMemorySessionStore
from tapwatt.testing.view import InMemoryView
from tapwatt.wiring.process import Runtime
from tapwatt.wiring.sessions import RememberedSessions
from tapwatt.wiring.view import ServiceView
from tapwatt.worker.records import Incoming
from tariff.case_files import REMEMBERS as TARIFF_REMEMBERS
from tariff.case_files import kept, ours
from tariff.due import look_after
from tariff.settings import TariffSettings
from token_matcher.index import RedisIndex
from token_matcher.indexed_sessions import INDEXED, IndexedSessions
from token_matcher.testing import InMemoryIndex, Shelves

_METRICS = Metrics(CollectorRegistry(), OF_A_WORKER)


@dataclass
class Shelf:
    """One generation of what a service remembers."""

    sessions: dict[str, Any] = field(default_factory=dict)
    due: defaultdict[str, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))
    index: Shelves = field(default_factory=Shelves)


class _Part:
    """One kind of things in a view that holds several: one marker says of all of them whether they are whole."""

    def __init__(self, view: InMemoryView[Shelf], pick: Callable[[Shelf], Any]) -> None:
        self._view = view
        self._pick = pick

    def reading(self, into: Generation | None) -> Any:
        return self._pick(self._view.reading(into))


@dataclass
class Built:
    """What a service remembers and how it is built anew."""

    state: InMemoryView[Shelf]
    remembered: ServiceView
    topics: Sequence[str]
    sessions: InMemorySessionStore | None = None
    deadlines: InMemoryDeadlines | None = None
    index: InMemoryIndex | None = None

    def apply(self, record: Incoming, generation: Generation) -> Any:
        """As the service's own process writes a record of the log into a generation."""
        return self.remembered._apply(record, generation)


def _authoriser(runtime: Runtime) -> RememberedSessions:
    settings = AuthoriserSettings()
    longer_s = {TariffPublished: FOR_EVER_S}
    besides = authoriser_rebuilt(settings)
    epoch, days = authoriser_process.EPOCH, settings.remember_days
    return RememberedSessions(runtime, "authoriser", epoch, AUTHORISER_REMEMBERS, days, longer_s, besides)


def _capturer(runtime: Runtime) -> RememberedSessions:
    settings = CapturerSettings()

    async def besides(sessions: SessionStore, deadlines: Deadlines, event: Event) -> None:
        await capturer_rebuilt(sessions, deadlines, event, settings, runtime.clock)

    epoch, days = capturer_process.EPOCH, settings.remember_days
    return RememberedSessions(runtime, "capturer", epoch, CAPTURER_REMEMBERS, days, besides=besides)


def _tariff(runtime: Runtime) -> RememberedSessions:
    settings = TariffSettings()

    def keep(event: Event) -> Kept | None:
        return kept(event, runtime.clock.now()) if ours(event) else None

    async def besides(store: SessionStore, deadlines: Deadlines, event: Event) -> None:
        await look_after(deadlines, event, settings.at)

    epoch, days = tariff_process.EPOCH, settings.remember_days
    return RememberedSessions(runtime, "tariff", epoch, TARIFF_REMEMBERS, days, besides=besides, keep=keep)


VIEWS: dict[str, tuple[Callable[[Runtime], ServiceView], Sequence[type[Any]]]] = {
    "authoriser": (_authoriser, tuple(AUTHORISER_REMEMBERS)),
    "token-matcher": (IndexedSessions, INDEXED),
    "tariff": (_tariff, TARIFF_REMEMBERS),
    "capturer": (_capturer, tuple(CAPTURER_REMEMBERS)),
}
"""How each service's process puts its view together, and of which facts it is one."""


@cache
def _put_together(service: str) -> ServiceView:
    """Made once: a ring in virtual time is alone in its process, and the virtual clock is whatever loop runs."""
    make, _ = VIEWS[service]
    return make(Runtime(VirtualClock(), cast(Any, Pages()), _METRICS, cast(Any, SimpleNamespace(start=None))))


def in_memory(service: str, clock: Clock) -> Built:
    """A service's view in memory, whole and empty, with the rebuild of its own process."""
    _, facts = VIEWS[service]
    state = InMemoryView[Shelf](Shelf, clock, whole=True)
    remembered = _put_together(service)
    built = Built(state, remembered, [TOPICS.of(fact) for fact in facts])
    if isinstance(remembered, IndexedSessions):
        built.index = InMemoryIndex(cast(Any, _Part(state, lambda shelf: shelf.index)), clock)
        remembered.index = cast(RedisIndex, Touching(built.index, store=True))
    elif isinstance(remembered, RememberedSessions):
        built.sessions = InMemorySessionStore(cast(Any, _Part(state, lambda shelf: shelf.sessions)), clock)
        built.deadlines = InMemoryDeadlines(cast(Any, _Part(state, lambda shelf: shelf.due)))
        remembered.store = cast(Any, Touching(built.sessions, store=True))
        remembered.deadlines = cast(Any, Touching(built.deadlines, store=True))
    return built
