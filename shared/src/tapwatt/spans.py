"""What was done while something was handled, as spans: noted where tracing is on, and nothing at all where it is off.

They are noted as plain data and become a trace once the handling is over: only then is it known to which session's
trace they belong (a stop learns its session from the card). Names and attributes are OpenTelemetry's conventions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import time_ns
from typing import Literal

from tapwatt.at_work import at_work


@dataclass(slots=True)
class Span:
    """One thing that was done. Times in nanoseconds since 1970 (UTC); `failed` says why, or nothing.

    `span_id` (16 hexadecimal digits) is given where others refer to it: what a fact's traceparent names.
    """

    name: str
    kind: Literal["client", "producer", "consumer", "internal"]
    began_ns: int
    ended_ns: int = 0
    attributes: dict[str, str | int | float] = field(default_factory=dict)
    failed: str = ""
    span_id: str = ""


@contextmanager
def span(
    name: str, kind: Literal["client", "internal"], attributes: Mapping[str, str | int | float]
) -> Iterator[Span | None]:
    """Note a span round the block; None, and nothing is noted, where tracing is off."""
    one = at_work()
    if one is None or one.spans is None:
        yield None
        return
    noted = Span(name, kind, time_ns(), attributes=dict(attributes))
    one.spans.append(noted)
    try:
        yield noted
    except BaseException as error:
        noted.failed = type(error).__name__
        raise
    finally:
        noted.ended_ns = time_ns()
