"""Reads topics from their beginning to where they end now, for a service that builds its view anew."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from tapwatt.errors import Unavailable
from tapwatt.worker.kafka.header_names import consumer
from tapwatt.worker.kafka.partitions import partitions_of
from tapwatt.worker.records import Incoming, Partition

_WAIT_MS = 500


def reader(bootstrap: str) -> AIOKafkaConsumer:
    """A consumer of no group, which is assigned partitions by hand and reads them from their beginning."""
    return consumer(bootstrap_servers=bootstrap, group_id=None, enable_auto_commit=False, auto_offset_reset="earliest")


async def read_log(
    bootstrap: str,
    topics: Sequence[str],
    *,
    since: Mapping[Partition, int] | datetime | None = None,
    only: Callable[[Partition], bool] = lambda partition: True,
    sized: Callable[[int], None] = lambda offsets: None,
) -> AsyncIterator[Incoming]:
    """Every record that stands on these topics when the first is asked for. Unavailable if Kafka goes away meanwhile.

    `since` says from which offset, or from when on by the log's time (UTC), a partition is read, where not from its
    beginning; `only` which partitions are read, where not all; `sized` hears, before the first
    record, how many offsets there are to read: as many records at most.

    Topics come one after another, in the order they are given; records of one partition come in their order.
    """
    log = reader(bootstrap)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await log.start()
        await admin.start()
        every = [tp for tp in await partitions_of(admin, topics) if only(Partition(*tp))]
        ends = await log.end_offsets(every)
        begins = await log.beginning_offsets(every)
        wanted = await offsets_since(log, every, since, ends) if isinstance(since, datetime) else since or {}
        begins = {tp: max(begin, wanted.get(Partition(*tp), 0)) for tp, begin in begins.items()}
        sized(sum(max(ends[tp] - begins[tp], 0) for tp in every))
        # Assigned once and for all: stopping an aiokafka consumer that was assigned anew can wait for ever (measured).
        log.assign(every)
        for tp, begin in begins.items():
            if since:
                log.seek(tp, begin)
        for topic in topics:
            left = [tp for tp in every if tp.topic == topic and begins[tp] < ends[tp]]
            while left:
                for tp, records in (await log.getmany(*left, timeout_ms=_WAIT_MS)).items():
                    for record in records:
                        if record.offset < ends[tp]:
                            yield record
                left = [tp for tp in left if await log.position(tp) < ends[tp]]
    except (KafkaError, OSError) as error:
        raise Unavailable(f"the log at {bootstrap} cannot be read now: {error!r}") from error
    finally:
        await log.stop()
        await admin.close()


async def offsets_since(
    log: AIOKafkaConsumer, every: Sequence[TopicPartition], since: datetime, ends: Mapping[TopicPartition, int]
) -> dict[Partition, int]:
    """The first offset of each partition whose record came to the log then or later; its end where there is none."""
    found = await log.offsets_for_times(dict.fromkeys(every, int(since.timestamp() * 1000)))
    return {Partition(*tp): one.offset if (one := found.get(tp)) is not None else ends[tp] for tp in every}
