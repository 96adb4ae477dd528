"""Published tariffs on a real, compacted topic: however often one is said again, it is found when all is read anew."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

from aiokafka import AIOKafkaProducer
from tests.stores.choice import Store

from authoriser.offers import Offers
from tapwatt.clock import SystemClock
from tapwatt.facts.codec import begin, decode, encode
from tapwatt.facts.events import SessionRequested, TariffPublished
from tapwatt.tariffs import Tariff, TariffRef
from tapwatt.testing import session_store as memory
from tapwatt.worker.kafka.group_progress import GroupProgress
from tapwatt.worker.kafka.log_reader import read_log
from tapwatt.worker.progress import Ends
from tapwatt_cli.ops.declared_topics import Declared, apply

AT = datetime(2026, 3, 1, tzinfo=UTC)
TIMES = 40
# Compaction as soon as a broker can be made to do it; what it keeps is the same after years.
SOON = {"cleanup.policy": "compact", "segment.ms": "100", "min.cleanable.dirty.ratio": "0.01", "retention.ms": "-1"}


class AllHeard(GroupProgress):
    """The group that has read everything: the reader of this test itself."""

    async def reached(self, ends: Ends) -> bool:
        return True


def offer(version: str, said: int) -> tuple[bytes, bytes | None, list[tuple[str, bytes]]]:
    """The version as it is said for this many a time."""
    tariff = Tariff.model_validate(
        {
            "id": "day",
            "currency": "EUR",
            "elements": [{"price_components": [{"type": "ENERGY", "price": f"0.{version}"}]}],
        }
    )
    fact = TariffPublished(operator_id="op", tariff_version=version, tariff=tariff, published_at=AT)
    key, value, headers = encode(begin(fact, f"{version}-{said}", "/fleet", AT + timedelta(minutes=said)))
    assert key is not None
    return key, value, headers


def naming(version: str) -> SessionRequested:
    return SessionRequested.model_validate(
        {
            "session_id": "s",
            "place": {"operator_id": "op", "site_id": "s", "terminal_id": "t", "evse_id": "e"},
            "tariff_ref": TariffRef(id="day", version=version),
            "time_zone": "UTC",
            "requested_at": AT,
        }
    )


async def test_s21_a_tariff_is_found_again_when_compaction_has_left_one_record_of_it(kafka: Store) -> None:
    # given a compacted topic on which three versions were said again and again
    topic = f"t{uuid.uuid4().hex[:10]}.tariffs"
    await apply(kafka.at, {topic: Declared(partitions=1, replication=1, config=SOON)})
    producer = AIOKafkaProducer(bootstrap_servers=kafka.at)
    await producer.start()
    for said in range(TIMES):
        for version in ("1", "2", "3"):
            key, value, headers = offer(version, said)
            await producer.send_and_wait(topic, value, key=key, headers=headers)
    # when the broker has compacted it (a new record closes the segment before it)
    async with asyncio.timeout(90):
        while True:
            key, value, headers = offer("3", TIMES)
            await producer.send_and_wait(topic, value, key=key, headers=headers)
            records = [record async for record in read_log(kafka.at, [topic])]
            if len(records) < TIMES:
                break
            await asyncio.sleep(1)
    await producer.stop()
    # then reading it to its end finds each version, and the next offset is still the end that progress speaks of
    clock = SystemClock()
    known = memory.InMemorySessionStore(memory.sessions_view(clock, whole=True), clock)
    progress = AllHeard(kafka.at, f"{topic}.nobody", [topic])
    await progress.open()
    offers = Offers(known, progress, clock, wait_s=1)
    for record in records:
        await offers.publish(decode(record.key, record.value, record.headers))
    for version in ("1", "2", "3"):
        found = await offers.of(naming(version))
        assert found is not None
        assert found.tariff_version == version
    ends = await progress.ends()
    assert max(record.offset for record in records) + 1 <= max(ends.values())
    await progress.close()
