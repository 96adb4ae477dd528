"""Which partitions some topics have, asked of Kafka itself: a consumer that subscribes to nothing does not know."""

from __future__ import annotations

from collections.abc import Sequence

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from tapwatt.errors import Unavailable


async def partitions_of(admin: AIOKafkaAdminClient, topics: Sequence[str]) -> list[TopicPartition]:
    """Every partition of these topics. Unavailable names a topic that Kafka does not know (yet)."""
    found = []
    for told in await admin.describe_topics(list(topics)):
        if told["error_code"]:
            raise Unavailable(f"Kafka does not know topic {told['topic']} (error {told['error_code']})")
        found += [TopicPartition(told["topic"], part["partition"]) for part in told["partitions"]]
    return found
