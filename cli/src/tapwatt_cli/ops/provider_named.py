"""The payment provider that an environment names, asked with the settings that a service would have."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tapwatt.clock import Clock
from tapwatt.provider.ccv.adapter import CcvProvider
from tapwatt.provider.fingerprints import Fingerprints
from tapwatt.provider.settings import PREFIX, ProviderSettings, provider_settings

VARIABLE = f"{PREFIX}BASE_URL"


@dataclass(frozen=True, slots=True)
class Named:
    """The provider, and where and as whom it is asked."""

    provider: CcvProvider
    settings: ProviderSettings


@asynccontextmanager
async def provider_named(environment: Mapping[str, str], clock: Clock) -> AsyncIterator[Named | None]:
    """The provider within the block, or None where none is named. BadSettings if what names it cannot be used."""
    if VARIABLE not in environment:
        yield None
        return
    settings = provider_settings()
    fingerprints = Fingerprints(settings.keys(), live=settings.live, test_tokens=settings.test_tokens)
    provider = CcvProvider(settings, fingerprints, clock=clock)
    try:
        yield Named(provider, settings)
    finally:
        await provider.aclose()
