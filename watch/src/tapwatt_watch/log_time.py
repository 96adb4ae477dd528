"""When a record came to the log, by the time that it has there."""

from __future__ import annotations

from datetime import datetime, timedelta

from tapwatt.facts.fields import FIRST, LAST
from tapwatt.worker.records import Incoming

_LAST = (LAST - FIRST) // timedelta(milliseconds=1)


def log_time(record: Incoming) -> datetime | None:
    """The record's time on the log (UTC): the broker's where its topic says so, else that of whoever produced it.

    None where it has none, or one that nobody believes (before 1970, after 2199).
    """
    milliseconds = getattr(record, "timestamp", None)
    if not isinstance(milliseconds, int) or not 0 <= milliseconds < _LAST:
        return None
    return FIRST + timedelta(milliseconds=milliseconds)
