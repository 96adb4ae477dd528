"""Faust's consumer and producer with their per-message path replaced: whole runs in, strict contiguous commits out.

Stock Faust commits over unfinished events (faust-streaming issue 606) and spends most of its time per message. Through
its documented extension point, the app's transport, these classes keep what it is good at (membership, assignment,
reconnection, agents) and take over what is fetched, noted and committed. docs/adr/0001 has the measurements.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NoReturn, cast

import faust
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import ConsumerMessage

from tapwatt import crash_windows as crash
from tapwatt.errors import TapwattError
from tapwatt.worker.inflight import InFlight
from tapwatt.worker.kafka.fetch_sessions import keep_fetch_sessions
from tapwatt.worker.kafka.header_names import METADATA_MS, read_any_name
from tapwatt.worker.kafka.producer import LARGEST_VALUE, BatchingProducer
from tapwatt.worker.open_transactions import HeldBack
from tapwatt.worker.records import Partition
from tapwatt.worker.settings import KafkaSettings, WorkerSettings
from tapwatt.worker.supervisor import Supervisor

_BATCH = 128 * 1024
"""Bytes that go to a partition at once."""

_LOOK_AGAIN_S = 0.25
"""How often what is never delivered is looked for behind the last record."""

_NEVER_S = 7 * 86400.0
"""aiokafka leaves the group when nothing is fetched for a while; with all partitions full that is no fault of ours."""


class ReadCommitted(driver.AIOKafkaConsumerThread):
    """Faust's consumer, which reads of transactions what was committed. Faust does that only where it makes its own."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"
        return consumer


class BatchConsumer(driver.Consumer):
    """Yields one message a partition and fetch, whose value is a Run; commits only the contiguous finished prefix.

    `_epoch` counts what makes fetched records stale (a revocation, a seek). Records fetched across a change of epoch
    are thrown away and read again from the committed offsets, so that none can slip between two positions.
    """

    app: BatchApp

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._epoch = 0
        self._reread = False
        self._seeking = asyncio.Lock()
        self._look_again = 0.0

    def _new_consumer_thread(self) -> ReadCommitted:
        return ReadCommitted(self, loop=self.loop, beacon=self.beacon)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:
        inflight = self.app.inflight
        full = {TP(*partition) for partition in inflight.full()}
        wanted = (active_partitions or set()) - full
        if inflight.busy:
            wanted = {tp for tp in wanted if tp.topic in self.app.delayed}
        if not wanted:
            # fetched_records takes an empty set for "all partitions", so nothing may be asked for here
            await asyncio.sleep(0.01)
            return {}
        return await super()._getmany(wanted, 0.05 if full else timeout)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Any]]:
        """One message a partition: the whole run of records that was fetched of it."""
        if self._reread and not await self._read_again():
            return
        epoch, generation = self._epoch, self.app.consumer_generation_id
        records, active = await self._wait_next_records(timeout)
        if self.should_stop:
            return
        for tp, run in (records or {}).items():
            if self._stale(epoch, generation) or (active is not None and tp not in active):
                self._reread = True
                return
            yield tp, self._message(tp, run)
        if not self._stale(epoch, generation):
            self._note_positions()

    def _stale(self, epoch: int, generation: int) -> bool:
        """Whether what was fetched then is another owner's now, or is read again."""
        return epoch != self._epoch or generation != self.app.consumer_generation_id or not self.flow_active

    def _note_positions(self) -> None:
        """Tell how far partitions are read, when all that was fetched is noted: never later, never sooner.

        Behind the last record there may be what is never delivered: what was aborted, the ends of transactions, what
        compaction left out. Were it not committed over, whoever waits for the group to come to the end of the log
        would wait for ever.
        """
        now = asyncio.get_running_loop().time()
        if now >= self._look_again:
            self._look_again = now + _LOOK_AGAIN_S
            for partition, position in positions(self.app).items():
                self.app.inflight.read_to(partition, position)

    async def _read_again(self) -> bool:
        if not self.flow_active:
            await self.can_resume_flow.wait()
        try:
            await self.perform_seek()
        except KafkaError as error:
            self.log.warning("cannot seek to the committed offsets yet: %r", error)
            await asyncio.sleep(0.5)
            return False
        return True

    def _message(self, tp: TP, fetched: Sequence[Any]) -> Any:
        partition = Partition(tp.topic, tp.partition)
        first = fetched[0]
        run = self.app.inflight.note(partition, fetched)
        message: Any = ConsumerMessage
        return message(
            first.topic,
            first.partition,
            first.offset,
            (first.timestamp or 0) / 1000.0,
            first.timestamp_type,
            (),
            None,
            run,
            None,
            0,
            0,
            tp,
            generation_id=self.app.consumer_generation_id,
        )

    async def perform_seek(self) -> None:
        """Read on from the committed offsets, and from the beginning where nothing was committed; forget the rest."""
        async with self._seeking:
            await self._seek_to_committed()

    async def _seek_to_committed(self) -> None:
        self.app.partitions_came()
        self._epoch += 1
        self._reread = True
        await self.app.inflight.forget()
        if crash.armed:
            await crash.armed("before-seek")
        committed = await self.seek_to_committed()
        fresh = [TopicPartition(*tp) for tp in self._thread._ensure_consumer().assignment() if not committed.get(tp)]
        if fresh:
            await self._thread.seek_to_beginning(*fresh)
        self._read_offset.clear()
        self._committed_offset.clear()
        self._committed_offset.update({tp: offset for tp, offset in committed.items() if offset})
        self._epoch += 1
        self._reread = False

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Commit what is finished, then stop and forget everything: the next owner handles it."""
        self._epoch += 1
        if crash.armed:
            await crash.armed("before-revocation")
        await super().on_partitions_revoked(revoked)
        await self.app.inflight.forget()
        if crash.armed:
            await crash.armed("after-revocation")

    async def wait_empty(self) -> None:
        """Commit what is finished. Waiting for the rest is the worker's affair (drain), with a limit."""
        await self.commit_and_end_transactions()

    async def _commit_offsets(self, offsets: Mapping[TP, int], start_new_transaction: bool = True) -> bool:
        """Commit; what is told of it stands in windows only, since Faust knows what to do when it fails."""
        if crash.armed:
            await crash.armed("before-commit")
        done = bool(await super()._commit_offsets(offsets, start_new_transaction=start_new_transaction))
        if crash.armed:
            await crash.armed("after-commit")
        return done

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        return (
            TP(*p) for p in self.app.inflight.partitions() if topics is None or p.topic in topics or TP(*p) in topics
        )

    def _new_offset(self, tp: TP) -> int | None:
        return self.app.inflight.commit_of(Partition(tp.topic, tp.partition))

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """The offset tracker knows only what was delivered: there are no gaps."""

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Our own watchdog looks from outside; this one goes blind with the consumer."""


class IdempotentProducer(driver.Producer):
    """An idempotent producer that waits for all replicas."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True, "max_request_size": 2 * LARGEST_VALUE}


