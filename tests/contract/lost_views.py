"""Loses what a view has, as a Redis does that comes back empty."""

from __future__ import annotations

from typing import Any

from tapwatt.state.view import RedisView
from tapwatt.testing.view import InMemoryView


async def lose(view: InMemoryView[Any] | RedisView) -> None:
    """Everything of the view is gone, its marker too."""
    if isinstance(view, InMemoryView):
        view.flush()
    else:
        await view._redis.unlink_under(view.marker)
