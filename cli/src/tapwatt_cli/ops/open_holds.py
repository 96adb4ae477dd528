"""Reads every open hold off the log: the facts of the last 45 days, after which a session's name may come again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from tapwatt.errors import Poison
from tapwatt.facts.codec import decode
from tapwatt.facts.topics import Topics
from tapwatt.worker.kafka.log_reader import read_log
from tapwatt_cli.ops.kafka_words import reading
from tapwatt_cli.ops.topic_log import ours
from tapwatt_watch.hold import OpenHold
from tapwatt_watch.log_time import log_time
from tapwatt_watch.open_holds import HEARD, REMEMBERED, OpenHolds


async def read_open_holds(
    bootstrap: str, topics: Topics, now: datetime, progress: Callable[[int, int], None]
) -> list[OpenHold]:
    """Every hold that is not settled. Unavailable if Kafka cannot be read, NoTopics if it has none of ours."""
    wanted = {topics.of(fact) for fact in HEARD}
    found = OpenHolds()
    read, in_all = 0, 0

    def sized(offsets: int) -> None:
        nonlocal in_all
        in_all = offsets

    async with reading(bootstrap, "what was said of holds"):
        names = sorted({one.topic for one in await ours(bootstrap, wanted)})
        async for record in read_log(bootstrap, names, since=now - REMEMBERED, sized=sized):
            read += 1
            if read % 1000 == 0:
                progress(read, in_all)
            at = log_time(record)
            try:
                fact = decode(record.key, record.value, record.headers).fact
            except Poison:
                continue
            if at is not None and topics.of(type(fact)) == record.topic:
                found.note(fact, at)
    return list(found.holds())
