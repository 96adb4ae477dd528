"""Makes spans of what was handled, by OpenTelemetry's messaging conventions: what was heard and said, in one trace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import time_ns
from typing import Protocol

from tapwatt.at_work import AtWork, at_work
from tapwatt.facts.codec import Event
from tapwatt.facts.envelopes import trace_of
from tapwatt.spans import Span
from tapwatt.worker.records import Incoming, Outgoing

HANDLED = "tapwatt.outcome"


class Export(Protocol):
    """Takes finished spans: the first is the parent of the others, in this trace, under that span of its sender."""

    def __call__(self, trace_id: str, parent_id: str, links: Sequence[tuple[str, str]], spans: Sequence[Span]) -> None:
        """Hand them over; `links` are other traces that led here, each with its span: ids in hexadecimal digits."""
        ...


class Traces:
    """The spans of one service. A session's are all under one trace id, whatever its fleet traces.

    What is handled belongs to the trace of what follows from it (a stop learns its session from the card), and is
    linked to the trace that it came with where that is another one.
    """

    def __init__(self, service: str, export: Export, now_ns: Callable[[], int] = time_ns) -> None:
        self._service = service
        self._export = export
        self._now_ns = now_ns

    def sending(self, records: Sequence[Outgoing]) -> Callable[[], None]:
        """Facts are being sent; the answer is called once they stand on the log."""
        began_ns = self._now_ns()

        def sent() -> None:
            one, ended_ns = at_work(), self._now_ns()
            if one is None or one.spans is None:
                return
            for record in records:
                _, span_id = trace_of(record.headers)
                attributes = {**self._on_kafka("send", record.topic), **_about(one)}
                one.spans.append(Span(f"send {record.topic}", "producer", began_ns, ended_ns, attributes, "", span_id))
                one.trace_id = trace_of(record.headers)[0] or one.trace_id

        return sent

    def handled(self, record: Incoming, event: Event, one: AtWork, outcome: str) -> None:
        """One record was handled, and this was done meanwhile."""
        came_trace, came_span = trace_of(record.headers)
        ended_ns = self._now_ns()
        began_ns = int(one.since.timestamp() * 1e9) if one.since is not None else ended_ns
        attributes = {
            **self._on_kafka("process", record.topic),
            "messaging.destination.partition.id": str(record.partition),
            "messaging.kafka.offset": record.offset,
            "messaging.consumer.group.name": self._service,
            "messaging.message.id": event.envelope.id,
            HANDLED: outcome,
            **_about(one),
        }
        failed = "" if outcome == "done" else outcome
        whole = Span(f"process {record.topic}", "consumer", began_ns, ended_ns, attributes, failed)
        trace_id = one.trace_id or came_trace
        links = [(came_trace, came_span)] if came_trace and came_trace != trace_id else []
        parent = came_span if came_trace == trace_id else ""
        self._export(trace_id, parent, links, [whole, *(one.spans or ())])

    def _on_kafka(self, operation: str, topic: str) -> dict[str, str | int | float]:
        return {
            "messaging.system": "kafka",
            "messaging.operation.name": operation,
            "messaging.operation.type": operation,
            "messaging.destination.name": topic,
        }


def _about(one: AtWork) -> dict[str, str]:
    return {f"tapwatt.{name}": value for name, value in one.notes.items() if name in ("session", "terminal_id", "fact")}
