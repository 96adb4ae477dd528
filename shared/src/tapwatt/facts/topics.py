"""Which Kafka topic carries what: one topic a fact type, and each service's own beside the dead letters."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tapwatt.facts.events import FACTS
from tapwatt.facts.fact import Fact

RETRY_TIERS = ("minute", "hour", "day")
"""A service's retry topics, one a delay, so that what waits longest is always at the head."""


def kebab(name: str) -> str:
    """SessionRequested is session-requested."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def fact_type(fact: type[Fact]) -> str:
    """The CloudEvents type of a fact, which is also its topic's name: tapwatt.session-requested.v1."""
    return f"tapwatt.{kebab(fact.name)}.v{fact.version}"


FACT_OF_TYPE: dict[str, type[Fact]] = {fact_type(fact): fact for fact in FACTS}


@dataclass(frozen=True, slots=True)
class Topics:
    """Topic names, with a prefix where several rings share a broker (tests, tenants)."""

    prefix: str = ""

    def of(self, fact: type[Fact]) -> str:
        """The topic that carries this fact."""
        return self.prefix + fact_type(fact)

    def retry(self, service: str, tier: str) -> str:
        """Where a service's records wait for their next try."""
        return f"{self.prefix}tapwatt.{service}.retry-{tier}.v1"

    def retries(self, service: str) -> frozenset[str]:
        """All the topics in which a service's records wait for their next try."""
        return frozenset(self.retry(service, tier) for tier in RETRY_TIERS)

    def quarantine(self, service: str) -> str:
        """Where a service keeps which sessions it handles nothing of."""
        return f"{self.prefix}tapwatt.{service}.quarantine.v1"

    @property
    def dead_letters(self) -> str:
        """Where records are dead-lettered with their reason."""
        return f"{self.prefix}tapwatt.dead-letters.v1"

    def plain(self, topic: str) -> str:
        """The name of a topic without our prefix."""
        return topic.removeprefix(self.prefix)
