"""What the doctor finds: one thing that was looked at, whether it is good, and what to do when it is not."""

from __future__ import annotations

import sys
from dataclasses import dataclass

OLDEST_PYTHON = (3, 11)
NEWEST_PYTHON = (3, 14)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `advice` says what to do when it is not good."""

    what: str
    good: bool
    found: str
    advice: str = ""


def python_here() -> Finding:
    """Whether this Python is one that is tested."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    oldest, newest = (".".join(map(str, one)) for one in (OLDEST_PYTHON, NEWEST_PYTHON))
    advice = f"install one from {oldest} to {newest} and make the environment again: PYTHON=python{newest} make setup"
    tested = OLDEST_PYTHON <= sys.version_info[:2] <= NEWEST_PYTHON
    return Finding("Python", tested, f"{version} ({sys.executable})", advice)
