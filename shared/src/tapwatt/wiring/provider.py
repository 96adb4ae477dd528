"""The gateway to the payment provider, put together from its settings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

from tapwatt.errors import BadCredentials, Unavailable
from tapwatt.metrics.of_a_worker import (
    CARD_IDENTIFIERS_REFUSED,
    PROVIDER_CALLS,
    PROVIDER_KEY,
    PROVIDER_UP,
    SLIP_PARTS_WITHHELD,
)
from tapwatt.provider.ccv.adapter import CcvProvider
from tapwatt.provider.fingerprints import Fingerprints
from tapwatt.provider.gateway import Gateway
from tapwatt.provider.observed import ObservedProvider, ProviderStanding
from tapwatt.provider.polling import PollingPace
from tapwatt.provider.settings import provider_settings
from tapwatt.provider.unknown_outcomes import OutcomePolicy
from tapwatt.provider.webhook_hints import WebhookHints
from tapwatt.wiring.process import Runtime
from tapwatt.worker.service import Probe, Route

WEBHOOK = "/webhooks/provider"
"""Where the provider may hint that a transaction has changed."""


class ProviderAccess:
    """The gateway to the provider, and whether it wants to be asked to release the rest of a hold."""

    def __init__(self, runtime: Runtime) -> None:
        settings, metrics = provider_settings(), runtime.metrics
        fingerprints = Fingerprints(
            settings.keys(),
            live=settings.live,
            test_tokens=settings.test_tokens,
            on_refused=lambda what: metrics.count(CARD_IDENTIFIERS_REFUSED, what),
        )
        self.release_rest = settings.release_rest
        self._runtime = runtime
        self._look_every_s = settings.look_every_s
        self._standing = ProviderStanding(runtime.clock, runtime.log)
        self._hints = WebhookHints()
        ccv = CcvProvider(
            settings,
            fingerprints,
            clock=runtime.clock,
            log=runtime.log,
            on_withheld=lambda what: metrics.count(SLIP_PARTS_WITHHELD, what),
        )
        self._provider = ObservedProvider(
            ccv,
            self._standing,
            clock=runtime.clock,
            log=runtime.log,
            noted=lambda verb, result, phase, took_s: metrics.observe(PROVIDER_CALLS, took_s, verb, result, phase),
        )
        policy, pace = OutcomePolicy.of(settings), PollingPace.of(settings)
        self.gateway = Gateway(self._provider, runtime.clock, self._hints, policy, pace)
        self.posts: Mapping[str, Route] = {WEBHOOK: self._hints.webhook}
        self.probes = {
            "provider": Probe(self._standing.outage.look, told=True),
            "provider key": Probe(lambda: self._standing.key_refused),
        }

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Ask the provider something, so that a wrong key is known now. A provider that is away is waited for later."""
        metrics, standing = self._runtime.metrics, self._standing
        try:
            try:
                await self._provider.look()
            except Unavailable as error:
                self._runtime.log.warning("the provider does not answer yet", reason=str(error))
            metrics.asked(PROVIDER_UP, lambda: float(standing.outage.up))
            metrics.asked(PROVIDER_KEY, lambda: float(not standing.key_refused))
            again_after_s = self._look_every_s
            looking = self._runtime.tasks.beside("look at the provider", self._look, again_after_s=again_after_s)
            async with looking:
                yield
        finally:
            await self._provider.aclose()

    async def _look(self) -> None:
        """Ask it something whenever nothing was asked for a while, so that an outage is known before a driver is."""
        clock = self._runtime.clock
        while True:
            quiet_s = clock.monotonic() - self._standing.answered_at
            if quiet_s < self._look_every_s:
                await clock.sleep(self._look_every_s - quiet_s)
                continue
            with suppress(Unavailable, BadCredentials):
                await self._provider.look()
            await clock.sleep(self._standing.look_again_s(self._look_every_s))
