"""Reads everything that was ever said on Tapwatt's topics, from the first record to the end as it is now."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from tapwatt.errors import Poison
from tapwatt.facts.codec import Event, decode
from tapwatt.facts.envelopes import Headers, note
from tapwatt.facts.events import FACTS, EventRejected
from tapwatt.facts.fact import Fact
from tapwatt.facts.topics import Topics
from tapwatt.worker.kafka.log_reader import read_log
from tapwatt.worker.records import Incoming
from tapwatt_cli.exit_codes import CannotBeDone
from tapwatt_cli.ops.kafka_words import reading


class NoTopics(CannotBeDone):
    """There is nothing of Tapwatt on this Kafka."""


@dataclass(slots=True)
class TopicLog:
    """What was read: events in each topic's own order, records that no fact can be read from, and dead letters.

    A record that a service has refused aloud (EventRejected) is not unreadable: who said it was told, and it is a dead
    letter.
    """

    events: list[Event] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    dead_letters: list[str] = field(default_factory=list)


async def read_topics(bootstrap: str, topics: Topics, facts: Iterable[type[Fact]] = FACTS) -> TopicLog:
    """Every event on the topics of these facts, and what was dead-lettered. Unavailable if Kafka cannot be read."""
    wanted = {topics.of(fact) for fact in facts} | {topics.dead_letters}
    async with reading(bootstrap, "what was said"):
        there = await ours(bootstrap, wanted)
        names = sorted({partition.topic for partition in there})
        return await _sorted(read_log(bootstrap, names), topics.dead_letters)


async def ours(bootstrap: str, names: set[str]) -> list[TopicPartition]:
    """Every partition of those of these topics that exist. NoTopics where none of them does."""
    there = await partitions_of(bootstrap, names)
    if not there:
        raise NoTopics(
            f"Kafka at {bootstrap} has none of Tapwatt's topics; create them with: "
            f"tapwatt topics --apply --bootstrap {bootstrap}"
        )
    return there


async def partitions_of(bootstrap: str, names: set[str]) -> list[TopicPartition]:
    """Every partition of those of these topics that exist."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        there = sorted(names & set(await admin.list_topics()))
        described = await admin.describe_topics(there) if there else []
    finally:
        await admin.close()
    return [TopicPartition(topic["topic"], one["partition"]) for topic in described for one in topic["partitions"]]


async def _sorted(records: AsyncIterator[Incoming], dead_letters: str) -> TopicLog:
    log = TopicLog()
    unreadable: dict[str, str] = {}
    async for record in records:
        where = f"{record.topic}[{record.partition}]@{record.offset}"
        if record.topic == dead_letters:
            log.dead_letters.append(f"{where}: {_why(record.headers)}")
            continue
        try:
            log.events.append(decode(record.key, record.value, record.headers))
        except Poison as poison:
            unreadable[f"{record.topic}/{record.partition}/{record.offset}"] = f"{where}: {poison}"
    told = {event.fact.stood_at for event in log.events if isinstance(event.fact, EventRejected)}
    log.unreadable += [said for stood_at, said in unreadable.items() if stood_at not in told]
    return log


def _why(headers: Headers) -> str:
    """The reason that a record was dead-lettered with, as far as its headers say so."""
    reason = next((name for name, _ in headers if name.endswith("reason")), "")
    return note(headers, reason)[:300] or "no reason given"
