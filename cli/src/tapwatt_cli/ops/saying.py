"""Says an operator's facts on the log, each until it is known to stand there."""

from __future__ import annotations

from collections.abc import Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from tapwatt.errors import Unavailable
from tapwatt.facts.codec import Event, encode
from tapwatt_cli.ops.kafka_words import away, is_away

SOURCE = "/operator/tapwatt-cli"
SAID_BY = "tapwatt_said_by"
"""The header that names who typed the command, where the fact itself does not."""


async def say(bootstrap: str, topic: str, events: Sequence[Event], by: str = "") -> None:
    """Put these events on this topic, in order. Unavailable if Kafka did not take one: the same again is no harm.

    `by` is who says them, where they do not say so themselves.
    """
    if not events:
        return
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    try:
        await producer.start()
        for event in events:
            key, value, headers = encode(event)
            said_by = [(SAID_BY, by.encode())] if by else []
            await producer.send_and_wait(topic, value, key=key, headers=[*headers, *said_by])
    except KafkaError as error:
        refused = f"Kafka at {bootstrap} did not take a {events[0].fact.name} ({error!r}): try again"
        raise Unavailable(away(bootstrap) if is_away(error) else refused) from error
    finally:
        await producer.stop()
