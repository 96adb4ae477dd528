"""Who says and hears what, as the code has it: the services by their declarations, the fleet by the simulated one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from authoriser.agent import AuthoriserAgent
from authoriser.settings import AuthoriserSettings
from capturer.agent import CapturerAgent
from capturer.settings import CapturerSettings
from simulator.fleet import fleet
from tapwatt.clock import SystemClock
from tapwatt.facts.events import (
    FACTS,
    CaptureFailed,
    ChargedBack,
    EventRejected,
    RefundFailed,
    SessionDisputed,
    SessionStale,
)
from tapwatt.facts.fact import Fact
from tapwatt.provider.gateway import Gateway
from tapwatt.worker.service import Service
from tariff.agent import TariffAgent
from tariff.settings import TariffSettings
from token_matcher.agent import TokenMatcherAgent
from token_matcher.settings import TokenMatcherSettings

FLEET_HEARS = fleet.HEARS
FLEET_SAYS = tuple(fact for fact in FACTS if "fleet" in fact.said_by)
OPERATOR_SAYS = tuple(fact for fact in FACTS if "operator" in fact.said_by)
OPERATOR_HEARS: tuple[type[Fact], ...] = (CaptureFailed, SessionStale, SessionDisputed, RefundFailed, ChargedBack)
EVERY_SERVICE_SAYS: tuple[type[Fact], ...] = (EventRejected,)
"""The worker says it for whichever service runs on it."""

_NOBODY: Any = None
_GATEWAY = Gateway(_NOBODY, SystemClock())
"""They stand for collaborators: what an agent hears and says does not depend on them."""


def services() -> list[Service]:
    """The four services, in the order in which a session meets them."""
    make: list[Callable[[], Service]] = [
        AuthoriserAgent(_GATEWAY, _NOBODY, _NOBODY, _NOBODY, AuthoriserSettings()).service,
        TokenMatcherAgent(_GATEWAY, _NOBODY, _NOBODY, TokenMatcherSettings()).service,
        TariffAgent(_NOBODY, _NOBODY, _NOBODY, _NOBODY, TariffSettings()).service,
        CapturerAgent(_GATEWAY, _NOBODY, _NOBODY, CapturerSettings(), release_rest=False).service,
    ]
    return [service() for service in make]


def said_by(fact: type[Fact]) -> list[str]:
    """Its authors; none while nobody says it yet."""
    ours = [service.name for service in services() if fact in (*service.says, *EVERY_SERVICE_SAYS)]
    return ours + (["fleet"] if fact in FLEET_SAYS else []) + (["operator"] if fact in OPERATOR_SAYS else [])


def heard_by(fact: type[Fact]) -> list[str]:
    """Who hears it, in alphabetical order."""
    ours = [service.name for service in services() if fact in service.hears]
    outside = (["fleet"] if fact in FLEET_HEARS else []) + (["operator"] if fact in OPERATOR_HEARS else [])
    return sorted(ours + outside)
