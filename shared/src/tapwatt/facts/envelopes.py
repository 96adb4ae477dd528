"""The envelope round every fact: CloudEvents 1.0, in Kafka headers or round the value, with its W3C trace."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tapwatt.errors import Poison
from tapwatt.exact import INSTANT
from tapwatt.facts.fields import FIRST, LAST

Headers = Sequence[tuple[str, bytes | None]]
"""Kafka's headers. A value may be null; bytes of a name that are not UTF-8 stand in it as lone surrogates."""

LARGEST_HEADERS = 64 * 1024
"""Bytes. An envelope takes a few hundred; with so much round it an event still fits into a retry topic."""

LONGEST_TEXT = 200
"""Characters of an id, a type or a source."""

_TRACEPARENT = re.compile(r"^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$")


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who said what when. `id` names the fact for ever; `type` says which fact and which version of it."""

    id: str
    type: str
    source: str
    time: datetime
    traceparent: str | None = None


def next_trace(traceparent: str | None, fact_id: str, session: str | None = None) -> str:
    """The trace of what follows: a span that follows from the fact, so that a redelivery has the same.

    A session (operator/session) has one trace, which follows from its name, whatever its fleet traces and whichever of
    its fleet's events led here (docs/adr/0016). What is about no session goes on with the trace of its cause.
    """
    span = hashlib.sha256(fact_id.encode()).hexdigest()
    if session:
        return f"00-{hashlib.sha256(f'session {session}'.encode()).hexdigest()[:32]}-{span[:16]}-01"
    known = _TRACEPARENT.match(traceparent or "")
    trace, flags = (known.group(1), known.group(3)) if known else (span[16:48], "01")
    return f"00-{trace}-{span[:16]}-{flags}"


def trace_of(headers: Headers) -> tuple[str, str]:
    """The ids of the trace and of the span that a record's headers name; nothing where they name none."""
    for name, raw in headers:
        if name == "traceparent":
            known = _TRACEPARENT.match((raw or b"").decode("ascii", "replace"))
            return (known.group(1), known.group(2)) if known else ("", "")
    return "", ""


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
    """The envelope in Kafka headers (binary content mode). Poison says which header is missing or wrong."""
    found = dict(headers)
    attributes = {name: _read(found.get(f"ce_{name}"), f"header ce_{name}") for name in ATTRIBUTES}
    trace = (found.get("traceparent") or b"").decode("ascii", "replace")
    return from_attributes(attributes, "header ce_", trace)


ATTRIBUTES = ("specversion", "id", "type", "source", "time")
"""What CloudEvents calls them; each has to be there."""


def from_attributes(found: Mapping[str, object], where: str, trace: object) -> Envelope:
    """The envelope of these attributes. Poison says which is missing or wrong; `where` is put before its name."""
    if found.get("specversion") != "1.0":
        raise Poison(f"{where}specversion is not 1.0: this is not a CloudEvent that we read")
    texts = {name: _text(found.get(name), where + name) for name in ATTRIBUTES}
    return Envelope(
        id=texts["id"],
        type=texts["type"],
        source=texts["source"],
        time=_time(texts["time"], f"{where}time"),
        traceparent=trace if isinstance(trace, str) and _TRACEPARENT.match(trace) else None,
    )


def _time(moment: str, where: str) -> datetime:
    try:
        time = datetime.fromisoformat(moment)
    except ValueError:
        raise Poison(f"{where} is not an ISO 8601 time such as {INSTANT.example}") from None
    if time.tzinfo is None:
        raise Poison(f"{where} has no time zone; end it with Z")
    # Compared before it is converted: at the ends of the calendar a conversion leaves it.
    if not FIRST <= time < LAST:
        raise Poison(f"{where} is not a time from 1970 to 2199, so a clock was wrong")
    if not re.fullmatch(INSTANT.pattern, moment):
        raise Poison(f"{where} is not written as {INSTANT.example} (RFC 3339)")
    return time.astimezone(UTC)


def headers_size(headers: Headers) -> int:
    """Bytes of all names and values."""
    return sum(len(name) + len(raw or b"") for name, raw in headers)


def note(headers: Headers, name: str) -> str:
    """What a header says, the last one of that name; nothing where there is none. Any bytes can be read."""
    return (dict(headers).get(name) or b"").decode("utf-8", "backslashreplace")


def _read(raw: bytes | None, where: str) -> str:
    try:
        return (raw or b"").decode()
    except UnicodeDecodeError:
        raise Poison(f"{where} is not UTF-8") from None


def _text(found: object, where: str) -> str:
    if not isinstance(found, str) or not 0 < len(found) <= LONGEST_TEXT:
        raise Poison(f"{where} is missing or longer than {LONGEST_TEXT} characters")
    return found
