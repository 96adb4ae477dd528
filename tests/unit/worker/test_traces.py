"""One trace for a session, whatever its fleet traces; provider and Redis calls under the handling that made them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from prometheus_client import CollectorRegistry
from tests.unit.worker.hand_clock import HandClock

from tapwatt.facts.codec import Event, begin, decode, encode
from tapwatt.facts.events import SessionCancelled, StopRequested, TokenMatched, TokenNotMatched
from tapwatt.facts.fact import Fact
from tapwatt.facts.reasons import NoMatchReason
from tapwatt.facts.topics import Topics
from tapwatt.log import quiet
from tapwatt.metrics.of_a_worker import OF_A_WORKER
from tapwatt.metrics.registry import Metrics
from tapwatt.spans import span
from tapwatt.wiring.tracing import OpenTelemetry
from tapwatt.worker.handling import Handling
from tapwatt.worker.records import Outgoing, Read
from tapwatt.worker.service import Done, Service

NOW = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
TOPICS = Topics()
STOP = StopRequested(stop_id="stop-1", operator_id="op", site_id="site", terminal_id="t1", requested_at=NOW)
YES = TokenMatched(
    operator_id="op", session_id="s1", stop_id="stop-1", terminal_id="t1", evse_id="e1", matched_by="par"
)
NO = TokenNotMatched(operator_id="op", stop_id="stop-1", terminal_id="t1", reason=NoMatchReason.NO_SESSION)
CANCELLED = SessionCancelled(operator_id="op", session_id="s1", reason="driver", cancelled_at=NOW)
FLEETS = f"00-{'f' * 32}-{'e' * 16}-01"


class World:
    def __init__(self, *say: Fact) -> None:
        self.exporter = InMemorySpanExporter()
        self.telemetry = OpenTelemetry("token-matcher", self.exporter)
        self.produced: list[Outgoing] = []

        async def handler(event: Event) -> Done:
            with span("EVALSHA", "client", {"db.system.name": "redis"}):
                pass
            with span("provider read_token", "client", {}) as traced:
                assert traced is not None
                traced.attributes["tapwatt.provider.result"] = "done"
            return Done(say=say)

        self.handling = Handling(
            Service("token-matcher", {StopRequested: handler, SessionCancelled: handler}),
            self.produce,
            topics=TOPICS,
            clock=HandClock(NOW),
            chance=Random(1),
            metrics=Metrics(CollectorRegistry(), OF_A_WORKER),
            log=quiet(),
            traces=self.telemetry.traces,
        )

    async def produce(self, records: Sequence[Outgoing]) -> None:
        self.produced.extend(records)

    async def hears(self, fact: Fact, traceparent: str = "", name: str = "cause") -> None:
        key, value, headers = encode(begin(fact, name, "/fleet", NOW))
        kept = [(name, raw) for name, raw in headers if name != "traceparent"]
        if traceparent:
            kept.append(("traceparent", traceparent.encode()))
        await self.handling(Read(TOPICS.of(type(fact)), 3, 17, key, value, kept))

    def spans(self):
        self.telemetry.close()
        return {one.name: one for one in self.exporter.get_finished_spans()}


async def test_what_is_done_for_one_record_is_one_trace_with_every_call_under_it() -> None:
    world = World(YES)
    await world.hears(STOP)
    spans = world.spans()
    process = spans["process tapwatt.stop-requested.v1"]
    sent = spans["send tapwatt.token-matched.v1"]
    assert set(spans) == {process.name, sent.name, "EVALSHA", "provider read_token"}
    assert process.kind is SpanKind.CONSUMER
    assert sent.kind is SpanKind.PRODUCER
    assert process.attributes["messaging.system"] == "kafka"
    assert process.attributes["messaging.kafka.offset"] == 17
    assert process.attributes["messaging.destination.partition.id"] == "3"
    assert process.attributes["messaging.consumer.group.name"] == "token-matcher"
    assert process.attributes["tapwatt.outcome"] == "done"
    assert spans["provider read_token"].attributes["tapwatt.provider.result"] == "done"
    for one in spans.values():
        assert one.context.trace_id == process.context.trace_id
        if one is not process:
            assert one.parent.span_id == process.context.span_id
    # and whoever hears what was said goes on under the span of its sending
    [said] = world.produced
    trace, of = decode(said.key, said.value, said.headers).envelope.traceparent.split("-")[1:3]  # type: ignore[union-attr]
    assert (trace, of) == (f"{sent.context.trace_id:032x}", f"{sent.context.span_id:016x}")


@pytest.mark.parametrize("fleets", ["", FLEETS])
async def test_all_of_a_session_is_one_trace_whatever_its_fleet_traces(fleets: str) -> None:
    stopped, cancelled = World(YES), World(YES)
    await stopped.hears(STOP, fleets)
    await cancelled.hears(CANCELLED, fleets)
    traces = {one.context.trace_id for world in (stopped, cancelled) for one in world.spans().values()}
    assert len(traces) == 1


async def test_a_fleet_s_own_trace_is_linked_where_a_session_s_goes_on_and_goes_on_where_there_is_none() -> None:
    matched, nothing = World(YES), World(NO)
    await matched.hears(STOP, FLEETS)
    await nothing.hears(STOP, FLEETS)
    process = matched.spans()["process tapwatt.stop-requested.v1"]
    [link] = process.links
    assert (f"{link.context.trace_id:032x}", f"{link.context.span_id:016x}") == ("f" * 32, "e" * 16)
    assert process.parent is None
    spans = nothing.spans()
    assert {f"{one.context.trace_id:032x}" for one in spans.values()} == {"f" * 32}
    assert f"{spans['process tapwatt.stop-requested.v1'].parent.span_id:016x}" == "e" * 16


async def test_stops_that_match_nothing_are_traces_of_their_own_and_not_one_of_the_terminal() -> None:
    first, second = World(NO), World(NO)
    await first.hears(STOP)
    await second.hears(STOP.model_copy(update={"stop_id": "stop-2"}), name="another")
    one, other = ({one.context.trace_id for one in world.spans().values()} for world in (first, second))
    assert len(one) == len(other) == 1
    assert one != other


async def test_where_tracing_is_off_nothing_is_noted() -> None:
    with span("EVALSHA", "client", {}) as traced:
        assert traced is None
