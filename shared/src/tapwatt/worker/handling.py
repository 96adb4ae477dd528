"""What happens to one record, from its bytes to its acknowledgement; and what each kind of failure leads to."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import TypeVar

from tapwatt import crash_windows as crash
from tapwatt.at_work import AtWork, Works, at_work
from tapwatt.clock import Clock
from tapwatt.errors import BrokenInvariant, NeedsHuman, OutcomeUnknown, Poison, Unavailable
from tapwatt.facts.codec import LARGEST_EVENT, Event, decode, encode, follow
from tapwatt.facts.fact import Fact, reason_words
from tapwatt.facts.topics import Topics, fact_type
from tapwatt.log import Log
from tapwatt.metrics.of_a_worker import DRIVER, EVENT_AGE, HANDLING, NEEDS_HUMAN, PRODUCED, RETRIES, UNFORESEEN
from tapwatt.metrics.registry import Metrics
from tapwatt.retry import RetryPolicy, retrying
from tapwatt.worker.moved_records import Delay, Kind, delay_of
from tapwatt.worker.quarantined_sessions import Quarantine
from tapwatt.worker.records import Incoming, Outgoing, Produce, logged_at, origin
from tapwatt.worker.retry_schedule import SCHEDULE
from tapwatt.worker.service import Done, Round, Service, nothing
from tapwatt.worker.setting_aside import QUARANTINED_BY, SettingAside, quarantined_as
from tapwatt.worker.tasks import foreseen
from tapwatt.worker.time_limit import TimeLimit
from tapwatt.worker.traces import Traces

T = TypeVar("T")

UNREADABLE = "unreadable"
"""What stands for the fact of a record that is none."""


class Handling:
    """Handles one record for a service: validate, decide, tell, remember; then the caller acknowledges.

    It is total. It returns when the record is done for good, or a dead letter, or delayed in a retry topic, whatever is
    raised on the way.

    `limit_s` is the longest that a handler may take with all its tries, and the longest to remember what it said. It
    must be above what a driver and a provider may take together.
    """

    def __init__(
        self,
        service: Service,
        produce: Produce,
        *,
        topics: Topics,
        clock: Clock,
        chance: Random,
        metrics: Metrics,
        log: Log,
        policy: RetryPolicy | None = None,
        quarantine: Quarantine | None = None,
        limit_s: float = 1800.0,
        traces: Traces | None = None,
    ) -> None:
        self._service = service
        self._produce = produce
        self._topics = topics
        self._clock = clock
        self._metrics = metrics
        self._log = log.bind(service=service.name)
        self._policy = replace(policy or RetryPolicy(), chance=chance)
        self._tireless = replace(self._policy, tries=None)
        own = Quarantine(topics.quarantine(service.name))
        self._quarantine = own if quarantine is None else quarantine
        self._aside = SettingAside(
            service.name,
            self._tell,
            topics=topics,
            clock=clock,
            metrics=metrics,
            log=self._log,
            quarantine=self._quarantine,
        )
        self._limit = TimeLimit(limit_s)
        self._works = Works()
        self._traces = traces
        self._in_vain: set[str] = set()
        for said in service.says:
            for word in reason_words(said):
                metrics.count(PRODUCED, said.name, word, by=0)
        self._retry_topics = topics.retries(service.name)
        self._handlers = {fact_type(fact): handler for fact, handler in service.hears.items()}

    async def __call__(self, record: Incoming) -> None:
        """Handle one record until it may be acknowledged."""
        delay = delay_of(record) if record.topic in self._retry_topics else None
        if delay is not None:
            await self._until(delay)
        begun = self._clock.monotonic()
        try:
            event = self._read(record, delay)
        except Poison as error:
            outcome = await self._aside.dead_letter(record, delay, Kind.POISON, str(error))
            self._metrics.observe(HANDLING, self._clock.monotonic() - begun, UNREADABLE, outcome)
            return
        one = _at_work_on(event, self._clock.now())
        if self._traces is not None:
            one.spans = []
        with self._works.on(one):
            outcome = await self._unless_quarantined(record, event, delay)
        if self._traces is not None:
            self._traces.handled(record, event, one, outcome)
        fact, now = event.fact.name, self._clock.now()
        self._metrics.observe(HANDLING, self._clock.monotonic() - begun, fact, outcome, exemplar=one.trace_id)
        if outcome == "done":
            age_s = max((now - event.envelope.time).total_seconds(), 0.0)
            self._metrics.observe(EVENT_AGE, age_s, fact, exemplar=one.trace_id)

    @property
    def works(self) -> Works:
        """What is being handled."""
        return self._works

    @property
    def longest_s(self) -> float:
        """How long the oldest handler that has not ended is at work (seconds). Records that wait do not count."""
        return self._limit.longest_s

    def _read(self, record: Incoming, delay: Delay | None) -> Event:
        event = decode(record.key, record.value, record.headers)
        kind = event.envelope.type
        if kind not in self._handlers or (delay is None and self._topics.plain(record.topic) != kind):
            raise Poison(f"a {kind} does not belong in {record.topic}")
        return event if delay is not None else replace(event, logged_at=logged_at(record))

    async def _unless_quarantined(self, record: Incoming, event: Event, delay: Delay | None) -> str:
        if event.fact.keyed_by != QUARANTINED_BY:
            return await self._until_done(record, event, delay)
        await self._quarantine.known()
        session = quarantined_as(event)
        stands = self._quarantine.of(session)
        replays = delay is not None and stands is not None and delay.replays == stands.at
        if stands is not None and not replays:
            return await self._aside.with_its_session(record, session, delay, stands)
        outcome = await self._until_done(record, event, delay)
        if stands is not None and delay is not None and delay.last and self._quarantine.of(session) == stands:
            await self._aside.release(record, session, stands)
        return outcome

    async def make_round(self, one: Round) -> None:
        """Tell and remember whatever is due of a round. What cannot be done now is done in the next one.

        Finding one thing that is due may take as long as a handler may.
        """
        try:
            if crash.armed:
                await crash.armed("round-begins")
            async with contextlib.aclosing(one.go()) as due:
                while (done := await self._next(due)) is not None:
                    if crash.armed:
                        await crash.armed("round-due")
                    await self._say(done, [self._encoded(said) for said in done.say if isinstance(said, Event)])
                    await self._remember(done)
            if crash.armed:
                await crash.armed("round-over")
        except (Unavailable, OutcomeUnknown) as error:
            if one.name not in self._in_vain:
                self._in_vain.add(one.name)
                self._log.warning("not looked after now: again in each round", round=one.name, reason=str(error))
        else:
            if one.name in self._in_vain:
                self._in_vain.discard(one.name)
                self._log.info("looked after again", round=one.name)

    async def _next(self, due: AsyncGenerator[Done, None]) -> Done | None:
        with self._limit:
            return await anext(due, None)

    async def _say(self, done: Done, outgoing: Sequence[Outgoing]) -> None:
        if outgoing:
            sending = self._traces.sending(outgoing) if self._traces is not None else None
            if crash.armed:
                await crash.armed("before-produce")
            await self._tell(outgoing)
            if sending is not None:
                sending()
            if crash.armed:
                await crash.armed("after-produce")
        for said in done.say:
            fact = said.fact if isinstance(said, Event) else said
            self._metrics.count(PRODUCED, fact.name, fact.reason_word)

    async def _until_done(self, record: Incoming, event: Event, delay: Delay | None) -> str:
        try:
            handler = partial(self._handle, event)
            done = await self._within_limit(handler, self._policy, Unavailable, OutcomeUnknown)
            await self._say(done, [self._outgoing(event, said) for said in done.say])
            self._answered(event, done)
            await self._remember(done)
        except Poison as error:
            return await self._aside.dead_letter(record, delay, Kind.POISON, str(error))
        except NeedsHuman as error:
            self._metrics.count(NEEDS_HUMAN)
            self._log.critical("a human is needed", reason=str(error), origin=origin(record))
            return await self._aside.dead_letter(record, delay, Kind.NEEDS_HUMAN, str(error))
        except BrokenInvariant as error:
            return await self._aside.quarantine(record, event, delay, error)
        except (Unavailable, OutcomeUnknown) as error:
            kind = Kind.UNKNOWN if isinstance(error, OutcomeUnknown) else Kind.UNAVAILABLE
            return await self._aside.schedule(record, delay, kind, str(error))
        except BaseException as error:
            if foreseen(error):
                raise
            why = _where(error)
            self._metrics.count(UNFORESEEN)
            self._log.critical(
                "unforeseen error: tried again by schedule", reason=why, origin=origin(record), exc_info=error
            )
            return await self._aside.schedule(record, delay, Kind.UNFORESEEN, f"unforeseen error: {why}")
        return "done"

    def _answered(self, event: Event, done: Done) -> None:
        """How long somebody waited for an answer that was given now, without a driver's own time at a terminal."""
        answers, one = self._service.answers.get(type(event.fact)), at_work()
        if answers is None or one is None:
            return
        now = self._clock.now()
        for said in done.say:
            fact, at = (said.fact, said.envelope.time) if isinstance(said, Event) else (said, now)
            word = answers.words.get(type(fact))
            if word is not None and one.since is not None and at >= one.since:
                waited_s = (now - (event.logged_at or event.envelope.time)).total_seconds() - one.driver_s
                self._metrics.observe(answers.metric, max(waited_s, 0.0), word, exemplar=one.trace_id)
        if one.driver_s:
            self._metrics.observe(DRIVER, one.driver_s, answers.card_for, exemplar=one.trace_id)

    async def _handle(self, event: Event) -> Done:
        if crash.armed:
            await crash.armed("before-handling")
        await self._service.before(event)
        return await self._handlers[event.envelope.type](event)

    async def _remember(self, done: Done) -> None:
        if done.remember is not nothing:
            await self._within_limit(done.remember, self._tireless, Unavailable)

    async def _within_limit(self, call: Callable[[], Awaitable[T]], policy: RetryPolicy, *on: type[Exception]) -> T:
        with self._limit:
            return await retrying(call, on=on, policy=policy, clock=self._clock, failed=self._tried)

    def _tried(self, error: Exception, tried: int) -> None:
        self._metrics.count(RETRIES, type(error).__name__)

    def _outgoing(self, cause: Event, said: Fact | Event) -> Outgoing:
        if isinstance(said, Event):
            event = said
        else:
            event = follow(cause.envelope, said, self._service.source, self._clock.now())
        return self._encoded(event)

    def _encoded(self, event: Event) -> Outgoing:
        key, value, headers = encode(event)
        if len(value) > LARGEST_EVENT:
            raise BrokenInvariant(
                f"{event.fact.name} of {event.fact.key} is {len(value)} bytes, more than is ever read"
            )
        return Outgoing(self._topics.of(type(event.fact)), key, value, headers)

    async def _tell(self, outgoing: Sequence[Outgoing]) -> None:
        """Deliver until it is known to be delivered: the same bytes under the same id, so twice is no harm."""

        def failed(error: Exception, tried: int) -> None:
            self._metrics.count(RETRIES, "Delivery")
            self._log.warning("not produced yet", reason=repr(error), tries=tried)

        await retrying(
            lambda: self._produce(outgoing),
            on=(OSError, Unavailable),
            policy=self._tireless,
            clock=self._clock,
            failed=failed,
        )

    async def _until(self, delay: Delay) -> None:
        left = (delay.due - self._clock.now()).total_seconds()
        if left > 0:
            await self._clock.sleep(min(left, SCHEDULE[-1].delay_s))  # nothing of ours is due later than that


def _at_work_on(event: Event, now: datetime) -> AtWork:
    """What stands on the lines of its handling: whose session, which event. Never what is in it."""
    notes = {"event_id": event.envelope.id, "fact": event.fact.name}
    name = event.fact.identity or event.fact.key
    notes["session" if event.fact.keyed_by == QUARANTINED_BY else event.fact.keyed_by] = name
    trace_id = (event.envelope.traceparent or "")[3:35]
    if trace_id:
        notes["trace_id"] = trace_id
    return AtWork(notes, trace_id, now)


def _where(error: BaseException) -> str:
    """The error's kind and the line that raised it. Never its text, which may quote a card: the log has the rest."""
    frames = traceback.extract_tb(error.__traceback__)
    return (
        f"{type(error).__name__} at {Path(frames[-1].filename).name}:{frames[-1].lineno}"
        if frames
        else repr(type(error))
    )
