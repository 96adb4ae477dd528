"""What happens to one record, from its bytes to its acknowledgement; and what each kind of failure leads to."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import NoReturn, TypeVar

from tapwatt.clock import Clock
from tapwatt.codec import LARGEST_EVENT, Event, decode, encode, follow
from tapwatt.errors import BadCredentials, BrokenInvariant, NeedsHuman, OutcomeUnknown, Poison, Unavailable
from tapwatt.events import Fact
from tapwatt.log import Log
from tapwatt.retry import RetryPolicy, retrying
from tapwatt.topics import Topics, fact_type
from tapwatt.worker.endings import foreseen
from tapwatt.worker.metrics import WorkerMetrics
from tapwatt.worker.parking import LONGEST_REASON, Waiting, later, parked, waiting
from tapwatt.worker.quarantine import Quarantine, Quarantined
from tapwatt.worker.records import Deliver, Incoming, Outgoing, origin
from tapwatt.worker.schedule import SCHEDULE, next_try
from tapwatt.worker.service import Done, Handler, Service, nothing

T = TypeVar("T")

QUARANTINED_BY = "session_id"
"""Only what is keyed by its session is quarantined: a terminal or an offer that stopped would stop many."""


class Handling:
    """Handles one record for a service: validate, decide, tell, remember; then the caller acknowledges.

    It is total. It returns when the record is done for good, or parked, or waits in a retry topic, whatever is raised
    on the way. The one thing after which it never returns is a provider that does not take our key: that ends the
    worker, because every other call would fail too.

    `limit_s` is the longest that a handler may take with all its tries, and the longest to remember what it said. It
    must be above what a driver and a provider may take together.
    """

    def __init__(
        self,
        service: Service,
        deliver: Deliver,
        *,
        topics: Topics,
        clock: Clock,
        chance: Random,
        metrics: WorkerMetrics,
        log: Log,
        fatal: Callable[[BaseException], None],
        policy: RetryPolicy | None = None,
        quarantine: Quarantine | None = None,
        limit_s: float = 900.0,
    ) -> None:
        self._service = service
        self._deliver = deliver
        self._topics = topics
        self._clock = clock
        self._metrics = metrics
        self._log = log.bind(service=service.name)
        self._fatal = fatal
        self._policy = replace(policy or RetryPolicy(), chance=chance)
        self._tireless = replace(self._policy, tries=None)
        own = Quarantine(topics.quarantine(service.name))
        self._quarantine = own if quarantine is None else quarantine
        self._limit_s = limit_s
        self._since: dict[object, float] = {}
        self._retry_topics = {topics.retry(service.name, tier.name) for tier in SCHEDULE}
        self._handlers = {fact_type(fact): handler for fact, handler in service.hears.items()}

    async def __call__(self, record: Incoming) -> None:
        """Handle one record until it may be acknowledged."""
        waited = waiting(record) if record.topic in self._retry_topics else None
        if waited is not None:
            await self._until(waited)
        begun = self._clock.monotonic()
        try:
            event = self._read(record, waited)
        except Poison as error:
            outcome = await self._park(record, waited, str(error))
        else:
            outcome = await self._unless_quarantined(record, event, waited)
        self._metrics.handled(self._topics.plain(record.topic), outcome, self._clock.monotonic() - begun)

    @property
    def longest_s(self) -> float:
        """How long the oldest handler that has not ended is at work (seconds). Records that wait do not count."""
        return self._clock.monotonic() - next(iter(self._since.values())) if self._since else 0.0

    def _read(self, record: Incoming, waited: Waiting | None) -> Event:
        event = decode(record.key, record.value, record.headers)
        kind = event.envelope.type
        if kind not in self._handlers or (waited is None and self._topics.plain(record.topic) != kind):
            raise Poison(f"a {kind} does not belong in {record.topic}")
        return event

    async def _unless_quarantined(self, record: Incoming, event: Event, waited: Waiting | None) -> str:
        if event.fact.keyed_by != QUARANTINED_BY:
            return await self._until_done(record, event, waited)
        await self._quarantine.known()
        stands = self._quarantine.of(record.key)
        replays = waited is not None and stands is not None and waited.replays == stands.at
        if stands is not None and not replays:
            return await self._follow(record, waited, stands)
        outcome = await self._until_done(record, event, waited)
        if stands is not None and waited is not None and waited.last and self._quarantine.of(record.key) == stands:
            await self._release(record, stands)
        return outcome

    async def _until_done(self, record: Incoming, event: Event, waited: Waiting | None) -> str:
        try:
            done = await self._decide(self._handlers[event.envelope.type], event)
            if done.say:
                await self._tell([self._outgoing(event, said) for said in done.say])
            await self._remember(done)
        except Poison as error:
            return await self._park(record, waited, str(error))
        except NeedsHuman as error:
            self._metrics.needs_human()
            self._log.critical("a human is needed", why=str(error), origin=origin(record))
            return await self._park(record, waited, str(error))
        except BadCredentials as error:
            self._log.critical("stopped", why=str(error), origin=origin(record))
            self._fatal(error)
            await _for_ever()
        except BrokenInvariant as error:
            return await self._break(record, event, waited, error)
        except (Unavailable, OutcomeUnknown) as error:
            return await self._schedule(record, waited, str(error))
        except BaseException as error:
            if foreseen(error):
                raise
            why = _where(error)
            self._metrics.unforeseen()
            self._log.critical("nobody foresaw this", why=why, origin=origin(record), exc_info=error)
            return await self._schedule(record, waited, f"nobody foresaw this: {why}")
        return "done"

    async def _decide(self, handler: Handler, event: Event) -> Done:
        return await self._within_limit(partial(handler, event), self._policy, Unavailable, OutcomeUnknown)

    async def _remember(self, done: Done) -> None:
        if done.remember is not nothing:
            await self._within_limit(done.remember, self._tireless, Unavailable)

    async def _within_limit(self, call: Callable[[], Awaitable[T]], policy: RetryPolicy, *on: type[Exception]) -> T:
        begun = object()
        self._since[begun] = self._clock.monotonic()
        try:
            async with asyncio.timeout(self._limit_s):
                return await retrying(call, on=on, policy=policy, clock=self._clock, failed=self._tried)
        finally:
            del self._since[begun]

    def _tried(self, error: Exception, tried: int) -> None:
        self._metrics.tried_again(type(error).__name__)

    def _outgoing(self, cause: Event, said: Fact | Event) -> Outgoing:
        if isinstance(said, Event):
            event = said
        else:
            event = follow(cause.envelope, said, self._service.source, self._clock.now())
        key, value, headers = encode(event)
        if len(value) > LARGEST_EVENT:
            raise BrokenInvariant(
                f"{event.fact.name} of {event.fact.key} is {len(value)} bytes, more than is ever read"
            )
        self._metrics.said(event.fact.name)
        return Outgoing(self._topics.of(type(event.fact)), key, value, headers)

    async def _tell(self, outgoing: Sequence[Outgoing]) -> None:
        """Deliver until it is known to be delivered: the same bytes under the same id, so twice is no harm."""

        def failed(error: Exception, tried: int) -> None:
            self._metrics.tried_again("Delivery")
            self._log.warning("not delivered yet", why=repr(error), tries=tried)

        await retrying(
            lambda: self._deliver(outgoing),
            on=(OSError, Unavailable),
            policy=self._tireless,
            clock=self._clock,
            failed=failed,
        )

    async def _until(self, waited: Waiting) -> None:
        left = (waited.due - self._clock.now()).total_seconds()
        if left > 0:
            await self._clock.sleep(min(left, SCHEDULE[-1].delay_s))  # nothing of ours is due later than that

    async def _schedule(self, record: Incoming, waited: Waiting | None, why: str) -> str:
        scheduled = waited.scheduled if waited else 0
        tier = next_try(scheduled)
        if tier is None:
            return await self._park(record, waited, f"given up after {scheduled} scheduled tries: {why}")
        due = self._clock.now() + timedelta(seconds=tier.delay_s)
        topic = self._topics.retry(self._service.name, tier.name)
        again = Waiting(_came_from(record, waited), scheduled + 1, due, waited.replays if waited else "")
        self._log.warning("tried again later", why=why, origin=again.origin, due=due.isoformat(), scheduled=scheduled)
        await self._tell([later(record, topic, again, why)])
        return "scheduled"

    async def _park(self, record: Incoming, waited: Waiting | None, reason: str) -> str:
        await self._tell([self._letter(record, waited, reason)])
        return "parked"

    async def _break(self, record: Incoming, event: Event, waited: Waiting | None, error: BrokenInvariant) -> str:
        """Park the record, and quarantine its session. A terminal or an offer is never quarantined."""
        self._metrics.broken_invariant()
        reason, key = str(error)[:LONGEST_REASON], record.key
        if event.fact.keyed_by != QUARANTINED_BY or key is None:
            self._log.critical("we or the provider are wrong", why=reason, origin=origin(record))
            return await self._park(record, waited, reason)
        self._log.critical("session quarantined", why=reason, origin=origin(record), session=event.fact.key)
        begins = Quarantined(reason, _came_from(record, waited), self._clock.now().isoformat())
        with self._quarantine.deciding(key, begins) as said:
            await self._tell([self._letter(record, waited, reason, begins), said])
        return "quarantined"

    async def _follow(self, record: Incoming, waited: Waiting | None, stands: Quarantined) -> str:
        """Park a record of a quarantined session. The first one comes again where its acknowledgement was lost."""
        first = _came_from(record, waited) == stands.origin
        reason = stands.reason if first else f"its session is quarantined since {stands.origin}: {stands.reason}"
        await self._tell([self._letter(record, waited, reason, stands)])
        return "quarantined"

    async def _release(self, record: Incoming, stands: Quarantined) -> None:
        assert record.key is not None
        self._log.info("session released", origin=origin(record), was=stands.reason)
        await self._tell([self._quarantine.released(record.key, stands)])
        self._quarantine.forget_one(record.key, stands)

    def _letter(
        self, record: Incoming, waited: Waiting | None, reason: str, quarantined: Quarantined | None = None
    ) -> Outgoing:
        self._metrics.parked_one()
        self._log.error("parked", why=reason, origin=origin(record))
        at, name = self._clock.now(), quarantined.at if quarantined else ""
        return parked(record, self._topics.dead_letters, self._service.name, reason, at, waited, name)


def _came_from(record: Incoming, waited: Waiting | None) -> str:
    return waited.origin if waited else origin(record)


def _where(error: BaseException) -> str:
    """The error's kind and the line that raised it. Never its text, which may quote a card: the log has the rest."""
    frames = traceback.extract_tb(error.__traceback__)
    return (
        f"{type(error).__name__} at {Path(frames[-1].filename).name}:{frames[-1].lineno}"
        if frames
        else repr(type(error))
    )


async def _for_ever() -> NoReturn:
    waits: Awaitable[None] = asyncio.get_running_loop().create_future()
    await waits
    raise AssertionError("a future that nobody ends has ended")
