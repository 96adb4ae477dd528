"""Whether the payment provider answers a service that is started from here, and takes its key."""

from __future__ import annotations

from collections.abc import Mapping

from tapwatt.clock import Clock
from tapwatt.errors import TapwattError
from tapwatt.provider.ccv.adapter import CcvProvider
from tapwatt.provider.fingerprints import Fingerprints
from tapwatt.provider.observed import LOOK
from tapwatt.provider.settings import PREFIX, ProviderSettings, provider_settings
from tapwatt_cli.ops.findings import Finding

VARIABLE = f"{PREFIX}BASE_URL"


async def provider_findings(environment: Mapping[str, str], clock: Clock) -> list[Finding]:
    """What the provider says, where this environment names one. It is asked about an order that nobody has."""
    what = "provider"
    if VARIABLE not in environment:
        return [Finding(what, True, f"not asked: {VARIABLE} says where it is")]
    try:
        settings = provider_settings()
        took_s = await _asked(settings, clock)
    except TapwattError as error:
        return [Finding(what, False, str(error))]
    money = "live money" if settings.live else "tests"
    return [Finding(what, True, f"{settings.base_url} takes our key, which is for {money} ({took_s:.1f} s)")]


async def _asked(settings: ProviderSettings, clock: Clock) -> float:
    """How many seconds it took to answer. Unavailable, or BadCredentials, in one sentence if it does not."""
    fingerprints = Fingerprints(settings.keys(), live=settings.live, test_tokens=settings.test_tokens)
    provider, begun = CcvProvider(settings, fingerprints, clock=clock), clock.monotonic()
    try:
        await provider.find(LOOK)
        return clock.monotonic() - begun
    finally:
        await provider.aclose()
