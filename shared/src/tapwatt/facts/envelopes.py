"""The envelope round every fact: CloudEvents 1.0 in Kafka binary mode, with the W3C trace it belongs to."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tapwatt.errors import Poison
from tapwatt.facts.fields import FIRST, LAST

Headers = Sequence[tuple[str, bytes | None]]
"""Kafka's headers. A value may be null; bytes of a name that are not UTF-8 stand in it as lone surrogates."""

LARGEST_HEADERS = 64 * 1024
"""Bytes. An envelope takes a few hundred; with so much round it an event still fits into a retry topic."""

_TRACEPARENT = re.compile(r"^00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$")


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who said what when. `id` names the fact for ever; `type` says which fact and which version of it."""

    id: str
    type: str
    source: str
    time: datetime
    traceparent: str | None = None


def next_trace(traceparent: str | None, fact_id: str) -> str:
    """The trace goes on: same trace, and a span that follows from the fact, so that a redelivery has the same."""
    span = hashlib.sha256(fact_id.encode()).hexdigest()
    known = _TRACEPARENT.match(traceparent or "")
    trace, flags = (known.group(1), known.group(2)) if known else (span[16:48], "01")
    return f"00-{trace}-{span[:16]}-{flags}"


def to_headers(envelope: Envelope) -> list[tuple[str, bytes]]:
    """The envelope as Kafka headers (CloudEvents Kafka protocol binding 1.0, binary content mode)."""
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", envelope.id.encode()),
        ("ce_type", envelope.type.encode()),
        ("ce_source", envelope.source.encode()),
        ("ce_time", envelope.time.astimezone(UTC).isoformat().replace("+00:00", "Z").encode()),
        ("content-type", b"application/json"),
    ]
    if envelope.traceparent:
        headers.append(("traceparent", envelope.traceparent.encode()))
    return headers


def from_headers(headers: Headers) -> Envelope:
    """The envelope in Kafka headers. Poison says which header is missing or wrong."""
    if headers_size(headers) > LARGEST_HEADERS:
        raise Poison(f"the headers are more than {LARGEST_HEADERS} bytes")
    found = dict(headers)
    if found.get("ce_specversion") != b"1.0":
        raise Poison("header ce_specversion is not 1.0: this is not a CloudEvent that we read")
    moment = _text(found, "ce_time")
    try:
        time = datetime.fromisoformat(moment)
    except ValueError:
        raise Poison("header ce_time is not an ISO 8601 time such as 2026-01-31T12:00:00Z") from None
    if time.tzinfo is None:
        raise Poison("header ce_time has no time zone; end it with Z")
    # Compared before it is converted: at the ends of the calendar a conversion leaves it.
    if not FIRST <= time < LAST:
        raise Poison("header ce_time is not a time from 1970 to 2199, so a clock was wrong")
    trace = (found.get("traceparent") or b"").decode("ascii", "replace")
    return Envelope(
        id=_text(found, "ce_id"),
        type=_text(found, "ce_type"),
        source=_text(found, "ce_source"),
        time=time.astimezone(UTC),
        traceparent=trace if _TRACEPARENT.match(trace) else None,
    )


def headers_size(headers: Headers) -> int:
    """Bytes of all names and values."""
    return sum(len(name) + len(raw or b"") for name, raw in headers)


def note(headers: Headers, name: str) -> str:
    """What a header says, the last one of that name; nothing where there is none. Any bytes can be read."""
    return (dict(headers).get(name) or b"").decode("utf-8", "backslashreplace")


def _text(headers: dict[str, bytes | None], name: str) -> str:
    raw = headers.get(name)
    if not raw or len(raw) > 200:
        raise Poison(f"header {name} is missing or longer than 200 bytes")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Poison(f"header {name} is not UTF-8") from None
