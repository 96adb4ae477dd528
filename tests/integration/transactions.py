"""Transactions as a fleet's own producer may make them: committed, aborted, or left open."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Literal

from aiokafka import AIOKafkaProducer
from tests.integration.worker_process import request

from tapwatt.worker.records import Outgoing

Ends = Literal["committed", "aborted"]


def requests(topic: str, numbers: range) -> list[Outgoing]:
    """A SessionRequested for each number."""
    return [Outgoing(topic, *request(number)) for number in numbers]


async def transaction(
    bootstrap: str, name: str, records: Sequence[Outgoing], ends: Ends, partition: int | None = None
) -> None:
    """Say these records in one transaction that ends so."""
    async with open_transaction(bootstrap, name, records, partition) as producer:
        await (producer.commit_transaction() if ends == "committed" else producer.abort_transaction())


@asynccontextmanager
async def open_transaction(
    bootstrap: str, name: str, records: Sequence[Outgoing], partition: int | None = None, timeout_s: float = 60
) -> AsyncIterator[AIOKafkaProducer]:
    """These records stand on the log in a transaction that is open, until the broker ends it after its timeout."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, transactional_id=name, transaction_timeout_ms=int(timeout_s * 1000)
    )
    await producer.start()
    try:
        await producer.begin_transaction()
        for one in records:
            await producer.send_and_wait(one.topic, one.value, one.key, partition, headers=list(one.headers))
        yield producer
    finally:
        await producer.stop()
