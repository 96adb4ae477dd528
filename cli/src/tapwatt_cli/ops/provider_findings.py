"""Whether the payment provider answers a service that is started from here, and takes its key."""

from __future__ import annotations

from collections.abc import Mapping

from tapwatt.clock import Clock
from tapwatt.errors import TapwattError
from tapwatt.provider.observed import LOOK
from tapwatt_cli.ops.findings import Finding
from tapwatt_cli.ops.provider_named import VARIABLE, provider_named


async def provider_findings(environment: Mapping[str, str], clock: Clock) -> list[Finding]:
    """What the provider says, where this environment names one. It is asked about an order that nobody has."""
    what, begun = "provider", clock.monotonic()
    try:
        async with provider_named(environment, clock) as named:
            if named is None:
                return [Finding(what, True, f"not asked: {VARIABLE} says where it is")]
            await named.provider.find(LOOK)
    except TapwattError as error:
        return [Finding(what, False, str(error))]
    money = "live money" if named.settings.live else "tests"
    took_s = clock.monotonic() - begun
    return [Finding(what, True, f"{named.settings.base_url} takes our key, which is for {money} ({took_s:.1f} s)")]
