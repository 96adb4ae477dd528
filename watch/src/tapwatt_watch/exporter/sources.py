"""What the exporter reads, and whether it knows it: sessions, dead letters, what is delayed, quarantines, lag."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import NoReturn

from tapwatt.clock import Clock
from tapwatt.errors import Unavailable
from tapwatt.facts.topics import Topics
from tapwatt.log import Log
from tapwatt.outage import Outage
from tapwatt.worker.records import Incoming, Partition
from tapwatt.worker.supervisor import Supervisor
from tapwatt_watch.dead_letters import LettersStanding
from tapwatt_watch.delayed import DelayedRecords
from tapwatt_watch.exporter.sessions import Sessions
from tapwatt_watch.freshness import KNOWN_FOR_S
from tapwatt_watch.kafka.follower import Begin, Follower, beyond, from_the_beginning, since
from tapwatt_watch.kafka.groups import Groups, GroupsTold, NoAnswer
from tapwatt_watch.log_time import log_time
from tapwatt_watch.quarantines import Quarantines
from tapwatt_watch.services import HEARS, group_of

ASKED_EVERY_S = 5.0
"""How often the lag is asked."""

AGAIN_AFTER_S = 1.0

UNREADABLE_FOR_S = 10.0
"""A topic that cannot be read for so long while the broker answers is named in the log."""

LAG = "lag"
OF = ("sessions", "dead_letters", "delayed", "quarantine", LAG)
"""What is known or not, each by itself."""


class Sources:
    """Everything that is read, each over a connection of its own. What is not known any more is not to be told."""

    def __init__(self, bootstrap: str, topics: Topics, clock: Clock, sessions: Sessions, log: Log) -> None:
        self.sessions = sessions
        self.letters = LettersStanding()
        self.delayed: dict[str, DelayedRecords] = {}
        self.quarantines: dict[str, Quarantines] = {}
        self.told: GroupsTold | None = None
        self.kafka_up: bool | None = None
        self._bootstrap = bootstrap
        self._topics = topics
        self._clock = clock
        self._kafka = Outage("Kafka", clock, log, grace_s=0)
        self._outages = {of: Outage(f"reading {of}", clock, log, UNREADABLE_FOR_S) for of in OF}
        self._told_at = 0.0
        self._told_once = asyncio.Event()
        self._retries = {topic: service for service in HEARS for topic in topics.retries(service)}
        self._quarantine_of = {topics.quarantine(service): service for service in HEARS}
        self._letters_anew()
        self._delayed_anew()
        self._quarantines_anew()
        self._followers = {
            "sessions": self._follower(
                sessions.moments, since(lambda: sessions.moments), sessions.heard, sessions.anew
            ),
            "dead_letters": self._follower([topics.dead_letters], from_the_beginning, self._letter, self._letters_anew),
            "delayed": self._follower(self._retries, beyond(self._committed), self._delay, self._delayed_anew),
            "quarantine": self._follower(
                self._quarantine_of, from_the_beginning, self._quarantined, self._quarantines_anew
            ),
        }

    def known(self, of: str) -> bool:
        """Whether this may be told: it was all read, or asked, not longer ago than 15 s."""
        now = self._clock.monotonic()
        asked = self.told is not None and now - self._told_at <= KNOWN_FOR_S
        if of == LAG:
            return asked
        return self._followers[of].freshness.known(now) and (asked or of != "delayed")

    def not_yet(self, of: str) -> str:
        """Why this was never known until now; nothing where it was."""
        return "" if self._ever(of) else self._why(of) or "it is read, and not to its end yet"

    def not_any_more(self, of: str) -> str:
        """Why this is not known any more; nothing where it is, or never was."""
        return "" if self.known(of) or not self._ever(of) else self._why(of) or "it is read again"

    def _ever(self, of: str) -> bool:
        return self.told is not None if of == LAG else self._followers[of].freshness.ever

    def _why(self, of: str) -> str:
        return self._kafka.look() or self._outages[of].reason or ("" if of == LAG else self._followers[of].away)

    @asynccontextmanager
    async def followed(self, tasks: Supervisor) -> AsyncIterator[None]:
        """All of it is read and asked beside the block."""
        async with AsyncExitStack() as going:
            for of, one in self._followers.items():
                await going.enter_async_context(tasks.beside(of, one.follow, again_after_s=AGAIN_AFTER_S))
            await going.enter_async_context(tasks.beside(LAG, self._ask, again_after_s=AGAIN_AFTER_S))
            yield

    async def _ask(self) -> NoReturn:
        """Ask the broker again and again, over a new connection where the last one had no answer."""
        while True:
            try:
                async with Groups(self._bootstrap, self._topics, self._clock).opened() as groups:
                    while True:
                        self._note(await groups.ask())
                        await self._clock.sleep(ASKED_EVERY_S)
            except NoAnswer as error:
                self.kafka_up = False
                self._kafka.fails(str(error))
            except Unavailable as error:
                self._answers()
                self._outages[LAG].fails(str(error))
            await self._clock.sleep(AGAIN_AFTER_S)

    def _note(self, told: GroupsTold) -> None:
        self.told, self._told_at = told, self._clock.monotonic()
        self._answers()
        self._outages[LAG].works()
        self._told_once.set()
        for service, delayed in self.delayed.items():
            delayed.committed(told.committed[group_of(service, self._topics)])

    def _answers(self) -> None:
        """The broker answers. What cannot be read all the same is then nobody's fault but its own, and named."""
        self.kafka_up = True
        self._kafka.works()
        for of, one in self._followers.items():
            if one.away:
                self._outages[of].fails(one.away)
            else:
                self._outages[of].works()

    async def _committed(self) -> Mapping[Partition, int]:
        await self._told_once.wait()
        assert self.told is not None
        return {partition: offset for one in self.told.committed.values() for partition, offset in one.items()}

    def _follower(
        self, topics: Collection[str], begin: Begin, heard: Callable[[Incoming], None], anew: Callable[[], None]
    ) -> Follower:
        return Follower(self._bootstrap, topics, begin, heard, clock=self._clock, anew=anew)

    def _at(self, record: Incoming) -> datetime:
        return log_time(record) or self._clock.now()

    def _letter(self, record: Incoming) -> None:
        self.letters.read(record, self._at(record))

    def _delay(self, record: Incoming) -> None:
        self.delayed[self._retries[record.topic]].read(record, self._at(record))

    def _quarantined(self, record: Incoming) -> None:
        self.quarantines[self._quarantine_of[record.topic]].read(record, self._at(record))

    def _letters_anew(self) -> None:
        self.letters = LettersStanding()

    def _delayed_anew(self) -> None:
        self.delayed = {service: DelayedRecords() for service in HEARS}

    def _quarantines_anew(self) -> None:
        self.quarantines = {service: Quarantines(topic) for topic, service in self._quarantine_of.items()}
