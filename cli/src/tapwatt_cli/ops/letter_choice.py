"""Which of the dead letters somebody means (why, by whom, what, whose, since when), and how many are of a kind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tapwatt.worker.moved_records import Kind
from tapwatt_cli.ops.dead_letters import Letter


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of the letters; None where all are. `since` and `until` are moments of being dead-lettered."""

    kind: Kind | None = None
    service: str | None = None
    fact: str | None = None
    operator: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def anything(self) -> bool:
        """Whether nothing was said of what is wanted."""
        return self == Wanted()

    def of(self, letters: Iterable[Letter]) -> list[Letter]:
        """Those that are wanted, in their order."""
        return [letter for letter in letters if self._wants(letter)]

    def _wants(self, letter: Letter) -> bool:
        pairs = (
            (self.kind, letter.kind),
            (self.service, letter.dead_lettered_by),
            (self.fact, letter.fact),
            (self.operator, letter.operator),
        )
        return all(wanted is None or wanted == found for wanted, found in pairs) and self._in_time(letter)

    def _in_time(self, letter: Letter) -> bool:
        """A letter of which no time is known is in none."""
        if self.since is None and self.until is None:
            return True
        try:
            at = datetime.fromisoformat(letter.dead_lettered_at)
        except ValueError:
            return False
        if at.tzinfo is None:
            return False
        return (self.since is None or at >= self.since) and (self.until is None or at <= self.until)


@dataclass(frozen=True, slots=True)
class Group:
    """Letters that one thing may mend: of one service, one kind and one fact, the oldest first."""

    service: str
    kind: Kind
    fact: str
    letters: tuple[Letter, ...]


def grouped(letters: Iterable[Letter]) -> list[Group]:
    """The letters by what may mend them, the largest group first."""
    found: dict[tuple[str, Kind, str], list[Letter]] = {}
    for letter in letters:
        found.setdefault((letter.dead_lettered_by, letter.kind, letter.fact), []).append(letter)
    groups = [Group(*name, tuple(some)) for name, some in found.items()]
    return sorted(groups, key=lambda group: (-len(group.letters), group.service, group.kind, group.fact))
