"""Reads off the log what our facts claim of money, from some moment on: for a person, and for the job."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from tapwatt.errors import Poison
from tapwatt.facts.codec import decode
from tapwatt.facts.fact import Fact
from tapwatt.facts.topics import Topics
from tapwatt.worker.kafka.log_reader import read_log
from tapwatt_watch.log_time import log_time
from tapwatt_watch.reconciliation.claims import Claims

TOLD_EVERY = 1000


async def read_claims(
    bootstrap: str,
    topics: Topics,
    facts: Iterable[type[Fact]],
    since: datetime,
    progress: Callable[[int, int], None] = lambda read, of: None,
) -> Claims:
    """What these facts claim that came to the log since then (UTC). Unavailable if Kafka cannot be read.

    `progress` hears how many records were read, of how many at most. A record that is no fact of its topic is nobody's
    word: it is a dead letter, or was refused.
    """
    claims, read, in_all = Claims(), 0, 0

    def sized(offsets: int) -> None:
        nonlocal in_all
        in_all = offsets

    names = sorted(topics.of(fact) for fact in facts)
    async for record in read_log(bootstrap, names, since=since, sized=sized):
        read += 1
        if read % TOLD_EVERY == 0:
            progress(read, in_all)
        try:
            event = decode(record.key, record.value, record.headers)
        except Poison:
            continue
        if topics.of(type(event.fact)) == record.topic and event.fact.of_its_session:
            claims.note(event.fact, log_time(record) or event.envelope.time)
    return claims
