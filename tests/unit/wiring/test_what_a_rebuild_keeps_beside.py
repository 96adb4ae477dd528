"""Each service, put together as its process is, has again what the clock looks after once its view was rebuilt."""

from __future__ import annotations

import importlib
from datetime import datetime
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from tests.unit.cli.ops.test_audit_differences import NOW, settled
from tests.unit.worker.hand_clock import HandClock

from tapwatt.clock import SystemClock
from tapwatt.facts.events import Authorised
from tapwatt.log import quiet
from tapwatt.metrics.of_a_worker import OF_A_WORKER
from tapwatt.metrics.registry import Metrics
from tapwatt.testing.session_store import InMemorySessionStore, sessions_view
from tapwatt.wiring.process import Runtime
from tapwatt.worker.supervisor import Supervisor

DUE = {"authoriser": {"expiring"}, "tariff": {"stale", "running out"}, "capturer": {"settled"}}
"""What is due of a session that was authorised, and captured for the capturer."""


class Recorded:
    """Takes what a service hands to its remembered sessions, and connects to nothing."""

    besides: Any = None

    def __init__(self, *given: Any, besides: Any = None, **_: Any) -> None:
        Recorded.besides = staticmethod(besides or next(one for one in given if callable(one)))
        self.store = self.deadlines = self.view = None
        self.posts: dict[str, Any] = {}
        self.probes: dict[str, Any] = {}

    def opened(self) -> Any:
        raise AssertionError("nothing is opened here")


class Noted:
    """Deadlines that only note what they are told."""

    def __init__(self) -> None:
        self.kinds: set[str] = set()

    async def set(self, kind: str, name: str, due: datetime) -> None:
        self.kinds.add(kind)

    async def clear(self, kind: str, name: str) -> None:
        pass


@pytest.mark.parametrize("service", ["authoriser", "tariff", "capturer"])
async def test_s21_what_is_looked_after_by_the_clock_is_due_again_after_a_rebuild(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAPWATT_PROVIDER_BASE_URL", "http://127.0.0.1:1/api/v1")
    monkeypatch.setenv("TAPWATT_PROVIDER_API_KEY", "t_key")
    monkeypatch.setenv("TAPWATT_FINGERPRINT_KEYS", "1:" + "ab" * 32)
    module = importlib.import_module(f"{service}.__main__")
    monkeypatch.setattr(module, "RememberedSessions", Recorded)
    clock: Any = HandClock(NOW)
    async with Supervisor(SystemClock(), quiet(), lambda task: None) as tasks:
        module.build(Runtime(clock, quiet(), Metrics(CollectorRegistry(), OF_A_WORKER), tasks))
    deadlines = Noted()
    heard = settled("s1").events
    if service != "capturer":
        heard = [one for one in heard if isinstance(one.fact, Authorised)]
    store = InMemorySessionStore(sessions_view(clock, whole=True), clock)
    for event in heard:
        await Recorded.besides(store, deadlines, event)
    assert deadlines.kinds == DUE[service]
