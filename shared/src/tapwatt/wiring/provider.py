"""The gateway to the payment provider, put together from its settings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from tapwatt.errors import Unavailable
from tapwatt.metrics.of_a_worker import CARD_IDENTIFIERS_REFUSED, SLIP_PARTS_WITHHELD
from tapwatt.provider.ccv.adapter import CcvProvider
from tapwatt.provider.fingerprints import Fingerprints
from tapwatt.provider.gateway import Gateway
from tapwatt.provider.polling import PollingPace
from tapwatt.provider.settings import provider_settings
from tapwatt.provider.unknown_outcomes import OutcomePolicy
from tapwatt.provider.webhook_hints import WebhookHints
from tapwatt.wiring.process import Runtime
from tapwatt.worker.service import Route

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
        self._log = runtime.log
        self._hints = WebhookHints()
        self._provider = CcvProvider(
            settings,
            fingerprints,
            clock=runtime.clock,
            log=runtime.log,
            on_withheld=lambda what: metrics.count(SLIP_PARTS_WITHHELD, what),
        )
        policy, pace = OutcomePolicy.of(settings), PollingPace.of(settings)
        self.gateway = Gateway(self._provider, runtime.clock, self._hints, policy, pace)
        self.posts: Mapping[str, Route] = {WEBHOOK: self._hints.webhook}

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Ask the provider something, so that a wrong key is known now. A provider that is away is waited for later."""
        try:
            try:
                await self._provider.find("tapwatt-start")
            except Unavailable as error:
                self._log.warning("the provider does not answer yet", reason=str(error))
            yield
        finally:
            await self._provider.aclose()
