"""Publishing tariffs on a real Kafka: once for each version, the same again is nothing new, and no version changes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.conftest import MakeTopics
from tests.stores.choice import Store

from tapwatt.facts.codec import decode
from tapwatt.facts.events import TariffPublished
from tapwatt.facts.topics import Topics
from tapwatt.tariffs import Tariff
from tapwatt.worker.kafka.log_reader import read_log
from tapwatt_cli.ops.publishing import NotPublished, publish_offers
from tapwatt_cli.ops.topic_log import NoTopics

AT = datetime(2026, 3, 1, tzinfo=UTC)


def offer(name: str = "day", price: str = "0.50", version: str = "1", **more: Any) -> TariffPublished:
    tariff = Tariff.model_validate(
        {
            "id": name,
            "currency": "EUR",
            "elements": [{"price_components": [{"type": "ENERGY", "price": price, "step_size": 1}]}],
            **more,
        }
    )
    return TariffPublished(operator_id="op", tariff_version=version, tariff=tariff, published_at=AT)


async def on_the_log(kafka: Store, topics: Topics) -> list[str]:
    records = [record async for record in read_log(kafka.at, [topics.of(TariffPublished)])]
    return sorted(decode(r.key, r.value, r.headers).fact.key for r in records)


async def test_a_version_is_published_once_and_never_changed(kafka: Store, make_topics: MakeTopics) -> None:
    topics = Topics(await make_topics(kafka.at, partitions=2))
    # given two tariffs that were published
    done = await publish_offers(kafka.at, topics, [offer("day"), offer("night")])
    assert [one.new for one in done] == [True, True]
    # when one of them is published again with a third
    done = await publish_offers(kafka.at, topics, [offer("day"), offer("weekend")])
    # then only the third is new
    assert [one.new for one in done] == [False, True]
    # and the same version with other terms is refused, and nothing beside it is published either
    with pytest.raises(NotPublished, match="op/day/1 was published on 2026-03-01 with other terms"):
        await publish_offers(kafka.at, topics, [offer("holiday"), offer("day", price="0.60")])
    assert await on_the_log(kafka, topics) == ["op/day/1", "op/night/1", "op/weekend/1"]
    # while another version is another offer
    await publish_offers(kafka.at, topics, [offer("day", price="0.60", version="2")])
    assert await on_the_log(kafka, topics) == ["op/day/1", "op/day/2", "op/night/1", "op/weekend/1"]


async def test_without_the_topic_nothing_is_created(kafka: Store, topic_prefix: str) -> None:
    with pytest.raises(NoTopics, match="tapwatt topics --apply"):
        await publish_offers(kafka.at, Topics(topic_prefix), [offer()])
