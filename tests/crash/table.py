"""What the matrix came to, as people read it: a row a window, a column a way to die."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One cell and what is wrong with it."""

    service: str
    window: str
    way: str
    cell: str
    wrong: tuple[str, ...]
    seconds: float | None = None

    @property
    def good(self) -> bool:
        """Whether nothing is."""
        return not self.wrong

    def document(self) -> dict[str, object]:
        """For scripts."""
        return asdict(self) | {"good": self.good}


def table(rows: Sequence[Row], took_s: float) -> str:
    """Good cells of all, by window and way, in Markdown; then every bad one; then the sum."""
    ways = list(dict.fromkeys(row.way for row in rows))
    lines = ["| window | " + " | ".join(ways) + " |", "|---" * (len(ways) + 1) + "|"]
    for service, window in sorted({(row.service, row.window) for row in rows}):
        here = [row for row in rows if (row.service, row.window) == (service, window)]
        counts = [_count(row for row in here if row.way == way) for way in ways]
        lines.append(f"| {service}:{window} | " + " | ".join(counts) + " |")
    for row in rows:
        lines += [f"{row.cell} ({row.way}): {what}" for what in row.wrong]
    bad = sum(not row.good for row in rows)
    return "\n".join([*lines, "", f"{len(rows)} cells, {bad} bad, {took_s:.0f} s"])


def _count(rows: Iterable[Row]) -> str:
    every = list(rows)
    return f"{sum(row.good for row in every)}/{len(every)}" if every else "-"
