"""Records that no fleet of ours would write: broken, foreign and empty ones, under the keys of good ones."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from tapwatt.worker.records import Outgoing

Headers = list[tuple[str, bytes | None]]


def spoilt(good: Outgoing, chance: Random) -> Outgoing:
    """A record for the same topic and key, which no service can take for a fact."""
    value, headers = bytes(good.value or b""), list(good.headers)
    key, value_or_none, spoilt_headers = chance.choice(SPOILING)(good.key, value, headers)
    return Outgoing(good.topic, key, value_or_none, spoilt_headers)


def _without(name: str) -> Callable[[Any, bytes, Headers], Any]:
    return lambda key, value, headers: (key, value, [one for one in headers if one[0] != name])


def _with(name: str, raw: bytes | None) -> Callable[[Any, bytes, Headers], Any]:
    return lambda key, value, headers: (key, value, [*[one for one in headers if one[0] != name], (name, raw)])


SPOILING: tuple[Callable[[Any, bytes, Headers], Any], ...] = (
    lambda key, value, headers: (key, None, headers),  # a tombstone
    lambda key, value, headers: (key, b"", headers),
    lambda key, value, headers: (key, b"\xff\xfe not UTF-8", headers),
    lambda key, value, headers: (key, value[: len(value) // 2], headers),
    lambda key, value, headers: (key, b"[" * 100_000, headers),
    lambda key, value, headers: (key, b'{"a":' * 5_000, headers),
    lambda key, value, headers: (key, b"null", headers),
    lambda key, value, headers: (key, b"[]", headers),
    lambda key, value, headers: (key, b"3", headers),
    lambda key, value, headers: (
        (key, value.replace(b'"session_id":"', b'"session_id":7,"x":"', 1), headers)
        if b'"session_id":"' in value
        else (key, b"{}", headers)
    ),
    lambda key, value, headers: (key, b" " * 1_000_000, headers),
    lambda key, value, headers: (None, value, headers),
    lambda key, value, headers: ((key or b"") + b"x", value, headers),
    lambda key, value, headers: (b"\xff\x00", value, headers),
    lambda key, value, headers: (key, value, []),
    lambda key, value, headers: (key, value, [(name, None) for name, _ in headers]),
    lambda key, value, headers: (key, value, [*headers, *[("x" * 1000, b"y" * 1000)] * 40]),
    _without("ce_id"),
    _without("ce_type"),
    _with("ce_id", None),
    _with("ce_id", b"\xff"),
    _with("ce_id", b"i" * 5000),
    _with("ce_source", b""),
    _with("ce_time", b"yesterday"),
    _with("ce_time", b"9999-12-31T23:59:59-23:59"),
    _with("ce_specversion", b"0.3"),
    _with("ce_type", b"tapwatt.session-requested.v9"),
    _with("ce_type", b"tapwatt.captured.v1"),
    _with("ce_type", b"com.example.other"),
    _with("content-type", b"application/cloudevents+json"),
    _with("content-type", b"application/cloudevents-batch+json"),
)
"""Each makes key, value and headers of good ones into something that is no fact there."""

STRANGE_NAME = ("\udcff\udc00", b"a header's name that is not UTF-8")
"""It spoils nothing by itself: a good record that has it is a good record."""
