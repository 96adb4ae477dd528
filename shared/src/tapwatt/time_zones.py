"""Time zones by their IANA names, the same on every machine."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo


@cache
def zone_names() -> frozenset[str]:
    """The names of the IANA time zone database as it is locked, whatever a machine has beside (`localtime`)."""
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="ascii").split()) - {"Factory"}


def zone_named(name: str) -> ZoneInfo:
    """The time zone of this name. ValueError if there is none."""
    if name in zone_names():
        try:
            return ZoneInfo(name)
        except (KeyError, OSError):
            pass
    raise ValueError("not an IANA time zone; use a name such as Europe/Amsterdam")
