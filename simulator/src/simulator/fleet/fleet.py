"""A charger fleet as Tapwatt meets it: it says and hears facts through Kafka and knows nothing else of Tapwatt."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime
from types import TracebackType

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from simulator.fleet.inbox import Inbox
from tapwatt.clock import Clock
from tapwatt.errors import Poison, TapwattError, Unavailable
from tapwatt.facts.codec import LARGEST_EVENT, Event, begin, decode, encode, follow
from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    Captured,
    CaptureFailed,
    ChargedBack,
    EventRejected,
    HoldExpiring,
    HoldReleased,
    Refunded,
    RefundFailed,
    SessionDisputed,
    SessionStale,
    TokenAmbiguous,
    TokenMatched,
    TokenNotMatched,
)
from tapwatt.facts.fact import Fact
from tapwatt.facts.ids import fact_id
from tapwatt.facts.topics import Topics
from tapwatt.worker.kafka.header_names import consumer

HEARS: tuple[type[Fact], ...] = (
    Authorised,
    AuthorisationDeclined,
    TokenMatched,
    TokenNotMatched,
    TokenAmbiguous,
    Captured,
    HoldReleased,
    CaptureFailed,
    HoldExpiring,
    SessionStale,
    SessionDisputed,
    Refunded,
    RefundFailed,
    ChargedBack,
    EventRejected,
)

SOURCE = "/fleet/simulated"
DELIVERY_TIMEOUT_S = 30.0


class TooLarge(TapwattError):
    """An event that nobody would read is not published."""


class Fleet:
    """The operator's charge-point management system. Use it as `async with Fleet(...) as fleet`.

    It hears from where the topics end when it starts, in no consumer group: nobody shares its work, and what was said
    before it was there is not about its sessions.
    """

    def __init__(self, bootstrap: str, topics: Topics, clock: Clock, hears: tuple[type[Fact], ...] = HEARS) -> None:
        self.inbox = Inbox()
        self._hears = hears
        self._topics = topics
        self._clock = clock
        self._producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, acks="all")
        self._consumer = consumer(bootstrap_servers=bootstrap, group_id=None, enable_auto_commit=False)
        self._listening: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Fleet:
        try:
            await self._producer.start()
            await self._consumer.start()
            await self._tune_in()
        except KafkaError as error:
            await self._close()
            raise Unavailable(f"the fleet cannot reach Kafka: {error}; is it running there?") from error
        self._listening = asyncio.create_task(self._listen(), name="fleet listens")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self._close()

    def now(self) -> datetime:
        """The fleet's clock, UTC."""
        return self._clock.now()

    async def say(self, fact: Fact, because: Event | None = None, name: str | None = None) -> Event:
        """Publish a fact; delivered when this returns. It follows from an event, or begins with a name of its own."""
        if because is not None:
            event = follow(because.envelope, fact, SOURCE, self._clock.now())
        else:
            event = begin(
                fact, fact_id(f"fleet/{name or fact.identity or fact.key}", fact.name), SOURCE, self._clock.now()
            )
        await self.say_again(event)
        return event

    async def say_again(self, event: Event) -> None:
        """Publish this very event, as a fleet does that is not sure whether it was delivered."""
        key, value, headers = encode(event)
        if len(value) > LARGEST_EVENT:
            raise TooLarge(
                f"{event.fact.name} of {event.fact.key} is {len(value)} bytes; at most {LARGEST_EVENT} are read"
            )
        topic = self._topics.of(type(event.fact))
        async with asyncio.timeout(DELIVERY_TIMEOUT_S):
            await self._producer.send_and_wait(topic, value, key=key, headers=headers)

    async def _tune_in(self) -> None:
        wanted = []
        for fact in self._hears:
            topic = self._topics.of(fact)
            partitions = await self._producer.partitions_for(topic)
            wanted += [TopicPartition(topic, number) for number in partitions]
        self._consumer.assign(wanted)
        for partition, end in (await self._consumer.end_offsets(wanted)).items():
            self._consumer.seek(partition, end)

    async def _listen(self) -> None:
        async for record in self._consumer:
            with contextlib.suppress(Poison):  # not ours to judge: the audit reads everything and names it
                event = decode(record.key, record.value, record.headers)
                self.inbox.put(event)

    async def _close(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        await self._consumer.stop()
        await self._producer.stop()
