"""Python's cycle collector, set for thousands of handlers in flight."""

from __future__ import annotations

import gc


def collect_less_often() -> None:
    """Look for cycles a hundred times less often, and never among what start-up made.

    By default every 700 new objects begin a collection, and it walks over everything in flight: measured, a third of
    a worker's time. A handler leaves no cycles behind in the ordinary case, so little waits to be collected.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(70_000, 20, 20)
