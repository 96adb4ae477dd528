"""A consumer in a fetch session reads what it would read without one, whatever happens to requests and brokers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.fetch import FetchRequest, FetchRequest_v4, FetchRequest_v11
from hypothesis import given, settings
from hypothesis import strategies as st

from tapwatt.worker.kafka.fetch_sessions import SessionRequest, _InSessions

PARTITIONS = [("a", 0), ("a", 1), ("b", 0), ("b", 1), ("c", 0)]
At = tuple[str, int]
AT_MOST = 1000


@dataclass
class Broker:
    """A broker by KIP-227: what it holds, and the sessions that it remembers. A log is as many records as it has."""

    logs: dict[At, int] = field(default_factory=lambda: dict.fromkeys(PARTITIONS, 0))
    sessions: dict[int, dict[str, Any]] = field(default_factory=dict)
    room: bool = True
    last_id: int = 0
    answered: int = 0

    def fetch(self, request: Any) -> SimpleNamespace:
        """Answer a request of version 11."""
        asked = {(topic, one[0]): {"offset": one[2], "told": None} for topic, many in request.topics for one in many}
        if request.session_epoch <= 0:
            self.sessions.pop(request.session_id, None)
            new = 0
            if request.session_epoch == 0 and self.room:
                new = self.last_id = self.last_id + 1
                self.sessions[new] = {"epoch": 1, "partitions": asked}
            return self._told(new, asked, everything=True)
        session = self.sessions.get(request.session_id)
        if session is None:
            return SimpleNamespace(API_VERSION=11, error_code=70, session_id=0, topics=[])
        if session["epoch"] != request.session_epoch:
            return SimpleNamespace(API_VERSION=11, error_code=71, session_id=0, topics=[])
        session["epoch"] += 1
        for topic, many in request.forgotten_topics_data:
            for partition in many:
                del session["partitions"][topic, partition]
        for at, how in asked.items():
            known = session["partitions"].get(at)
            session["partitions"][at] = {**how, "told": known["told"] if known else None}
        return self._told(request.session_id, session["partitions"], everything=False)

    def _told(self, session: int, partitions: dict[At, dict[str, Any]], everything: bool) -> SimpleNamespace:
        topics: dict[str, list[tuple[Any, ...]]] = {}
        for (topic, partition), how in partitions.items():
            end = self.logs[topic, partition]
            records = max(end - how["offset"], 0)
            error = 1 if how["offset"] > end else 0
            if everything or records or error or how["told"] != end:
                topics.setdefault(topic, []).append((partition, error, end, end, 0, [], -1, records))
                how["told"] = end
                self.answered += 1
        return SimpleNamespace(API_VERSION=11, error_code=0, session_id=session, topics=list(topics.items()))


@dataclass
class Consumer:
    """Fetches through sessions as aiokafka's fetcher does, and knows what it would have heard without them."""

    broker: Broker
    trouble: str = ""
    version: Any = FetchRequest_v11
    assigned: list[At] = field(default_factory=lambda: list(PARTITIONS))
    assignment: object = field(default_factory=object)

    def __post_init__(self) -> None:
        self.positions = dict.fromkeys(self.assigned, 0)
        self.paused: set[At] = set()
        self.ends: dict[At, int] = {}
        self._in_sessions = _InSessions(self)

    async def send(self, node_id: int, request: Any) -> Any:
        """The connection to the broker, and what may become of a request there."""
        trouble, self.trouble = self.trouble, ""
        if trouble == "lost on the way":
            raise KafkaConnectionError
        response = self.broker.fetch(request.build(self.version))
        if trouble == "answer lost":
            raise KafkaConnectionError
        if trouble == "cancelled":
            raise asyncio.CancelledError
        return response

    def reassign(self, assigned: list[At], positions: dict[At, int]) -> None:
        self.assigned, self.assignment, self.positions = assigned, object(), dict(positions)
        self.paused, self.ends = set(), {}

    async def fetch(self) -> None:
        wanted = [at for at in self.assigned if at not in self.paused]
        if not wanted:
            return
        topics: dict[str, list[tuple[int, int, int]]] = {}
        for topic, partition in wanted:
            topics.setdefault(topic, []).append((partition, self.positions[topic, partition], AT_MOST))
        request = SessionRequest(FetchRequest(500, 1, 10_000, 1, list(topics.items())), self.assignment)
        try:
            response = await self._in_sessions.send(1, request)
        except (KafkaConnectionError, asyncio.CancelledError):
            return
        offsets = {(topic, one[0]): one[1] for topic, many in request.topics for one in many}
        heard = {}
        for topic, many in response.topics:
            for partition, error, end, _, _, _, _, records in many:
                at = (topic, partition)
                assert offsets[at] == self.positions[at], "an answer to another question"
                self.ends[at] = end
                if records or error:
                    heard[at] = (error, records)
        logs = self.broker.logs
        # then it hears of every record that it would have heard of in full, and of nothing that it did not ask for
        assert heard == {
            at: (1 if self.positions[at] > logs[at] else 0, max(logs[at] - self.positions[at], 0))
            for at in wanted
            if self.positions[at] != logs[at]
        }
        # and knows where everything that it reads ends
        assert {at: self.ends[at] for at in wanted} == {at: logs[at] for at in wanted}
        for at, (error, records) in heard.items():
            self.positions[at] = 0 if error else self.positions[at] + records