class BatchTransport(driver.Transport):
    """Faust's Kafka transport with our consumer and producer."""

    Consumer = BatchConsumer
    Producer = IdempotentProducer


class BatchApp(faust.App):
    """A Faust app whose consumer hands whole runs to `inflight`."""

    inflight: InFlight
    delayed: Collection[str]
    partitions_came: Callable[[], None]

    def _create_directories(self) -> None:
        """Faust makes a folder for tables where it is started; we keep none."""

    def _new_transport(self) -> BatchTransport:
        return BatchTransport(self.conf.broker_consumer, self, loop=self.loop)

    def _new_producer_transport(self) -> BatchTransport:
        return BatchTransport(self.conf.broker_producer, self, loop=self.loop)


def make_app(
    group: str,
    topics: Sequence[str],
    inflight: InFlight,
    delayed: Collection[str],
    kafka: KafkaSettings,
    worker: WorkerSettings,
    partitions_came: Callable[[], None] = lambda: None,
) -> BatchApp:
    """The Faust app of a worker: one agent over all its topics. Nothing connects before it is started.

    `partitions_came` is called before the first record of partitions that are newly ours is handed over.
    """
    app = BatchApp(
        group,
        broker=";".join(f"kafka://{server.strip()}" for server in kafka.bootstrap.split(",")),
        autodiscover=False,
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        stream_wait_empty=False,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=worker.instance_id,
        broker_commit_interval=worker.commit_interval_s,
        broker_session_timeout=worker.session_timeout_s,
        broker_heartbeat_interval=worker.heartbeat_s,
        broker_max_poll_records=worker.max_poll_records,
        broker_max_poll_interval=_NEVER_S,
        consumer_metadata_max_age_ms=METADATA_MS,
        producer_metadata_max_age_ms=METADATA_MS,
        producer_acks=-1,
        producer_max_batch_size=_BATCH,
    )
    app.inflight = inflight
    read_any_name()
    keep_fetch_sessions()
    app.delayed = delayed
    app.partitions_came = partitions_came
    heard = app.topic(*topics, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")

    async def hand_over(stream: Any) -> None:
        accept = inflight.accept
        async for event in stream.noack().events():
            accept(event.value)

    app.agent(heard, name=f"{group}.hand_over")(hand_over)
    return app


def producer_of(app: BatchApp, timeout_s: float, tasks: Supervisor) -> BatchingProducer:
    """What delivers through the started app's own producer."""
    return BatchingProducer(
        cast(IdempotentProducer, app.producer)._ensure_producer(), timeout_s, tasks.fail, tasks.start
    )


async def crashed(app: BatchApp) -> NoReturn:
    """Wait until the app has broken down, and say why."""
    await app._crashed.wait()
    raise TapwattError(f"the connection to Kafka broke down ({app.crash_reason!r}); it must be started again")


def assigned(app: BatchApp) -> list[Partition]:
    """The partitions that are this worker's now."""
    return [Partition(tp.topic, tp.partition) for tp in app.consumer.assignment()]


def positions(app: BatchApp) -> dict[Partition, int]:
    """The next offset to be read of each partition of ours, where it is known."""
    return {partition: state.position for partition, state in _states(app) if state.has_valid_position}


def held_back(app: BatchApp) -> dict[Partition, HeldBack]:
    """Where records of ours wait behind a transaction that is open: until it ends nobody may read on."""
    return {
        partition: HeldBack(state.lso, state.highwater - state.lso)
        for partition, state in _states(app)
        if state.highwater is not None and state.lso is not None and 0 <= state.lso < state.highwater
    }


def _states(app: BatchApp) -> list[tuple[Partition, Any]]:
    """What aiokafka knows of each partition of ours."""
    subscription = cast(Any, app.consumer)._thread._ensure_consumer()._subscription.subscription
    assignment = subscription.assignment if subscription is not None else None
    if assignment is None:
        return []
    states = [(Partition(*tp), assignment.state_value(tp)) for tp in assignment.tps]
    return [(partition, state) for partition, state in states if state is not None]


def flowing(app: BatchApp) -> bool:
    """Whether partitions are ours and records are read: neither starting nor in the middle of a rebalance."""
    return bool(cast(Any, app.consumer).flow_active and not app.rebalancing and app.consumer_generation_id >= 0)
