"""Leaves out what is logged again and again, and says how much it was: five thousand equal lines tell less than ten."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_NUMBERS = re.compile(r"[0-9a-f]{8,}|[0-9]+")
_LONGEST = 120
_MOST_KINDS = 2_000


@dataclass(slots=True)
class _Kind:
    """Lines that say the same but for their numbers: how many were written since when, and how many were not."""

    since: float
    written: int = 0
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What was left out since it was last said."""

    level: str
    what: str
    why: str
    lines: int


class Sampling:
    """Of lines that say the same, `burst` are written within `window_s` seconds.

    Two lines say the same if their words and their reasons do, numbers and ids left aside. `now` gives monotonic
    seconds; `counted` hears of each line: its level, and whether it was written or left_out.
    """

    def __init__(
        self,
        now: Callable[[], float],
        *,
        burst: int = 10,
        window_s: float = 10.0,
        counted: Callable[[str, str], None] = lambda level, fate: None,
    ) -> None:
        self._now = now
        self._burst = burst
        self._window_s = window_s
        self._counted = counted
        self._kinds: dict[tuple[str, str, str], _Kind] = {}

    def writes(self, level: str, what: str, why: str = "") -> bool:
        """Whether this line is to be written."""
        now, name = self._now(), (level, _without_numbers(what), _without_numbers(why))
        kind = self._kinds.get(name)
        if kind is None:
            if len(self._kinds) >= _MOST_KINDS:
                self._forget()
            kind = self._kinds[name] = _Kind(now)
        if now - kind.since >= self._window_s:
            kind.since, kind.written = now, 0
        written = kind.written < self._burst
        if written:
            kind.written += 1
        else:
            kind.left_out += 1
        self._counted(level, "written" if written else "left_out")
        return written

    def left_out(self) -> list[LeftOut]:
        """What was left out since this was last asked."""
        found = []
        for (level, what, why), kind in self._kinds.items():
            if kind.left_out:
                found.append(LeftOut(level, what, why, kind.left_out))
                kind.left_out = 0
        return found

    def _forget(self) -> None:
        """Many different lines: none of them says the same as another. What is owed is kept."""
        self._kinds = {name: kind for name, kind in self._kinds.items() if kind.left_out}
        if len(self._kinds) >= _MOST_KINDS:
            self._kinds.clear()


def _without_numbers(text: str) -> str:
    return _NUMBERS.sub("#", text[:_LONGEST])
