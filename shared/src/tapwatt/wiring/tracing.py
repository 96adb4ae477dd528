"""Traces by OpenTelemetry, out by OTLP. It is imported where TAPWATT_WORKER_TRACES is set, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, TraceFlags, set_span_in_context

from tapwatt.spans import Span
from tapwatt.worker.traces import Traces


class OpenTelemetry:
    """The traces of one process, exported in the background; `close` sends what is left.

    `exporter` is where they go; None for OTLP over HTTP, to where OTEL_EXPORTER_OTLP_ENDPOINT and its like say.
    """

    def __init__(self, service: str, exporter: SpanExporter | None = None) -> None:
        self._ids = _Ids()
        about = Resource.create({"service.name": f"tapwatt-{service}", "service.version": version("tapwatt")})
        self._provider = TracerProvider(resource=about, id_generator=self._ids)
        self._provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("tapwatt")
        self.traces = Traces(service, self.export)

    def export(self, trace_id: str, parent_id: str, links: Sequence[tuple[str, str]], spans: Sequence[Span]) -> None:
        """Hand finished spans over: the first is the parent of the others."""
        self._ids.trace_id = trace_id
        within = set_span_in_context(NonRecordingSpan(_context(trace_id, parent_id))) if parent_id else None
        for number, one in enumerate(spans):
            self._ids.span_id = one.span_id
            made = self._tracer.start_span(
                one.name,
                context=within,
                kind=SpanKind[one.kind.upper()],
                attributes=one.attributes,
                links=[Link(_context(*link)) for link in links] if number == 0 else (),
                start_time=one.began_ns,
            )
            if one.failed:
                made.set_attribute("error.type", one.failed)
            made.end(max(one.ended_ns, one.began_ns))
            if number == 0:
                within = set_span_in_context(NonRecordingSpan(made.get_span_context()))

    def close(self) -> None:
        """Send what is left, and stop."""
        self._provider.shutdown()


class _Ids(RandomIdGenerator):
    """Ids as they are known: a trace is a session's, and what a fact's traceparent names is the span of its sending."""

    def __init__(self) -> None:
        self.trace_id = ""
        self.span_id = ""

    def generate_trace_id(self) -> int:
        return int(self.trace_id, 16) if self.trace_id else super().generate_trace_id()

    def generate_span_id(self) -> int:
        return int(self.span_id, 16) if self.span_id else super().generate_span_id()


def _context(trace_id: str, span_id: str) -> SpanContext:
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(1))
