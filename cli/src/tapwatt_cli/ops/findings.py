"""What the doctor finds: one thing that was looked at, whether it is good, and what to do when it is not."""

from __future__ import annotations

import sys
from dataclasses import dataclass

OLDEST_PYTHON = (3, 11)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `advice` says what to do when it is not good."""

    what: str
    good: bool
    found: str
    advice: str = ""


def python_here() -> Finding:
    """Whether this Python is new enough."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    advice = "install Python 3.11 or newer and make the environment again: bash scripts/setup.sh"
    return Finding("Python", sys.version_info >= OLDEST_PYTHON, f"{version} ({sys.executable})", advice)
