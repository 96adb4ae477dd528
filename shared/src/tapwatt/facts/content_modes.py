"""Opens a record: the envelope and the fact's own JSON, in whichever of CloudEvents' content modes it was said."""

from __future__ import annotations

import base64
import re
from typing import Any

from pydantic_core import from_json, to_json

from tapwatt.errors import Poison
from tapwatt.facts.envelopes import (
    LARGEST_HEADERS,
    Envelope,
    Headers,
    from_attributes,
    from_headers,
    headers_size,
    note,
)

STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch"
CLOUDEVENTS = "application/cloudevents"
"""Content types that begin so are CloudEvents' own; any other says nothing, for a fact is JSON."""


def opened(value: bytes, headers: Headers) -> tuple[Envelope, bytes]:
    """The envelope, and the fact as JSON (CloudEvents Kafka protocol binding 1.0, section 3); else Poison."""
    if headers_size(headers) > LARGEST_HEADERS:
        raise Poison(f"the headers are more than {LARGEST_HEADERS} bytes")
    media = _media_type(headers)
    if media == STRUCTURED:
        return _structured(value, headers)
    if media.startswith(BATCHED):
        raise Poison("the record is in CloudEvents' batched mode, which is not read: say each event in its own record")
    if media.startswith(CLOUDEVENTS):
        raise Poison(
            f"the record is in a CloudEvents format that is not read: say it in binary mode or as {STRUCTURED}"
        )
    return from_headers(headers), value


def attribute(name: str, value: bytes | None, headers: Headers) -> str:
    """What a record that may be broken says of itself, e.g. its `id`, in either mode; nothing where it does not."""
    if _media_type(headers) != STRUCTURED:
        return note(headers, f"ce_{name}")
    try:
        said: Any = from_json(value or b"")
    except ValueError:
        return ""
    found = said.get(name) if isinstance(said, dict) else None
    return found if isinstance(found, str) else ""


def _media_type(headers: Headers) -> str:
    raw = next((raw for name, raw in reversed(headers) if name.lower() == "content-type"), None)
    return re.split(r"[;\s]", (raw or b"").decode("latin-1").lower(), maxsplit=1)[0]


def _structured(value: bytes, headers: Headers) -> tuple[Envelope, bytes]:
    try:
        said: Any = from_json(value, allow_inf_nan=False)
    except ValueError:
        raise Poison("the record is in structured mode, and its value is not JSON") from None
    if not isinstance(said, dict):
        raise Poison("the record is in structured mode, and its value is not a JSON object")
    trace = said.get("traceparent") or (dict(headers).get("traceparent") or b"").decode("ascii", "replace")
    return from_attributes(said, "attribute ", trace), _data(said)


def _data(said: dict[str, Any]) -> bytes:
    if "data" in said:
        return to_json(said["data"])
    try:
        return base64.b64decode(said["data_base64"], validate=True)
    except KeyError:
        raise Poison("the event has no data: a fact is a JSON object") from None
    except (ValueError, TypeError):
        raise Poison("attribute data_base64 is not Base64") from None
