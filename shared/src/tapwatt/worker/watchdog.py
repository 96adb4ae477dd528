"""Notices from outside that there is work and a partition does not move, so that the process can be replaced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tapwatt.worker.records import Partition


@dataclass(frozen=True, slots=True)
class _Stand:
    """Where a partition that is behind stands, and since when (monotonic seconds)."""

    position: int
    since: float


class Watchdog:
    """Compares where we read with where the log ends. A stuck consumer's own view of its lag goes blind with it.

    Partitions that are full on purpose do not count: their handlers wait for drivers or a provider.
    """

    def __init__(self, stuck_after_s: float) -> None:
        self._stuck_after_s = stuck_after_s
        self._behind: dict[Partition, _Stand] = {}
        self.lag = 0

    def look(
        self, now: float, ends: Mapping[Partition, int], positions: Mapping[Partition, int], full: set[Partition]
    ) -> str:
        """Why the worker is stuck, or nothing. `now` in monotonic seconds; `ends` from a connection of its own."""
        lags = {p: max(0, end - positions[p]) for p, end in ends.items() if p in positions}
        self.lag = sum(lags.values())
        before, self._behind = self._behind, {}
        for partition, lag in lags.items():
            if lag and partition not in full:
                stood = before.get(partition)
                stands = stood is not None and stood.position == positions[partition]
                self._behind[partition] = stood if stood and stands else _Stand(positions[partition], now)
        stuck = {p: now - stand.since for p, stand in self._behind.items() if now - stand.since >= self._stuck_after_s}
        if not stuck:
            return ""
        waiting = sum(lags[p] for p in stuck)
        return f"{waiting} records wait in {len(stuck)} partitions that have not moved for {max(stuck.values()):.0f} s"
