"""What Maven on this machine knows already: its local repository, and its mirror of Maven Central."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree


def local_repository() -> Path:
    """Where Maven keeps the jars that it has fetched."""
    return Path.home() / ".m2" / "repository"


def mirror() -> str:
    """The address that Maven's settings.xml gives for Maven Central; empty if it gives none.

    `mirrorOf` is a list in which `*` is every repository, `external:*` every one not on this machine, and a name after
    an exclamation mark is left out (Maven, Guide to Mirror Settings).
    """
    try:
        settings = ElementTree.parse(Path.home() / ".m2" / "settings.xml")  # noqa: S314 - the user's own file
    except (OSError, ElementTree.ParseError):
        return ""
    for one in settings.iterfind("{*}mirrors/{*}mirror"):
        names = [name.strip() for name in (one.findtext("{*}mirrorOf") or "").split(",")]
        if "!central" not in names and {"central", "*", "external:*"} & set(names):
            return (one.findtext("{*}url") or "").strip()
    return ""
