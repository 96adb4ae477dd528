"""Which partitions some topics have, asked of Kafka itself: a consumer that subscribes to nothing does not know."""

from __future__ import annotations

from collections.abc import Sequence

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import for_code

from tapwatt.errors import Unavailable


async def partitions_of(admin: AIOKafkaAdminClient, topics: Sequence[str]) -> list[TopicPartition]:
    """Every partition of these topics. Unavailable names a topic that Kafka does not know (yet) or does not show us."""
    found = []
    for told in await admin.describe_topics(list(topics)):
        if told["error_code"]:
            error = for_code(told["error_code"])(told["topic"])
            raise Unavailable(f"Kafka does not tell the partitions of {told['topic']} ({error!r})") from error
        found += [TopicPartition(told["topic"], part["partition"]) for part in told["partitions"]]
    return found
