"""Reads a service's quarantine from the log: whole before the worker hears anything, and on for as long as it runs."""

from __future__ import annotations

from asyncio import sleep
from contextlib import suppress
from time import monotonic
from typing import NoReturn

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from tapwatt.errors import Unavailable
from tapwatt.worker.kafka.log_reader import reader
from tapwatt.worker.kafka.partitions import partitions_of
from tapwatt.worker.quarantined_sessions import Quarantine

LOOK_AGAIN_S = 30.0
"""How often it is asked whether the topic was given more partitions."""

AGAIN_S = 1.0
_WAIT_MS = 100


async def follow(bootstrap: str, quarantine: Quarantine) -> NoReturn:
    """Read the topic of the quarantine whole, then go on with it; anew where Kafka was away meanwhile.

    That Kafka is away is found and named by the worker's probe.
    """
    while True:
        with suppress(KafkaError, Unavailable, OSError):
            await _follow_as_it_is(bootstrap, quarantine)
            continue
        await sleep(AGAIN_S)


async def _follow_as_it_is(bootstrap: str, quarantine: Quarantine) -> None:
    """Return when the topic has other partitions than it had: it is then read anew, whole."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    log = reader(bootstrap)
    try:
        await admin.start()
        every = await partitions_of(admin, [quarantine.topic])
        await log.start()
        log.assign(every)
        quarantine.forget()
        answered, asked = -1, monotonic()
        while True:
            if monotonic() - asked >= LOOK_AGAIN_S:
                asked = monotonic()
                if set(await partitions_of(admin, [quarantine.topic])) != set(every):
                    return
            doubts = quarantine.doubts
            ends = await log.end_offsets(every) if doubts != answered else {}
            while True:
                for records in (await log.getmany(timeout_ms=_WAIT_MS)).values():
                    for record in records:
                        quarantine.read(record)
                if all([await log.position(one) >= ends[one] for one in ends]):
                    break
            if doubts != answered:
                answered = doubts
                quarantine.caught_up(doubts)
    finally:
        await log.stop()
        await admin.close()
