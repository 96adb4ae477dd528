"""Sets a record aside that cannot be handled now: by schedule, among the dead letters, or with its whole session."""

from __future__ import annotations

from datetime import timedelta

from tapwatt import crash_windows as crash
from tapwatt.clock import Clock
from tapwatt.errors import BrokenInvariant
from tapwatt.facts.codec import Event, begin, encode
from tapwatt.facts.events import EventRejected
from tapwatt.facts.topics import Topics
from tapwatt.log import Log
from tapwatt.metrics.of_a_worker import BROKEN_INVARIANTS, DEAD_LETTERS, EVENTS_REJECTED
from tapwatt.metrics.registry import Metrics
from tapwatt.worker.moved_records import LONGEST_REASON, Delay, Kind, QuarantinedWith, dead_letter, delayed
from tapwatt.worker.quarantined_sessions import Quarantine, Quarantined
from tapwatt.worker.records import Incoming, Outgoing, Produce, origin
from tapwatt.worker.rejections import id_of, rejection
from tapwatt.worker.retry_schedule import next_try

QUARANTINED_BY = "session_id"
"""Only what is keyed by its session is quarantined: a terminal or an offer that stopped would stop many."""


class SettingAside:
    """Where the records of one service go. Each method returns the outcome in one word once it stands on the log."""

    def __init__(
        self,
        service: str,
        produce: Produce,
        *,
        topics: Topics,
        clock: Clock,
        metrics: Metrics,
        log: Log,
        quarantine: Quarantine,
    ) -> None:
        self._service = service
        self._produce = produce
        self._topics = topics
        self._clock = clock
        self._metrics = metrics
        self._log = log
        self._quarantine = quarantine
        for kind in Kind:
            metrics.count(DEAD_LETTERS, kind, by=0)

    async def schedule(self, record: Incoming, delay: Delay | None, kind: Kind, why: str) -> str:
        """To a retry topic until its next try is due; to the dead letters once the schedule is over."""
        scheduled = delay.scheduled if delay else 0
        tier = next_try(scheduled)
        if tier is None:
            return await self.dead_letter(record, delay, kind, f"given up after {scheduled} scheduled tries: {why}")
        due = self._clock.now() + timedelta(seconds=tier.delay_s)
        topic = self._topics.retry(self._service, tier.name)
        again = Delay(
            _came_from(record, delay),
            scheduled + 1,
            due,
            replays=delay.replays if delay else "",
            letter=delay.letter if delay else "",
        )
        self._log.warning(
            "delayed until its next try", reason=why, origin=again.origin, due=due.isoformat(), scheduled=scheduled
        )
        await self._aside("retry", [delayed(record, topic, again, kind, why)])
        return "scheduled"

    async def dead_letter(self, record: Incoming, delay: Delay | None, kind: Kind, reason: str) -> str:
        """To the dead letters, until a human has looked."""
        await self._aside("dead-letter", self._letter(record, delay, kind, reason))
        return "dead_lettered"

    async def quarantine(self, record: Incoming, event: Event, delay: Delay | None, error: BrokenInvariant) -> str:
        """To the dead letters, and its session into quarantine. A terminal or an offer is never quarantined."""
        self._metrics.count(BROKEN_INVARIANTS)
        reason = str(error)[:LONGEST_REASON]
        if event.fact.keyed_by != QUARANTINED_BY:
            self._log.critical("we or the provider are wrong", reason=reason, origin=origin(record))
            return await self.dead_letter(record, delay, Kind.BROKEN_INVARIANT, reason)
        self._log.critical(
            "session quarantined: to release it mend the cause and run 'tapwatt dlq replay'",
            reason=reason,
            origin=origin(record),
            session=event.fact.identity or event.fact.key,
        )
        session = quarantined_as(event)
        begins = Quarantined(reason, _came_from(record, delay), self._clock.now().isoformat())
        with self._quarantine.deciding(session, begins) as said:
            letter = self._letter(record, delay, Kind.BROKEN_INVARIANT, reason, begins, session)
            await self._aside("quarantine", [*letter, said])
        return "quarantined"

    async def with_its_session(self, record: Incoming, session: bytes, delay: Delay | None, stands: Quarantined) -> str:
        """To the dead letters, where its session is. The first record comes again if its acknowledgement was lost."""
        first = _came_from(record, delay) == stands.origin
        reason = stands.reason if first else f"its session is quarantined since {stands.origin}: {stands.reason}"
        await self._aside("parking", self._letter(record, delay, Kind.QUARANTINED, reason, stands, session))
        return "quarantined"

    async def release(self, record: Incoming, session: bytes, stands: Quarantined) -> None:
        """The session's quarantine ends: all that was set aside of it has been replayed."""
        self._log.info("session released", origin=origin(record), was=stands.reason)
        await self._aside("release", [self._quarantine.released(session, stands)])
        self._quarantine.forget_one(session, stands)

    async def _aside(self, what: str, outgoing: list[Outgoing]) -> None:
        if crash.armed:
            await crash.armed(f"before-{what}")
        await self._produce(outgoing)
        if crash.armed:
            await crash.armed(f"after-{what}")

    def _letter(
        self,
        record: Incoming,
        delay: Delay | None,
        kind: Kind,
        reason: str,
        quarantined: Quarantined | None = None,
        session: bytes = b"",
    ) -> list[Outgoing]:
        """The letter, and what its author hears of it, if it comes from outside."""
        self._metrics.count(DEAD_LETTERS, kind)
        self._log.error("dead-lettered", reason=reason, origin=origin(record))
        at, name = self._clock.now(), QuarantinedWith(quarantined.at, session.decode()) if quarantined else None
        letter = dead_letter(record, self._topics.dead_letters, self._service, kind, reason, at, delay, name)
        told = rejection(record, _came_from(record, delay), reason, kept=quarantined is not None, topics=self._topics)
        if told is None:
            return [letter]
        self._metrics.count(EVENTS_REJECTED)
        event = begin(told, id_of(told), f"/tapwatt/{self._service}", at)
        return [letter, Outgoing(self._topics.of(EventRejected), *encode(event))]


def quarantined_as(event: Event) -> bytes:
    """The name of a session among the quarantined ones: operator/session, or the id alone where no operator is said."""
    return (event.fact.identity or event.fact.key).encode()


def _came_from(record: Incoming, delay: Delay | None) -> str:
    return delay.origin if delay else origin(record)
