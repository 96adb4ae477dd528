"""What a fleet has heard, sorted by the session or the stop it is about, so that each driver waits for their own."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TypeVar

from tapwatt.errors import TapwattError
from tapwatt.facts.codec import Event
from tapwatt.facts.fact import Fact

F = TypeVar("F", bound=Fact)


class StillWaiting(TapwattError):
    """A fact that a driver waits for has not come in time."""


class Inbox:
    """Every event once, under its session (operator/session, and the id alone) and its stop_id; a rejection under the
    rejected key.
    """

    def __init__(self) -> None:
        self._about: dict[str, list[Event]] = defaultdict(list)
        self._bell: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._known: set[str] = set()

    def put(self, event: Event) -> None:
        """Take in an event and wake who waits for it. A redelivery changes nothing."""
        if event.envelope.id in self._known:
            return
        self._known.add(event.envelope.id)
        names = {getattr(event.fact, name, None) for name in ("identity", "session_id", "stop_id", "rejected_key")}
        for about in (name for name in names if isinstance(name, str)):
            self._about[about].append(event)
            self._bell[about].set()

    def about(self, name: str) -> list[Event]:
        """Everything heard about this session or stop."""
        return list(self._about[name])

    async def first(self, about: str, *kinds: type[F], within_s: float) -> tuple[Event, F]:
        """The first fact of one of these kinds about this session or stop. StillWaiting says what came instead."""
        bell = self._bell[about]
        try:
            async with asyncio.timeout(within_s):
                while True:
                    for event in self._about[about]:
                        if isinstance(event.fact, kinds):
                            return event, event.fact
                    bell.clear()
                    await bell.wait()
        except TimeoutError:
            wanted = " or ".join(kind.name for kind in kinds)
            heard = ", ".join(event.fact.name for event in self._about[about]) or "nothing"
            raise StillWaiting(f"{about}: no {wanted} within {within_s:g} s; heard {heard}") from None
