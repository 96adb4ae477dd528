"""What a step remembers of a session, so that a fact said again is answered from what is known."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from tapwatt.clock import Clock
from tapwatt.view import Build, RedisView
from tapwatt.view_memory import InProcessView


class Remembers(Protocol):
    """A few named things of each session. What was remembered first stays; Unavailable while the view is not whole."""

    async def remember(self, session_id: str, field: str, value: bytes, *, ttl_s: float) -> dict[str, bytes]:
        """Remember it for at least this long (seconds), unless the field is known; return all that is known after."""
        ...

    async def recall(self, session_id: str) -> dict[str, bytes]:
        """All that is known of the session; empty if there is nothing, which is then certain."""
        ...


class InRedis:
    """Remembers in a step's own keys in Redis: a hash a session, one call a step."""

    def __init__(self, view: RedisView, into: Build | None = None) -> None:
        self._view = view
        self._into = into
        self._remember = view.script("tapwatt", "memory_remember.lua")
        self._recall = view.script("tapwatt", "memory_recall.lua")

    def into(self, build: Build) -> InRedis:
        """The same memory as a rebuild writes it."""
        return InRedis(self._view, build)

    async def remember(self, session_id: str, field: str, value: bytes, *, ttl_s: float) -> dict[str, bytes]:
        """Remember it for at least this long (seconds), unless the field is known; return all that is known after."""
        life_ms = int(ttl_s * 1000)
        return _fields(await self._view.run(self._remember, session_id, field, value, life_ms, into=self._into))

    async def recall(self, session_id: str) -> dict[str, bytes]:
        """All that is known of the session."""
        return _fields(await self._view.run(self._recall, session_id, into=self._into))


@dataclass(slots=True)
class Remembered:
    """What is known of one session, and until when it is kept."""

    until: datetime
    fields: dict[str, bytes] = field(default_factory=dict)


Sessions = dict[str, Remembered]


def sessions_view(clock: Clock, *, whole: bool = False) -> InProcessView[Sessions]:
    """A view that keeps sessions in the process."""
    return InProcessView[Sessions](dict, clock, whole=whole)


class InProcess:
    """Remembers in the process itself: for tests and simulations."""

    def __init__(self, view: InProcessView[Sessions], clock: Clock, into: Build | None = None) -> None:
        self._view = view
        self._clock = clock
        self._into = into

    def into(self, build: Build) -> InProcess:
        """The same memory as a rebuild writes it."""
        return InProcess(self._view, self._clock, build)

    async def remember(self, session_id: str, field: str, value: bytes, *, ttl_s: float) -> dict[str, bytes]:
        """Remember it for at least this long (seconds), unless the field is known; return all that is known after."""
        until = self._clock.now() + timedelta(seconds=ttl_s)
        standing = self._known(self._view.reading(self._into), session_id, until).fields
        standing.setdefault(field, value)
        beside = self._view.beside(self._into)
        if beside is not None:
            self._known(beside, session_id, until).fields[field] = standing[field]
        return dict(standing)

    async def recall(self, session_id: str) -> dict[str, bytes]:
        """All that is known of the session."""
        known = self._view.reading(self._into).get(session_id)
        return dict(known.fields) if known and known.until > self._clock.now() else {}

    def _known(self, sessions: Sessions, session_id: str, until: datetime) -> Remembered:
        known = sessions.get(session_id)
        if known is None or known.until <= self._clock.now():
            known = sessions[session_id] = Remembered(until)
        known.until = max(known.until, until)
        return known


def _fields(flat: list[bytes]) -> dict[str, bytes]:
    return {name.decode(): value for name, value in zip(flat[::2], flat[1::2], strict=True)}
