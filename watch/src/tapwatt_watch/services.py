"""The four services as they are seen from outside: the group of each, and the topics that it reads.

Nothing here imports a service; a test compares this with what each declares.
"""

from __future__ import annotations

from tapwatt.facts.events import (
    AuthorisationDeclined,
    Authorised,
    Captured,
    CaptureFailed,
    ChargingEnded,
    HoldReleased,
    MeterRead,
    RefundRequested,
    SessionCancelled,
    SessionPriced,
    SessionRequested,
    SettlementDecided,
    StopRequested,
    TariffPublished,
)
from tapwatt.facts.fact import Fact
from tapwatt.facts.topics import Topics

HEARS: dict[str, tuple[type[Fact], ...]] = {
    "authoriser": (TariffPublished, SessionRequested, SessionCancelled, Captured, HoldReleased, CaptureFailed),
    "token-matcher": (StopRequested, Authorised, Captured, HoldReleased, CaptureFailed),
    "tariff": (Authorised, AuthorisationDeclined, SessionCancelled, MeterRead, ChargingEnded, SettlementDecided),
    "capturer": (SessionPriced, RefundRequested),
}
"""Which facts each service hears."""

OTHER = "other"
"""What stands in place of a name that is not one of those that are told apart."""


def group_of(service: str, topics: Topics) -> str:
    """A service's consumer group."""
    return topics.prefix + service


def read_by(service: str, topics: Topics) -> frozenset[str]:
    """The topics that a service reads: those of its facts, and its own retry topics."""
    return frozenset(topics.of(fact) for fact in HEARS[service]) | topics.retries(service)
