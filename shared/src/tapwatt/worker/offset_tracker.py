"""Which offsets of a partition are done, and up to where it is safe to say so."""

from __future__ import annotations

from collections import deque


class OffsetTracker:
    """The offsets of one partition in the order they were delivered. It forgets what is finished from the front.

    Only what was delivered is known, so offsets that a log never delivers (compacted away, aborted, the ends of
    transactions) are no gaps here. `commit` is the position to commit: every delivered offset below it is finished. It
    never goes back.
    """

    __slots__ = ("_finished", "_last", "_waiting", "commit")

    def __init__(self) -> None:
        self._waiting: deque[int] = deque()
        self._finished: set[int] = set()
        self._last = -1
        self.commit: int | None = None

    def note(self, offset: int) -> bool:
        """Take note of a delivered offset as unfinished. False if it was delivered before: it is not handled again."""
        if offset <= self._last:
            return False
        self._last = offset
        self._waiting.append(offset)
        return True

    def finish(self, offset: int) -> None:
        """This offset is done: its outcome is delivered and remembered."""
        waiting = self._waiting
        if not waiting or offset < waiting[0]:
            return
        finished = self._finished
        finished.add(offset)
        while waiting and waiting[0] in finished:
            done = waiting.popleft()
            finished.discard(done)
            self.commit = done + 1

    def read_to(self, position: int) -> None:
        """The log is read up to here: between the last delivered offset and this one nothing is ever delivered."""
        if not self._waiting and position > max(self._last, self.commit or 0):
            self.commit = position

    def __len__(self) -> int:
        """How much is kept: unfinished offsets and the finished ones behind them."""
        return len(self._waiting)

    @property
    def unfinished(self) -> int:
        """How many delivered offsets are not done."""
        return len(self._waiting) - len(self._finished)
