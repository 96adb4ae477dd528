"""One driver at one terminal, with an order of their own: what each test of a provider plays on."""

from __future__ import annotations

from tests.contract.provider_worlds import NUMBERS, Card, World

from tapwatt.money import Money
from tapwatt.provider.polling import PollingPace, poll_until_final
from tapwatt.provider.port import (
    AuthoriseRequest,
    CaptureRequest,
    ReadTokenRequest,
    RefundRequest,
    ReversalRequest,
    Status,
    Transaction,
)
from tapwatt.provider.webhook_hints import WebhookHints


class Stage:
    """One driver at one terminal, with an order of their own."""

    def __init__(self, world: World) -> None:
        self.world, self.provider = world, world.provider
        self.number = next(NUMBERS)
        self.order = f"order-{self.number}"
        self.terminal = f"T{self.number}"
        self.card = Card(f"card-{self.number}")

    def key(self, what: str) -> str:
        return f"{what}-{self.number}"

    def hold(self, amount: Money) -> AuthoriseRequest:
        return AuthoriseRequest(self.key("hold"), self.order, self.terminal, amount, "Charging", "nl")

    def read(self) -> ReadTokenRequest:
        return ReadTokenRequest(self.key("read"), self.order, self.terminal)

    async def followed(self, transaction: Transaction) -> Transaction:
        clock = self.world.clock
        return await poll_until_final(
            self.provider,
            transaction,
            deadline=clock.monotonic() + 20,
            clock=clock,
            hints=WebhookHints(),
            pace=PollingPace(0.05, 1.2, 0.2, 0.0),
        )

    async def held(self, amount: Money, card: Card | None = None) -> Transaction:
        """A driver has presented their card for this amount."""
        card = card or self.card
        await self.world.make(card)
        begun = await self.provider.authorise(self.hold(amount))
        assert begun.status is Status.PENDING
        await self.world.present(self.terminal, card)
        return await self.followed(begun)

    def take(self, hold: Transaction, amount: Money, key: str = "take") -> CaptureRequest:
        return CaptureRequest(self.key(key), hold.reference, amount)

    def let_go(self, hold: Transaction) -> ReversalRequest:
        return ReversalRequest(self.key("let-go"), hold.reference)

    def give_back(self, capture: Transaction, amount: Money, key: str = "back") -> RefundRequest:
        return RefundRequest(self.key(key), capture.reference, amount)


def eur(minor: int) -> Money:
    return Money(minor=minor, currency="EUR")
