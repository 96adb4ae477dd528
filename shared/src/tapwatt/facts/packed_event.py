"""An event as one string of bytes, so that a service can remember it and later say the very same event again."""

from __future__ import annotations

import json
from functools import lru_cache

from tapwatt.errors import BrokenInvariant, Poison
from tapwatt.facts.codec import Event, decode, encode

MOST_READ = 512
"""So many events that were read back are kept as they were understood: a step looks at the same few again and again."""


def pack(event: Event) -> bytes:
    """The event with its envelope, as bytes."""
    key, value, headers = encode(event)
    packed = {"key": key.decode(), "headers": {name: text.decode() for name, text in headers}, "value": value.decode()}
    return json.dumps(packed, separators=(",", ":")).encode()


@lru_cache(MOST_READ)
def unpack(stored: bytes) -> Event:
    """The event that was kept, which nobody can change. BrokenInvariant if these are not bytes that `pack` made."""
    try:
        parts = json.loads(stored)
        headers = [(name, text.encode()) for name, text in parts["headers"].items()]
        return decode(parts["key"].encode(), parts["value"].encode(), headers)
    except (ValueError, KeyError, TypeError, AttributeError, Poison) as error:
        raise BrokenInvariant(f"what was remembered of an event cannot be read back: {error}") from None
