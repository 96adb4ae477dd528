"""How far the log is in a service's view: noted beside the view, so that only what came after has to be read again.

What is noted must never be ahead of the view. Of a topic that the service hears, that is what its group has committed:
a record is done when what it says was remembered. A record that was delayed is committed where it stood first and is
remembered when it comes again, so the retry topics count as heard, and are read with the others. What the service says
itself is remembered after it stands on the log, within the limit of one handling; it is read from that long ago.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from tapwatt.clock import Clock
from tapwatt.errors import Unavailable
from tapwatt.log import Log
from tapwatt.worker.kafka.log_reader import offsets_since, reader
from tapwatt.worker.kafka.partitions import partitions_of
from tapwatt.worker.records import Partition

CLUSTER, AT = "cluster", "at"
"""The names under which the log and the moment (ISO 8601, UTC) are noted, beside those of partitions."""

CLOCKS = timedelta(minutes=10)
"""How far the clocks of two of our hosts may be apart."""


class AnotherLog(Exception):
    """What was noted does not fit this log: it is another one, or a topic was made anew."""


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """Notes and reads the checkpoints of one service: of the topics that its `group` hears, and of those it says.

    `said_within` is the longest from when a fact stands on the log to when it is remembered.
    """

    bootstrap: str
    group: str
    heard: Collection[str]
    said: Collection[str]
    said_within: timedelta
    clock: Clock
    log: Log

    async def keep_noting(self, note: Callable[[Mapping[str, str]], Awaitable[None]], every_s: float) -> NoReturn:
        """Note how far it is now, again and again. While Kafka or Redis is away, what was noted last stands."""
        while True:
            try:
                await self._note(note, every_s)
            except (KafkaError, OSError, Unavailable) as error:
                self.log.warning("not noted how far the view is: again in a while", reason=str(error) or repr(error))
            await self.clock.sleep(every_s)

    async def _note(self, note: Callable[[Mapping[str, str]], Awaitable[None]], every_s: float) -> NoReturn:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            await admin.start()
            while True:
                await note(await self._taken(admin))
                await self.clock.sleep(every_s)
        finally:
            await admin.close()

    async def _taken(self, admin: AIOKafkaAdminClient) -> dict[str, str]:
        """How far it is now: asked first, noted after, so that what is noted was done before."""
        at = self.clock.now()
        cluster = (await admin.describe_cluster())["cluster_id"]
        committed = await admin.list_consumer_group_offsets(self.group)
        done = {_name(tp): str(told.offset) for tp, told in committed.items() if tp.topic in self.heard}
        return {CLUSTER: str(cluster), AT: at.isoformat(), **done}

    async def offsets(self, noted: Mapping[str, str]) -> dict[Partition, int]:
        """From where each partition is read to bring a view up to date. AnotherLog where this is another log."""
        log, admin = reader(self.bootstrap), AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            await log.start()
            await admin.start()
            cluster = (await admin.describe_cluster())["cluster_id"]
            if noted.get(CLUSTER) != str(cluster):
                raise AnotherLog(f"it was noted of the cluster {noted.get(CLUSTER)}, and this is {cluster}")
            heard = await partitions_of(admin, sorted(self.heard))
            ends = await log.end_offsets(heard)
            found = {}
            for tp in heard:
                offset = int(noted.get(_name(tp), 0))
                if offset > ends[tp]:
                    raise AnotherLog(f"{_name(tp)} was read to {offset} and ends at {ends[tp]}: it was made anew")
                found[Partition(*tp)] = offset
            since = datetime.fromisoformat(noted[AT]).astimezone(UTC) - self.said_within - CLOCKS
            said = await partitions_of(admin, sorted(self.said))
            return found | await offsets_since(log, said, since, await log.end_offsets(said))
        except (KafkaError, OSError) as error:
            raise Unavailable(f"the log at {self.bootstrap} cannot be read now: {error!r}") from error
        finally:
            await log.stop()
            await admin.close()


def _name(tp: TopicPartition) -> str:
    return f"{tp.topic}/{tp.partition}"
