"""How results are shown to people: how wide, money and energy as they are read, and nothing that is not printable."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from tapwatt.money import Money

PAGE_WIDTH = 120
SHOWN_AFTER_S = 0.5


def page() -> Console:
    """Where results are shown. A file or a pipe has no width of its own: COLUMNS says it, else tables fit in."""
    console = Console()
    return console if console.is_terminal or _columns() else Console(width=PAGE_WIDTH)


@contextmanager
def read_so_far(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error while something long is read: it hears how much was, of how much at most.

    Nothing is shown where nobody looks, or where it takes less than half a second.
    """
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    begun, task = monotonic(), bar.add_task(what, total=None)

    def told(read: int, of: int) -> None:
        if monotonic() - begun > SHOWN_AFTER_S and not bar.live.is_started and console.is_terminal:
            bar.start()
        bar.update(task, completed=read, total=of)

    try:
        yield told
    finally:
        bar.stop()


def _columns() -> bool:
    return os.environ.get("COLUMNS", "").isdigit()


def a_person_types() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


def moment_as_json(at: datetime) -> str:
    """A moment (UTC) for scripts, to the millisecond: 2026-03-01T12:30:00.000Z."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def amount(minor: int, currency: str) -> str:
    """Money for a person: 1,234.50, and nothing at all for nothing."""
    return f"{Money(minor=minor, currency=currency).major:,}" if minor else ""


def kwh(energy_wh: Decimal) -> str:
    """Energy for a person, in kWh."""
    return f"{energy_wh / 1000:,.1f}" if energy_wh else ""


def printable(said: str | bytes) -> str:
    """The text with everything escaped that is not a printable character, such as what moves a terminal's cursor."""
    text = said.decode("utf-8", "backslashreplace") if isinstance(said, bytes) else said
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
