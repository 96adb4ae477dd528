"""Notices from outside that there is work and nothing moves, so that the process can be replaced."""

from __future__ import annotations

from collections.abc import Mapping

from tapwatt.worker.records import Partition


class Watchdog:
    """Compares where we read with where the log ends. A stuck consumer's own view of its lag goes blind with it.

    Partitions that are full on purpose do not count: their handlers wait for drivers or a provider.
    """

    def __init__(self, stuck_after_s: float) -> None:
        self._stuck_after_s = stuck_after_s
        self._positions: Mapping[Partition, int] = {}
        self._moved_at: float | None = None
        self.lag = 0

    def look(
        self, now: float, ends: Mapping[Partition, int], positions: Mapping[Partition, int], full: set[Partition]
    ) -> str:
        """Why the worker is stuck, or nothing. `now` in monotonic seconds; `ends` from a connection of its own."""
        self.lag = sum(max(0, end - positions.get(p, 0)) for p, end in ends.items() if p in positions)
        behind = [p for p, end in ends.items() if p in positions and positions[p] < end and p not in full]
        if not behind or positions != self._positions or self._moved_at is None:
            self._positions = dict(positions)
            self._moved_at = now
            return ""
        still = now - self._moved_at
        if still < self._stuck_after_s:
            return ""
        return f"{self.lag} records wait in {len(behind)} partitions and nothing has moved for {still:.0f} s"
