"""What a service tells the worker: which facts it hears, and what it says and remembers about each."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from aiohttp import web

from tapwatt.facts.codec import Event
from tapwatt.facts.fact import Fact
from tapwatt.metrics.metric import Metric

Route = Callable[[web.Request], Awaitable[web.StreamResponse]]
"""Answers an HTTP request."""


@dataclass(frozen=True, slots=True)
class Probe:
    """Something that a service needs: `look` says why it cannot be used now, or nothing.

    Without it the service is not ready, unless it is only `told`: a provider that is away is away for its replacement,
    too.
    """

    look: Callable[[], str]
    told: bool = False


@dataclass(frozen=True, slots=True)
class Answers:
    """What somebody waits for an answer to: the metric of how long it takes, and the word by which each is counted.

    `card_for` is what a driver presents a card for meanwhile: authorise or token.
    """

    metric: Metric
    words: Mapping[type[Fact], str]
    card_for: str


Opening = Callable[[], AbstractAsyncContextManager[object]]
"""Opens something that a service needs by entering it, or says in one sentence why that is not possible."""


async def nothing() -> None:
    """What there is to remember where nothing is."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a handler has decided. The worker tells (delivers `say`), then remembers, then acknowledges, in that order.

    A fact in `say` follows from the event being handled. An Event in `say` is said as it is: it was said before, or
    follows from another cause, and must be recognisable as the same.
    """

    say: tuple[Fact | Event, ...] = ()
    remember: Callable[[], Awaitable[object]] = nothing


async def let_be(event: Event) -> None:
    """Nothing is to be looked at before an event is handled."""


@dataclass(frozen=True, slots=True)
class Round:
    """What is looked after by the clock: `go` finds what is due now, and each Done of it is told, then remembered.

    Every replica makes its rounds, and one that died in between has them made again: as a handler, `go` must then lead
    to the same, so a Done of it says events as they are. It raises Unavailable or OutcomeUnknown where it cannot be
    done now; the next round comes after `every_s` seconds in any case.
    """

    name: str
    every_s: float
    go: Callable[[], AsyncGenerator[Done, None]]


Handler = Callable[[Event], Awaitable[Done]]
"""Handles one event. It may be called again for the same event at any time, and must then lead to the same.

It raises Unavailable or OutcomeUnknown to be called again (soon, then by schedule), Poison to have the event
dead-lettered, NeedsHuman to have a human paged as well, BrokenInvariant to have its session quarantined. After
anything else it is called again by schedule. One that takes longer than a limit (a setting) is ended, and counts as
the latter.
"""


@dataclass(frozen=True, slots=True)
class Service:
    """A service as the worker sees it. `name` is its consumer group; what it `opens` is open while events are heard.

    `posts` are paths that it answers on a port of their own, such as a provider's webhook; `probes` say by name whether
    what it needs can be used. `longest_s` is how long a handler may take at most, by its settings and the provider's
    (seconds). `before` is called with each event before its handler, and raises what a handler may raise. `rounds` are
    made beside the handling of events. `answers` says for which facts somebody waits.
    """

    name: str
    hears: Mapping[type[Fact], Handler]
    opens: tuple[Opening, ...] = ()
    says: tuple[type[Fact], ...] = ()
    longest_s: float = 0.0
    posts: Mapping[str, Route] = field(default_factory=dict)
    probes: Mapping[str, Probe] = field(default_factory=dict)
    answers: Mapping[type[Fact], Answers] = field(default_factory=dict)
    before: Callable[[Event], Awaitable[None]] = let_be
    rounds: tuple[Round, ...] = ()

    @property
    def source(self) -> str:
        """The CloudEvents source of what it says."""
        return f"/tapwatt/{self.name}"
