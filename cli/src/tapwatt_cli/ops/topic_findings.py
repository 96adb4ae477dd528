"""Whether a Kafka's topics are as they are declared: a line for each that is not, with the command that mends it."""

from __future__ import annotations

from aiokafka.admin import AIOKafkaAdminClient

from tapwatt_cli.ops.declared_topics import Applied, Differs, with_topics
from tapwatt_cli.ops.findings import Finding
from tapwatt_cli.ops.kafka_words import reading

NAMED_AT_MOST = 3
"""So many of the topics that are missing are named; `tapwatt topics` names all."""


async def topic_findings(bootstrap: str, prefix: str) -> list[Finding]:
    """What differs from deploy/topics.toml. Unavailable or TopicsError if Kafka cannot be asked.

    A Kafka of one broker, as `tapwatt up` holds one, keeps one copy of everything: that is no difference there.
    """
    async with reading(bootstrap, "its topics"):
        brokers, cluster = await _cluster(bootstrap)
        applied = await with_topics(bootstrap, prefix=prefix, one_broker=brokers == 1, only_check=True)
    there = f"{brokers} broker{'s' if brokers > 1 else ''}, cluster {cluster}"
    return [Finding("Kafka", True, there), *findings(bootstrap, applied)]


def findings(bootstrap: str, applied: Applied) -> list[Finding]:
    """One for each topic that differs, one for all that are missing, or one that all are as declared."""
    found = [_differing(bootstrap, one) for one in applied.differing]
    if applied.missing:
        named = ", ".join(applied.missing[:NAMED_AT_MOST])
        more = len(applied.missing) - NAMED_AT_MOST
        missing = f"{named} and {more} more are missing" if more > 0 else f"missing: {named}"
        found.append(Finding("topics", False, missing, f"tapwatt topics --apply --bootstrap {bootstrap}"))
    return found or [Finding("topics", True, f"{len(applied.there)}, as declared")]


def _differing(bootstrap: str, one: Differs) -> Finding:
    cures = []
    if one.config:
        wanted = ",".join(f"{key}=[{value}]" if "," in value else f"{key}={value}" for key, value in one.config)
        cures.append(
            f"kafka-configs.sh --bootstrap-server {bootstrap} --alter --entity-type topics --entity-name {one.topic} "
            f"--add-config {wanted}"
        )
    if one.moves_keys:
        cures.append("partitions are never changed under a running ring: keys would move; ask before you do")
    return Finding(f"topic {one.topic}", False, ", ".join(one.has), "; ".join(cures))


async def _cluster(bootstrap: str) -> tuple[int, str]:
    """How many brokers are there, and the id of their cluster. No broker tells a client which version it runs."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        told = await admin.describe_cluster()
        return len(told["brokers"]), str(told["cluster_id"])
    finally:
        await admin.close()
