"""Where a session stands for money, in half a sentence: for who asks for a receipt or a refund that there is not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    Captured,
    CaptureFailed,
    HoldReleased,
    SessionDisputed,
    SessionPriced,
    SessionRequested,
)
from tapwatt.facts.fact import Fact

F = TypeVar("F", bound=Fact)

OF_A_STANDING: tuple[type[Fact], ...] = (
    SessionRequested,
    Authorised,
    AuthorisationDeclined,
    SessionDisputed,
    SessionPriced,
    Captured,
    HoldReleased,
    CaptureFailed,
)
"""The facts that have to be read, so that a session that goes on is not taken for one that there is not."""


def standing(facts: Iterable[Fact]) -> str:
    """Where the session of these facts stands. The latest step counts."""
    said = list(facts)
    if (captured := _one(said, Captured)) is not None:
        return f"{captured.taken} was taken"
    if (released := _one(said, HoldReleased)) is not None:
        return f"its whole hold of {released.released} was let go ({released.reason})"
    if (failed := _one(said, CaptureFailed)) is not None:
        return f"its capture failed ({failed.reason})"
    if (declined := _one(said, AuthorisationDeclined)) is not None:
        return f"it was declined ({declined.reason}), so nothing was held"
    if (priced := _one(said, SessionPriced)) is not None:
        return f"{priced.owed} is owed and it is not settled yet: ask again in a while"
    if (disputed := _one(said, SessionDisputed)) is not None:
        return f"it is disputed ({disputed.doubt}) and waits for a word: tapwatt session settle"
    return "it has no price yet: ask again when it has ended"


def _one(facts: list[Fact], kind: type[F]) -> F | None:
    return next((fact for fact in facts if isinstance(fact, kind)), None)
