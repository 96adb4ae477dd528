"""Reads topics from some moment on to their end, and goes on with them for as long as it runs, in no group."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime
from typing import NoReturn

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from tapwatt.clock import Clock, milliseconds
from tapwatt.errors import Unavailable
from tapwatt.worker.kafka.header_names import consumer
from tapwatt.worker.kafka.partitions import partitions_of
from tapwatt.worker.records import Incoming, Partition
from tapwatt_watch.freshness import Freshness
from tapwatt_watch.kafka.closing import close

ANSWERS_WITHIN_S = 5.0
ASKED_EVERY_S = 4.0
"""How often it is asked where the topics end. What is told is at most as old as that, and the time to answer."""

LOOK_AGAIN_S = 30.0
"""How often it is asked whether topics were given more partitions."""

AGAIN_AFTER_S = 1.0
_WAIT_MS = 200
_AT_ONCE = 500
_FETCHED = 8 * 1024 * 1024
"""Bytes that are fetched at once, of all partitions together."""

_WORTH_FETCHING = 64 * 1024
_FETCHED_WITHIN_MS = 500
"""Nobody's answer depends on it, so the broker gathers so many bytes, or for so long, before it answers a fetch.

One that is answered for each record names every partition each time, to the broker and back.
"""

Offsets = Mapping[TopicPartition, int]
Begin = Callable[[AIOKafkaConsumer, Collection[TopicPartition], Offsets, Offsets], Awaitable[Offsets]]
"""From where partitions are read that were not read before, given where they begin and end."""


async def from_the_beginning(
    log: AIOKafkaConsumer, partitions: Collection[TopicPartition], begins: Offsets, ends: Offsets
) -> Offsets:
    """All that stands there."""
    return {one: begins[one] for one in partitions}


def since(moments: Callable[[], Mapping[str, datetime]]) -> Begin:
    """What came to the log from a moment on, by topic. Where nothing did, what comes from now on."""

    async def begin(
        log: AIOKafkaConsumer, partitions: Collection[TopicPartition], begins: Offsets, ends: Offsets
    ) -> Offsets:
        from_then = moments()
        found = await log.offsets_for_times({one: milliseconds(from_then[one.topic]) for one in partitions})
        return {one: at.offset if (at := found.get(one)) is not None else ends[one] for one in partitions}

    return begin


def beyond(committed: Callable[[], Awaitable[Mapping[Partition, int]]]) -> Begin:
    """What a group has not committed."""

    async def begin(
        log: AIOKafkaConsumer, partitions: Collection[TopicPartition], begins: Offsets, ends: Offsets
    ) -> Offsets:
        done = await committed()
        return {one: max(done.get(Partition(*one), 0), begins[one]) for one in partitions}

    return begin


class Follower:
    """`follow` reads on and on and hands every record to `heard`. What Kafka's client raises begins it again, in place.

    `anew` is called where a topic was made anew, so that what was read of it stands no more. Nothing is read twice in
    the other cases, and whether all was read is told by `freshness`.
    """

    def __init__(
        self,
        bootstrap: str,
        topics: Collection[str],
        begin: Begin,
        heard: Callable[[Incoming], None],
        *,
        clock: Clock,
        anew: Callable[[], None],
    ) -> None:
        self.freshness: Freshness[TopicPartition] = Freshness()
        self.away = ""
        self._bootstrap = bootstrap
        self._topics = sorted(topics)
        self._begin = begin
        self._heard = heard
        self._clock = clock
        self._anew = anew
        self._next: dict[TopicPartition, int] = {}

    async def follow(self) -> NoReturn:
        """Go on until it is ended."""
        while True:
            try:
                await self._as_it_is()
                self.away = ""
            except (KafkaError, OSError, TimeoutError, Unavailable) as error:
                self.away = str(error) or f"it does not answer ({type(error).__name__})"
                await self._clock.sleep(AGAIN_AFTER_S)

    async def _as_it_is(self) -> None:
        """Return when the topics have other partitions than they had."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
        log = consumer(
            bootstrap_servers=self._bootstrap,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            fetch_max_bytes=_FETCHED,
            fetch_min_bytes=_WORTH_FETCHING,
            fetch_max_wait_ms=_FETCHED_WITHIN_MS,
            request_timeout_ms=10_000,
        )
        try:
            async with asyncio.timeout(2 * ANSWERS_WITHIN_S):
                await admin.start()
                every = await partitions_of(admin, self._topics)
                await log.start()
                log.assign(every)
                for one, at in (await self._positions(log, every)).items():
                    log.seek(one, at)
            await self._read(log, admin, every)
        finally:
            await close(log.stop, admin.close)

    async def _positions(self, log: AIOKafkaConsumer, every: list[TopicPartition]) -> Offsets:
        begins, ends = await log.beginning_offsets(every), await log.end_offsets(every)
        if any(self._next.get(one, 0) > ends[one] for one in every):
            self._next.clear()
            self.freshness.doubt()
            self._anew()
        new = [one for one in every if one not in self._next]
        if new:
            self.freshness.doubt()
            self._next |= await self._begin(log, new, begins, ends)
        for one in every:
            self._next[one] = max(self._next[one], begins[one])
        return {one: self._next[one] for one in every}

    async def _read(self, log: AIOKafkaConsumer, admin: AIOKafkaAdminClient, every: list[TopicPartition]) -> None:
        described = asked = self._clock.monotonic()
        self.freshness.asked(await self._ends(log, every), asked)
        while True:
            for one, records in (await log.getmany(timeout_ms=_WAIT_MS, max_records=_AT_ONCE)).items():
                for record in records:
                    self._heard(record)
                self._next[one] = records[-1].offset + 1
            now = self._clock.monotonic()
            self.freshness.read({one: await log.position(one) for one in every}, now)
            if now - asked >= ASKED_EVERY_S or self.freshness.stale(now):
                self.freshness.asked(await self._ends(log, every), now)
                self.away, asked = "", now
            if now - described >= LOOK_AGAIN_S:
                described = now
                async with asyncio.timeout(ANSWERS_WITHIN_S):
                    if set(await partitions_of(admin, self._topics)) != set(every):
                        return
            await self._clock.sleep(0)  # whoever scrapes us meanwhile is answered

    async def _ends(self, log: AIOKafkaConsumer, every: list[TopicPartition]) -> Offsets:
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            found: Offsets = await log.end_offsets(every)
            return found
