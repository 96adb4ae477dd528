"""A moment as a person types it: a time in UTC, a day, or how long ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import typer

_AGO = re.compile(r"([0-9]{1,6})(min|h|d)")
_UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def moment(text: str, now: datetime) -> datetime:
    """2026-03-01T12:30, 2026-03-01 (both UTC where they say no other), or 30min, 6h, 2d ago; typer.BadParameter."""
    if ago := _AGO.fullmatch(text):
        return now - int(ago.group(1)) * _UNITS[ago.group(2)]
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no moment: 2026-03-01T12:30 or 2026-03-01 (UTC), or 30min, 6h, 2d ago"
        ) from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
