"""Reads what the log has of one session: of our own topics the partitions of its key, of a fleet's since it began."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from aiokafka.partitioner import murmur2

from tapwatt.errors import Poison
from tapwatt.facts.codec import decode
from tapwatt.facts.events import FACTS, AuthorisationDeclined, Authorised, StopRequested
from tapwatt.facts.fact import Fact
from tapwatt.facts.topics import Topics
from tapwatt.worker.kafka.log_reader import read_log
from tapwatt.worker.records import Incoming, Partition
from tapwatt_cli.ops.kafka_words import reading
from tapwatt_cli.ops.session_story import OUTSIDE, Found
from tapwatt_cli.ops.topic_log import ours
from tapwatt_watch.log_time import log_time
from tapwatt_watch.services import HEARS

BEFORE = timedelta(hours=1)
"""A fleet's request stands on the log at most so long before it is answered: nobody waits longer."""

Progress = Callable[[int, int], None]
"""Hears how many records were read of how many at most."""


async def read_session(bootstrap: str, topics: Topics, named: str, progress: Progress) -> list[Found]:
    """Every record that may be about the session of this name (OPERATOR/SESSION or SESSION).

    A key's partition follows from the key where we produce. A fleet's client may choose another one, so of its topics
    all partitions are read, from a little before the session was answered. Unavailable if Kafka cannot be read.
    """
    session_id = named.rpartition("/")[2]
    by_session = ("session_id", "rejected_key")
    of_ours = {topics.of(fact) for fact in FACTS if fact not in OUTSIDE and fact.keyed_by in by_session}
    aside = {topics.dead_letters} | {name for service in HEARS for name in topics.retries(service)}
    theirs = {topics.of(fact) for fact in OUTSIDE if fact.keyed_by in ("session_id", "terminal_id")}
    async with reading(bootstrap, "what was said of the session"):
        there = {Partition(*one) for one in await ours(bootstrap, of_ours | aside | theirs)}
        counts = _counts(there)
        of_its_key = {
            one for one in there if one.topic in of_ours | aside and one.number in _where(session_id, counts[one.topic])
        }
        found = await _read(bootstrap, of_its_key, session_id, progress)
        since = min((one.at for one in found if _answers(one.record)), default=None)
        begun = None if since is None else since - BEFORE
        outside = {one for one in there if one.topic in theirs}
        return found + await _read(bootstrap, outside, session_id, progress, begun)


async def _read(
    bootstrap: str, partitions: set[Partition], session_id: str, progress: Progress, since: datetime | None = None
) -> list[Found]:
    in_all, read = 0, 0
    found: list[Found] = []
    key = session_id.encode()

    def sized(offsets: int) -> None:
        nonlocal in_all
        in_all = offsets

    topics = sorted({one.topic for one in partitions})
    records = read_log(bootstrap, topics, since=since, only=partitions.__contains__, sized=sized)
    async for record in records:
        read += 1
        if read % 500 == 0:
            progress(read, in_all)
        if (record.key == key or _is_a_stop(record)) and (at := log_time(record)) is not None:
            found.append(Found(record, at))
    return found


def _counts(partitions: Iterable[Partition]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in partitions:
        counts[one.topic] = max(counts.get(one.topic, 0), one.number + 1)
    return counts


def _where(session_id: str, partitions: int) -> set[int]:
    """Where a key may stand: a topic that was given more partitions keeps what it had where it was."""
    hashed = murmur2(session_id.encode()) & 0x7FFFFFFF
    return {hashed % partitions} | {hashed % fewer for fewer in range(1, partitions)}


def _is_a_stop(record: Incoming) -> bool:
    return record.topic.endswith(_STOPS)


def _answers(record: Incoming) -> bool:
    return _fact(record) in (Authorised, AuthorisationDeclined)


def _fact(record: Incoming) -> type[Fact] | None:
    try:
        return type(decode(record.key, record.value, record.headers).fact)
    except Poison:
        return None


_STOPS = Topics().of(StopRequested)
