"""What a service remembers of a session, so that a fact said again is answered from what is known."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, Protocol

from tapwatt.clock import milliseconds
from tapwatt.state.view import Generation, RedisView


class Kept(NamedTuple):
    """What is remembered under which field; with `of`, it stands until there is one of a later moment (UTC)."""

    field: str
    value: bytes
    of: datetime | None = None


class SessionStore(Protocol):
    """A few named things of each session. What was remembered first stays; Unavailable while the view is not whole."""

    async def remember(
        self, session_id: str, field: str, value: bytes, *, ttl_s: float, of: datetime | None = None
    ) -> dict[str, bytes]:
        """Remember it for at least this long (seconds), unless the field is known; return all that is known after.

        With `of` the latest moment's stays in place of the first, and the moment is known beside it as `field@`.
        """
        ...

    async def recall(self, session_id: str) -> dict[str, bytes]:
        """All that is known of the session; empty if there is nothing, which is then certain."""
        ...


class RedisSessionStore:
    """Remembers in a service's own keys in Redis: a hash a session, one call each time."""

    def __init__(self, view: RedisView, into: Generation | None = None) -> None:
        self._view = view
        self._into = into
        self._remember = view.script("tapwatt.state", "session_remember.lua")
        self._recall = view.script("tapwatt.state", "session_recall.lua")

    def into(self, generation: Generation) -> RedisSessionStore:
        """The same store as a rebuild writes it."""
        return RedisSessionStore(self._view, generation)

    async def remember(
        self, session_id: str, field: str, value: bytes, *, ttl_s: float, of: datetime | None = None
    ) -> dict[str, bytes]:
        """Remember it for at least this long (seconds), unless the field is known; return all that is known after."""
        moment = () if of is None else (milliseconds(of),)
        arguments = (session_id, field, value, int(ttl_s * 1000), *moment)
        return _fields(await self._view.run(self._remember, *arguments, into=self._into))

    async def recall(self, session_id: str) -> dict[str, bytes]:
        """All that is known of the session."""
        return _fields(await self._view.run(self._recall, session_id, into=self._into))


def _fields(flat: list[bytes]) -> dict[str, bytes]:
    return {name.decode(): value for name, value in zip(flat[::2], flat[1::2], strict=True)}
