"""Takes traces by OTLP over HTTP, as a collector does, and keeps every span."""

from __future__ import annotations

import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Collector:
    """Takes OTLP over HTTP, and keeps every span by its trace: the service, its name, attributes and parent."""

    def __init__(self) -> None:
        self.traces: dict[bytes, list[tuple[str, Any]]] = defaultdict(list)
        self.bodies: list[bytes] = []
        lock = threading.Lock()

        kept = self

        class Receiver(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                said = ExportTraceServiceRequest.FromString(body)
                with lock:
                    kept.bodies.append(body)
                    for resource in said.resource_spans:
                        about = {one.key: one.value.string_value for one in resource.resource.attributes}
                        for scope in resource.scope_spans:
                            for span in scope.spans:
                                kept.traces[span.trace_id].append((about["service.name"], span))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        self.thread = threading.Thread(target=self.server.serve_forever)

    @property
    def environment(self) -> dict[str, str]:
        """What tells the services to trace, and to here."""
        return {
            "TAPWATT_WORKER_TRACES": "true",
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self.server.server_port}",
            "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
        }

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
