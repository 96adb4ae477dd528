"""What a service remembers of a session, kept in the process itself: for tests and simulations."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tapwatt.clock import Clock, milliseconds
from tapwatt.state.view import Generation
from tapwatt.testing.view import InMemoryView


@dataclass(slots=True)
class Remembered:
    """What is known of one session, and until when it is kept."""

    until: datetime
    fields: dict[str, bytes] = field(default_factory=dict)


Sessions = dict[str, Remembered]


def sessions_view(clock: Clock, *, whole: bool = False) -> InMemoryView[Sessions]:
    """A view that keeps sessions in the process."""
    return InMemoryView[Sessions](dict, clock, whole=whole)


class InMemorySessionStore:
    """Remembers in the process itself: for tests and simulations."""

    def __init__(self, view: InMemoryView[Sessions], clock: Clock, into: Generation | None = None) -> None:
        self._view = view
        self._clock = clock
        self._into = into

    def into(self, generation: Generation) -> InMemorySessionStore:
        """The same store as a rebuild writes it."""
        return InMemorySessionStore(self._view, self._clock, generation)

    async def remember(
        self, session_id: str, field: str, value: bytes, *, ttl_s: float, of: datetime | None = None
    ) -> dict[str, bytes]:
        """Remember it for at least this long (seconds), unless the field is known; return all that is known after."""
        until = self._clock.now() + timedelta(seconds=ttl_s)
        standing = self._known(self._view.reading(self._into), session_id, until).fields
        if of is None:
            standing.setdefault(field, value)
        elif f"{field}@" not in standing or int(standing[f"{field}@"]) < milliseconds(of):
            standing |= {field: value, f"{field}@": b"%d" % milliseconds(of)}
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
