"""How results are shown to people: how wide, money and energy as they are read, and nothing that is not printable."""

from __future__ import annotations

import sys
from decimal import Decimal

from rich.console import Console

from tapwatt.money import Money

PAGE_WIDTH = 120


def page() -> Console:
    """Where results are shown. A file or a pipe has no width of its own, and gets one that the tables fit in."""
    console = Console()
    return console if console.is_terminal else Console(width=PAGE_WIDTH)


def a_person_types() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


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
