"""The drivers' side of a terminal: presents a card when a payment waits there, or waits for one to come."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from simulator.provider.card_outcomes import Entry
from simulator.provider.cards import Card
from simulator.provider.ledger import Transaction
from simulator.provider.payments import Provider


class Arrivals:
    """Wakes whoever stands at a terminal when a payment begins there."""

    def __init__(self) -> None:
        self._standing: dict[str, asyncio.Event] = {}

    def tell(self, transaction: Transaction) -> None:
        """A transaction changed; a new pending one is an arrival."""
        if transaction.status == "pending" and (event := self._standing.pop(transaction.terminal, None)):
            event.set()

    async def at(self, terminal: str) -> None:
        """Returns when the next payment has begun at this terminal."""
        await self._standing.setdefault(terminal, asyncio.Event()).wait()


class TerminalOffline(Exception):
    """A card means nothing to a terminal without a connection."""


@dataclass(frozen=True)
class Tap:
    """A driver at a terminal with a card in hand, for one order's payment only if it says so."""

    terminal: str
    card: Card
    entry: Entry
    order_reference: str | None = None


@dataclass(frozen=True)
class Terminals:
    """All terminals; they exist as soon as somebody names them."""

    provider: Provider
    arrivals: Arrivals

    def waiting(self, terminal: str, order_reference: str | None = None) -> Transaction | None:
        """What waits for a card there, if it is of this order (of any when not said)."""
        found = self.provider.books.ledger.waiting_at(terminal)
        return found if found is not None and order_reference in (None, found.order_reference) else None

    async def present(
        self,
        tap: Tap,
        wait_s: float,
        still_there: Callable[[], bool],
    ) -> Transaction | None:
        """The transaction as the card ended it; None when none came within `wait_s` seconds or the driver has left.

        Raises TerminalOffline.
        """
        try:
            async with asyncio.timeout(wait_s) as limit:
                while (found := self.waiting(tap.terminal, tap.order_reference)) is None:
                    if wait_s <= 0:
                        return None
                    await self.arrivals.at(tap.terminal)
                limit.reschedule(None)
        except TimeoutError:
            return None
        if not still_there():
            return None
        if self.provider.terminal_state(tap.terminal) == "offline":
            raise TerminalOffline(tap.terminal)
        return self.provider.present(found, tap.card, tap.entry)
