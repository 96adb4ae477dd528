"""What the exporter hears of sessions: each record of a fact's topic is noted and counted, or skipped if it is none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from tapwatt.clock import Clock
from tapwatt.errors import Poison
from tapwatt.facts.codec import Event, decode
from tapwatt.facts.fact import Fact
from tapwatt.facts.topics import Topics
from tapwatt.worker.records import Incoming
from tapwatt_watch.exporter.counted import AT_SITES, Counted
from tapwatt_watch.log_time import log_time
from tapwatt_watch.open_holds import HEARD, OpenHolds

FORGETS_EVERY = 20_000
"""Records. While a long log is read, what is settled is let go meanwhile."""

FORGETS_EVERY_S = 10.0


class Sessions:
    """Open holds and disputes as they stand, and what is counted from now on."""

    def __init__(self, topics: Topics, clock: Clock, days: float, counted: Callable[[datetime], Counted]) -> None:
        self._topics = topics
        self._clock = clock
        self._remembered = timedelta(days=days)
        self._count_since = counted
        self._read = 0
        self._forgot_at = 0.0
        self.anew()

    @property
    def moments(self) -> dict[str, datetime]:
        """From when on each topic is read: sessions as far back as they are remembered, the rest from now on."""
        back = max(self.counted.since - self._remembered, datetime.fromtimestamp(0, self.counted.since.tzinfo))
        later: dict[type[Fact], datetime] = dict.fromkeys(AT_SITES, self.counted.since)
        return {self._topics.of(fact): at for fact, at in (later | dict.fromkeys(HEARD, back)).items()}

    def anew(self) -> None:
        """The log is read anew: nothing stands, and what was counted stays counted."""
        self.holds = OpenHolds(self._remembered)
        self.counted = self._count_since(self._clock.now())

    def heard(self, record: Incoming) -> None:
        """Take note of a record, whatever it is made of."""
        event = self._fact_in(record)
        if event is not None:
            at = log_time(record) or event.envelope.time
            new = self.holds.note(event.fact, at, _trace(event))
            self.counted.fact(event, at, new)
            for one in self.holds.settled():
                self.counted.settled(one)
        self._read += 1
        now = self._clock.monotonic()
        if self._read >= FORGETS_EVERY or now - self._forgot_at >= FORGETS_EVERY_S:
            self.forget()

    def forget(self) -> None:
        """Let go of what is settled or too old."""
        self._read, self._forgot_at = 0, self._clock.monotonic()
        for one in self.holds.forget(self._clock.now()):
            self.counted.settled(one)

    def _fact_in(self, record: Incoming) -> Event | None:
        """The fact, or None where the record is none, or none of its topic: that is nobody's word."""
        try:
            event = decode(record.key, record.value, record.headers)
        except Poison:
            return None
        return event if self._topics.of(type(event.fact)) == record.topic else None


def _trace(event: Event) -> str:
    return (event.envelope.traceparent or "")[3:35]
