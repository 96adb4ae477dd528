"""Notices that there is work and a partition does not move, or that handlers do not end, so that the process ends."""

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


class HandlingWatchdog:
    """Looks at handlers where the other looks at fetching: full on purpose is not stuck, but only for so long.

    A handler is told to stop at its limit. One that goes on is not ours to stop any more, and where nothing at all
    comes to its end while everything is full, whatever waits there waits for nothing.
    """

    def __init__(self, limit_s: float, stuck_after_s: float) -> None:
        self._limit_s = limit_s
        self._stuck_after_s = stuck_after_s
        self._finished = -1
        self._since = 0.0

    def look(self, now: float, longest_s: float, finished: int, full: bool) -> str:
        """Why the worker is stuck, or nothing. `longest_s` is how long the oldest handler is at work (seconds)."""
        if not full or finished != self._finished:
            self._finished, self._since = finished, now
        at_most_s = self._limit_s + self._stuck_after_s
        if longest_s > at_most_s:
            return f"a handler goes on for {longest_s:.0f} s, though it was told to stop after {self._limit_s:g} s"
        if now - self._since > at_most_s:
            return f"it is full, and nothing has come to its end for {now - self._since:.0f} s"
        return ""
