"""A moment, or a span of time, as a person types it: a time in UTC, a day, or how long ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import typer

_SPAN = re.compile(r"([0-9]{1,6})(min|h|d)")
_UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def span(text: str) -> timedelta:
    """A span of time: 30min, 6h, 2d; typer.BadParameter."""
    found = _span(text)
    if found is None:
        raise typer.BadParameter(f"{text!r} is no span of time: 30min, 6h or 2d")
    return found


def moment(text: str, now: datetime) -> datetime:
    """2026-03-01T12:30, 2026-03-01 (both UTC where they say no other), or 30min, 6h, 2d ago; typer.BadParameter."""
    ago = _span(text)
    if ago is not None:
        return now - ago
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no moment: 2026-03-01T12:30 or 2026-03-01 (UTC), or 30min, 6h, 2d ago"
        ) from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _span(text: str) -> timedelta | None:
    found = _SPAN.fullmatch(text)
    return int(found.group(1)) * _UNITS[found.group(2)] if found else None
