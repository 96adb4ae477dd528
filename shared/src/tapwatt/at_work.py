"""What a task is at work on: whose lines it logs, how long a driver took, and whether an outcome is unknown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(eq=False, slots=True)
class AtWork:
    """One record that is being handled, or one round. `notes` stand on every line that is logged meanwhile.

    `since` is when it began (UTC). `driver_s` are the seconds that a driver took at a terminal; `unknown_since` is when
    (monotonic seconds) a request was sent of which nobody knows yet what became of it. `spans` are what was done
    meanwhile (tapwatt.spans); None where tracing is off.
    """

    notes: dict[str, str] = field(default_factory=dict)
    trace_id: str = ""
    since: datetime | None = None
    driver_s: float = 0.0
    unknown_since: float | None = None
    spans: list[Any] | None = None


_AT_WORK: ContextVar[AtWork | None] = ContextVar("tapwatt_at_work", default=None)


@contextmanager
def working_on(one: AtWork) -> Iterator[None]:
    """Whatever this task, and the tasks that it starts, do in this block is done for that."""
    before = _AT_WORK.set(one)
    try:
        yield
    finally:
        _AT_WORK.reset(before)


class Works:
    """All that a worker is at work on."""

    def __init__(self) -> None:
        self._all: set[AtWork] = set()

    @contextmanager
    def on(self, one: AtWork) -> Iterator[None]:
        """As working_on, and counted meanwhile."""
        self._all.add(one)
        try:
            with working_on(one):
                yield
        finally:
            self._all.discard(one)

    def unknown(self) -> list[float]:
        """Since when (monotonic seconds) each outcome is unknown that is."""
        return [one.unknown_since for one in self._all if one.unknown_since is not None]


def at_work() -> AtWork | None:
    """What this task is at work on; None outside of any handling."""
    return _AT_WORK.get()


def driver_took(seconds: float) -> None:
    """A driver took so long at a terminal: not our time, and not the provider's."""
    one = _AT_WORK.get()
    if one is not None:
        one.driver_s += seconds


def outcome_unknown(now: float) -> None:
    """Something was sent to the provider of which nobody knows what became of it; `now` in monotonic seconds."""
    one = _AT_WORK.get()
    if one is not None and one.unknown_since is None:
        one.unknown_since = now


def outcome_known() -> None:
    """It is known what became of whatever was sent."""
    one = _AT_WORK.get()
    if one is not None:
        one.unknown_since = None
