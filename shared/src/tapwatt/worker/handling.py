"""What happens to one record, from its bytes to its acknowledgement; and what each kind of failure leads to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import NoReturn

from tapwatt.clock import Clock
from tapwatt.codec import LARGEST_EVENT, Event, decode, encode, follow
from tapwatt.errors import BadCredentials, BrokenInvariant, NeedsHuman, OutcomeUnknown, Poison, Unavailable
from tapwatt.events import Fact
from tapwatt.log import Log
from tapwatt.topics import Topics, fact_type
from tapwatt.worker.metrics import WorkerMetrics
from tapwatt.worker.parking import Waiting, later, parked, waiting
from tapwatt.worker.records import Deliver, Incoming, Outgoing, origin
from tapwatt.worker.schedule import SCHEDULE, Tier, next_try, pause_s
from tapwatt.worker.service import Done, Service


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to try in place before the schedule takes over, and how long to wait between tries (seconds)."""

    tries: int = 12
    first_pause_s: float = 0.2
    longest_pause_s: float = 5.0
    schedule: tuple[Tier, ...] = SCHEDULE


class Handling:
    """Handles one record for a service: validate, decide, tell, remember; then the caller acknowledges.

    It is total. It returns when the record is done for good, or parked, or waits in a retry topic. It waits for ever
    where nothing may be acknowledged (a broken invariant): the worker goes on with other keys, and a human is paged.
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
        patience: Patience | None = None,
    ) -> None:
        self._service = service
        self._deliver = deliver
        self._topics = topics
        self._clock = clock
        self._chance = chance
        self._metrics = metrics
        self._log = log.bind(service=service.name)
        self._fatal = fatal
        self._patience = patience or Patience()
        self._retry_topics = {topics.retry(service.name, tier.name) for tier in SCHEDULE}
        self._handlers = {fact_type(fact): handler for fact, handler in service.hears.items()}

    async def __call__(self, record: Incoming) -> None:
        """Handle one record until it may be acknowledged."""
        begun = self._clock.monotonic()
        waited = waiting(record) if record.topic in self._retry_topics else None
        if waited is not None:
            await self._until(waited)
            begun = self._clock.monotonic()
        try:
            event = decode(record.key, record.value, record.headers)
            outcome = await self._until_done(record, event, waited)
        except Poison as error:
            await self._park(record, waited, str(error))
            outcome = "parked"
        except NeedsHuman as error:
            self._metrics.needs_human()
            self._log.critical("a human is needed", why=str(error), origin=origin(record))
            await self._park(record, waited, str(error))
            outcome = "parked"
        except BadCredentials as error:
            self._log.critical("stopped", why=str(error), origin=origin(record))
            self._fatal(error)
            await _for_ever()
        except Exception as error:  # noqa: BLE001 - what nobody foresaw is a broken invariant: we are wrong
            await self._stop_this_key(record, error)
        self._metrics.handled(self._topics.plain(record.topic), outcome, self._clock.monotonic() - begun)

    async def _until_done(self, record: Incoming, event: Event, waited: Waiting | None) -> str:
        handler = self._handlers.get(event.envelope.type)
        if handler is None or (waited is None and self._topics.plain(record.topic) != event.envelope.type):
            raise Poison(f"a {event.envelope.type} does not belong in {record.topic}")
        tries = 0
        while True:
            try:
                done = await handler(event)
            except (Unavailable, OutcomeUnknown) as error:
                tries += 1
                self._metrics.tried_again(type(error).__name__)
                if tries >= self._patience.tries:
                    return await self._schedule(record, waited, error)
                await self._clock.sleep(self._pause(tries, error))
                continue
            await self._tell_and_remember(event, done)
            return "done"

    async def _tell_and_remember(self, event: Event, done: Done) -> None:
        if done.say:
            await self._tell([self._outgoing(event, said) for said in done.say])
        tries = 0
        while True:
            try:
                await done.remember()
            except Unavailable as error:
                tries += 1
                await self._clock.sleep(self._pause(tries, error))
                continue
            return

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
        tries = 0
        while True:
            try:
                await self._deliver(outgoing)
            except (OSError, TimeoutError, Unavailable) as error:
                tries += 1
                self._metrics.tried_again("Delivery")
                self._log.warning("not delivered yet", why=repr(error), tries=tries)
                await self._clock.sleep(self._pause(tries, error))
                continue
            return

    def _pause(self, tries: int, error: BaseException) -> float:
        asked = getattr(error, "retry_after_s", None) or 0.0
        mine = pause_s(tries, self._chance, self._patience.first_pause_s, self._patience.longest_pause_s)
        return max(mine, min(asked, self._patience.longest_pause_s))

    async def _until(self, waited: Waiting) -> None:
        left = (waited.due - self._clock.now()).total_seconds()
        if left > 0:
            await self._clock.sleep(min(left, SCHEDULE[-1].delay_s))  # nothing of ours is due later than that

    async def _schedule(self, record: Incoming, waited: Waiting | None, error: Exception) -> str:
        scheduled = waited.scheduled if waited else 0
        tier = next_try(scheduled, self._patience.schedule)
        if tier is None:
            await self._park(record, waited, f"given up after {scheduled} scheduled tries: {error}")
            return "parked"
        came_from = waited.origin if waited else origin(record)
        due = self._clock.now() + timedelta(seconds=tier.delay_s)
        topic = self._topics.retry(self._service.name, tier.name)
        self._log.warning(
            "tried again later", why=str(error), origin=came_from, due=due.isoformat(), scheduled=scheduled
        )
        await self._tell([later(record, topic, Waiting(came_from, scheduled + 1, due), str(error))])
        return "scheduled"

    async def _park(self, record: Incoming, waited: Waiting | None, reason: str) -> None:
        self._metrics.parked_one()
        self._log.error("parked", why=reason, origin=origin(record))
        letter = parked(record, self._topics.dead_letters, self._service.name, reason, self._clock.now(), waited)
        await self._tell([letter])

    async def _stop_this_key(self, record: Incoming, error: Exception) -> NoReturn:
        known = isinstance(error, BrokenInvariant)
        self._metrics.broken_invariant()
        self._log.critical("this key stops", why=str(error), origin=origin(record), exc_info=None if known else error)
        await _for_ever()


async def _for_ever() -> NoReturn:
    waits: Awaitable[None] = asyncio.get_running_loop().create_future()
    await waits
    raise AssertionError("a future that nobody ends has ended")
