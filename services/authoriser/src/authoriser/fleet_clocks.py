"""Tells a fleet in words how far its clock is off: by the broker's time of its request, which waits for nobody."""

from __future__ import annotations

from datetime import datetime, timedelta

from tapwatt.clock import Skew
from tapwatt.facts.events import AuthorisationDeclined, SessionRequested
from tapwatt.facts.reasons import DeclineReason


def skew(requested_at: datetime, logged_at: datetime | None, now: datetime) -> Skew:
    """The skew of a request. Where the broker's time is not known only a request from the future tells of one."""
    if logged_at is not None:
        return Skew(logged_at - requested_at)
    return Skew(min(now - requested_at, timedelta(0)))


def declined(requested: SessionRequested, found: Skew, tolerated: timedelta) -> AuthorisationDeclined | None:
    """The answer to a fleet whose clock is off by more than is tolerated; None if it is not."""
    if abs(found.behind) <= tolerated:
        return None
    late = ", or the request was sent so late" if found.direction == "behind" else ""
    return AuthorisationDeclined(
        session_id=requested.session_id,
        place=requested.place,
        reason=DeclineReason.CLOCK_OFF,
        detail=f"{found}{late}: set it right, at most {tolerated // timedelta(seconds=1)} s are tolerated",
        # Whoever handled it before us, with other settings, may have asked for a card.
        outcome_known=False,
    )
