"""Whether the payment provider answers a service that is started from here, and takes its key."""

from __future__ import annotations

from collections.abc import Mapping

from tapwatt.clock import Clock
from tapwatt.errors import TapwattError
from tapwatt_cli.ops.findings import Finding
from tapwatt_cli.ops.service_parts import PROVIDER, look_at_the_provider


async def provider_findings(environment: Mapping[str, str], clock: Clock) -> list[Finding]:
    """What the provider says, where this environment names one. It is asked about an order that nobody has."""
    if PROVIDER not in environment:
        return [Finding("provider", True, f"not asked: {PROVIDER} says where it is")]
    try:
        return [Finding("provider", True, await look_at_the_provider(clock))]
    except TapwattError as error:
        return [Finding("provider", False, str(error))]