AT = st.sampled_from(PARTITIONS)
STEPS = st.one_of(
    st.tuples(st.just("append"), AT),
    st.tuples(st.just("fetch"), st.none()),
    st.tuples(st.just("trouble"), st.sampled_from(["lost on the way", "answer lost", "cancelled"])),
    st.tuples(st.just("pause"), AT),
    st.tuples(st.just("resume"), AT),
    st.tuples(st.just("seek"), st.tuples(AT, st.integers(0, 4))),
    st.tuples(st.just("reassign"), st.lists(AT, unique=True, min_size=1)),
    st.tuples(st.just("forgets"), st.none()),
    st.tuples(st.just("room"), st.booleans()),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(STEPS, max_size=60))
def test_nothing_is_missed_in_a_session_that_would_be_read_without_one(steps: list[tuple[str, Any]]) -> None:
    asyncio.run(_lived(steps))


async def _lived(steps: list[tuple[str, Any]]) -> None:
    broker = Broker()
    consumer = Consumer(broker)
    for what, of in [*steps, ("fetch", None), ("fetch", None)]:
        if what in ("append", "forgets", "room"):
            _at_the_broker(broker, what, of)
        else:
            await _at_the_consumer(consumer, what, of)


def _at_the_broker(broker: Broker, what: str, of: Any) -> None:
    match what:
        case "append":
            broker.logs[of] += 1
        case "forgets":
            broker.sessions.clear()
        case _:
            broker.room = of


async def _at_the_consumer(consumer: Consumer, what: str, of: Any) -> None:
    match what:
        case "pause":
            consumer.paused |= {of} & set(consumer.assigned)
        case "resume":
            consumer.paused.discard(of)
        case "seek":
            at, to = of
            consumer.positions |= {at: to} if at in consumer.assigned else {}
        case "reassign":
            # as a rebalance does: from committed offsets, which may be behind
            consumer.reassign(of, {at: max(consumer.broker.logs[at] - 1, 0) for at in of})
        case _:
            consumer.trouble = of or ""
            await consumer.fetch()


async def test_a_quiet_consumer_is_told_of_nothing_but_what_has_come() -> None:
    # given a consumer of many partitions that has read them all
    broker = Broker()
    consumer = Consumer(broker)
    for _ in range(3):
        await consumer.fetch()
    before = broker.answered
    # when one record comes
    broker.logs["b", 1] += 1
    for _ in range(10):
        await consumer.fetch()
    # then one partition is named once, not all of them ten times
    assert broker.answered - before == 1
    assert consumer.positions["b", 1] == 1


async def test_a_broker_without_sessions_is_asked_in_full() -> None:
    broker = Broker()
    seen: list[Any] = []

    class Old(Consumer):
        async def send(self, node_id: int, request: Any) -> Any:
            built = request.build(FetchRequest_v4)
            seen.append(built.topics)
            every = {(topic, one[0]): {"offset": one[1], "told": None} for topic, many in built.topics for one in many}
            return SimpleNamespace(API_VERSION=4, topics=broker._told(0, every, everything=True).topics)

    consumer = Old(broker)
    broker.logs["a", 0] = 2
    for _ in range(3):
        await consumer.fetch()
    assert consumer.positions["a", 0] == 2
    assert all(sum(len(many) for _, many in topics) == len(PARTITIONS) for topics in seen)


async def test_the_epoch_begins_again_at_one() -> None:
    broker = Broker()
    consumer = Consumer(broker)
    await consumer.fetch()
    # given a session that is nearly as old as an epoch can count
    (session,) = broker.sessions.values()
    (ours,) = consumer._in_sessions._sessions.values()
    ours._epoch = session["epoch"] = 2**31 - 1
    broker.logs["a", 0] += 1
    await consumer.fetch()
    # then both begin again at one, as the protocol has it
    assert ours._epoch == 1
    session["epoch"] = 1
    broker.logs["a", 0] += 1
    await consumer.fetch()
    assert consumer.positions["a", 0] == 2
