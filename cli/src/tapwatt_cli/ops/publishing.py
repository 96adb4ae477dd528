"""Puts tariffs on the log as an operator's offers, which requests may then name; a version is never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tapwatt.errors import Poison, TapwattError
from tapwatt.facts.codec import Event, begin, decode
from tapwatt.facts.events import TariffPublished
from tapwatt.facts.ids import fact_id
from tapwatt.facts.topics import Topics
from tapwatt.tariffs import contradiction
from tapwatt.worker.kafka.log_reader import read_log
from tapwatt_cli.ops.kafka_words import reading
from tapwatt_cli.ops.saying import SOURCE, say
from tapwatt_cli.ops.topic_log import NoTopics, partitions_of


class NotPublished(TapwattError):
    """An offer that no session could be billed by, or whose version stands with other terms."""


@dataclass(frozen=True, slots=True)
class Published:
    """What came of an offer: `new` if it was put on the log, not if it stood there already."""

    offer: TariffPublished
    new: bool


def refuse_contradictions(offers: Sequence[TariffPublished]) -> None:
    """NotPublished for the first offer that no session could be billed by."""
    for one in offers:
        wrong = contradiction(one.tariff)
        if wrong is not None:
            raise NotPublished(f"tariff {one.tariff.id} is not published: {wrong}")


async def publish_offers(
    bootstrap: str, topics: Topics, offers: Sequence[TariffPublished], by: str = ""
) -> list[Published]:
    """Put these offers on the log, all of them or, where one cannot be, none. `by` is who publishes them.

    NotPublished if a version stands with other terms, NoTopics if Kafka has no such topic, Unavailable if it cannot be
    read.
    """
    topic = topics.of(TariffPublished)
    standing = await _standing(bootstrap, topic)
    for one in offers:
        if one.offer in standing and standing[one.offer].tariff != one.tariff:
            raise NotPublished(
                f"{one.offer} was published on {standing[one.offer].published_at:%Y-%m-%d} with other terms, and a "
                "version never changes: publish this one under a new --version"
            )
    fresh = [one for one in offers if one.offer not in standing]
    await say(bootstrap, topic, [_event(one) for one in fresh], by)
    return [Published(one, one in fresh) for one in offers]


def _event(one: TariffPublished) -> Event:
    return begin(one, fact_id(f"publish/{one.offer}", one.name), SOURCE, one.published_at)


async def _standing(bootstrap: str, topic: str) -> dict[str, TariffPublished]:
    """The offers on the log by their name; of one that was said twice the first, as the authoriser has it."""
    found: dict[str, TariffPublished] = {}
    async with reading(bootstrap, "the tariffs"):
        if not await partitions_of(bootstrap, {topic}):
            raise NoTopics(
                f"Kafka at {bootstrap} has no topic {topic}; is the topic prefix right? "
                f"A new ring's topics are created with: tapwatt topics --apply --bootstrap {bootstrap}"
            )
        async for record in read_log(bootstrap, [topic]):
            try:
                fact = decode(record.key, record.value, record.headers).fact
            except Poison:
                continue  # the authoriser has dead-lettered it: it is no offer
            if isinstance(fact, TariffPublished) and contradiction(fact.tariff) is None:
                found.setdefault(fact.offer, fact)
    return found
