"""The names of sessions that were settled, so that what is said of one again much later is not taken for a new one."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from datetime import date, datetime
from hashlib import blake2b

LOOSE = 10_000
"""So many names of a day are packed together."""


class SettledNames:
    """Names by the day on which they were settled (UTC), of each no more than eight bytes.

    Among a hundred million names, a new one is taken for one of them with a chance of one in 184 thousand million.
    """

    def __init__(self) -> None:
        self._days: dict[date, _Day] = {}

    def __contains__(self, name: str) -> bool:
        short = _short(name)
        return any(short in day for day in self._days.values())

    def add(self, name: str, settled_at: datetime) -> None:
        """Keep the name of a session that was settled then."""
        self._days.setdefault(settled_at.date(), _Day()).add(_short(name))

    def forget(self, before: datetime) -> None:
        """Keep no name of a session that was settled on a day before this time's."""
        for day in [day for day in self._days if day < before.date()]:
            del self._days[day]


class _Day:
    """The names of one day: most of them packed, in order, and the latest as they came."""

    def __init__(self) -> None:
        self._packed = array("Q")
        self._loose: set[int] = set()

    def __contains__(self, short: int) -> bool:
        at = bisect_left(self._packed, short)
        return short in self._loose or (at < len(self._packed) and self._packed[at] == short)

    def add(self, short: int) -> None:
        self._loose.add(short)
        if len(self._loose) >= LOOSE:
            self._packed = array("Q", sorted({*self._packed, *self._loose}))
            self._loose.clear()


def _short(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest())
