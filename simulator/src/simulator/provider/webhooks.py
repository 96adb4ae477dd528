"""Tells the merchant that a transaction has ended: fire and forget, a few tries, nothing but the reference."""

import asyncio
import logging

import aiohttp

from simulator.provider.books import subject_of
from simulator.provider.faults import Faults
from simulator.provider.ledger import Transaction
from simulator.provider.settings import Settings

log = logging.getLogger("simulator.provider.webhooks")
ANSWER_WITHIN_S = 5.0


class Webhooks:
    """Sends `{"id": reference}` to a transaction's webhookUrl once it is final; faults lose, repeat or delay it."""

    def __init__(self, settings: Settings, faults: Faults) -> None:
        self._settings = settings
        self._faults = faults
        self._session: aiohttp.ClientSession | None = None
        self._sending: set[asyncio.Task[None]] = set()

    def tell(self, transaction: Transaction) -> None:
        """Starts sending when the transaction has ended and the merchant wants to know."""
        if not self._settings.webhooks or transaction.final is None or transaction.webhook_url is None:
            return
        subject = subject_of(transaction)
        if self._faults.strike("webhook_lost", subject):
            return
        late = self._faults.strike("webhook_late", subject)
        times = 2 if self._faults.strike("webhook_duplicated", subject) else 1
        for _ in range(times):
            self.send(transaction.webhook_url, transaction.reference, late.seconds if late else 0.0)

    def send(self, url: str, reference: str, after_s: float = 0.0) -> None:
        """Starts sending one webhook, true or forged."""
        task = asyncio.get_running_loop().create_task(self._deliver(url, reference, after_s))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def close(self) -> None:
        """Drops what is still being sent."""
        for task in list(self._sending):
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def _deliver(self, url: str, reference: str, after_s: float) -> None:
        await asyncio.sleep(after_s)
        for attempt in range(self._settings.webhook_tries):
            if attempt:
                await asyncio.sleep(self._settings.webhook_retry_s * attempt)
            if await self._accepted(url, reference):
                return
        log.warning("webhook for %s was not accepted by %s", reference, url)

    async def _accepted(self, url: str, reference: str) -> bool:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_WITHIN_S))
        try:
            async with self._session.post(url, json={"id": reference}) as answer:
                return answer.status < 300
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return False
