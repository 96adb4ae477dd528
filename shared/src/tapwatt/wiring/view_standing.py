"""How a service's view stands: whether it is whole, and how far the rebuild is that is being made here."""

from __future__ import annotations

from tapwatt.metrics.of_a_worker import VIEW_PROGRESS, VIEW_REBUILDS, VIEW_WHOLE
from tapwatt.metrics.registry import Metrics


class ViewStanding:
    """What is known of a view in this process. Until it was looked at once, nothing is."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._whole: bool | None = None
        self._building = False
        self._records = 0
        self._of = 0

    def noted(self, whole: bool) -> None:
        """It was looked at, or made whole."""
        self._metrics.set(VIEW_WHOLE, float(whole))
        self._whole = whole
        if whole and self._building:
            self._building = False
            self._metrics.count(VIEW_REBUILDS)
        if whole:
            self._metrics.set(VIEW_PROGRESS, 1.0)

    def begins(self, offsets: int) -> None:
        """A rebuild begins here, with so many offsets of the log to read."""
        self._building, self._records, self._of = True, 0, offsets
        self._metrics.set(VIEW_PROGRESS, self._progress)

    def read(self) -> None:
        """One more record of the log was read for it."""
        self._records += 1
        if self._records % 1000 == 0:
            self._metrics.set(VIEW_PROGRESS, self._progress)

    def look(self) -> str:
        """Why what it says cannot be believed, or nothing."""
        if self._whole:
            return ""
        here = f"read here: {self._progress:.0%}" if self._building else "another worker does it"
        return f"what it knows is being rebuilt from the log ({here})" if self._whole is False else "not looked at yet"

    @property
    def _progress(self) -> float:
        return min(self._records / self._of, 1.0) if self._of else 1.0
