"""How long each kind of fault took to heal: until a session that began after it was answered, and one was settled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from rich import box
from rich.table import Table
from tests.chaos.traffic import Lived


@dataclass(frozen=True, slots=True)
class Struck:
    """A fault that struck at this time (monotonic seconds), and whether it ended a process by -9."""

    kind: str
    at: float
    kill: bool


@dataclass(frozen=True, slots=True)
class Healing:
    """Seconds to the first answer and the first settlement of a session that began after it; None where none came."""

    kind: str
    number: int
    answered: tuple[float, ...]
    settled: tuple[float, ...]

    @property
    def not_seen(self) -> int:
        """How many came so late that no session began after them."""
        return self.number - len(self.settled)


def healing(faults: Sequence[Struck], lived: Sequence[Lived]) -> list[Healing]:
    """Each kind of fault with every time that it took."""
    every: dict[str, list[Struck]] = defaultdict(list)
    for fault in faults:
        every[fault.kind].append(fault)
    answered = [(one.begun, one.answered) for one in lived if one.answered is not None]
    settled = [(one.begun, one.settled) for one in lived if one.settled is not None and one.outcome]
    return [
        Healing(kind, len(struck), _times(struck, answered), _times(struck, settled)) for kind, struck in every.items()
    ]


def _times(struck: Sequence[Struck], seen: Sequence[tuple[float, float]]) -> tuple[float, ...]:
    found = (min((at - fault.at for begun, at in seen if begun >= fault.at), default=None) for fault in struck)
    return tuple(one for one in found if one is not None)


def table(healed: Sequence[Healing]) -> Table:
    """Faults by kind, how many, and the median and worst seconds."""
    made = Table(header_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    made.add_column("fault", overflow="fold")
    for name in ("number", "answered: median", "worst", "settled: median", "worst"):
        made.add_column(name, justify="right")
    for one in healed:
        made.add_row(one.kind, str(one.number), *_two(one.answered), *_two(one.settled))
    return made


def _two(times: Sequence[float]) -> tuple[str, str]:
    return (f"{median(times):.1f} s", f"{max(times):.1f} s") if times else ("-", "-")
