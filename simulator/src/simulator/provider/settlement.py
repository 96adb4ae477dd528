"""The part of the provider without a driver: taking from a hold, letting go, paying back, never more than there is."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from simulator.provider.books import Books
from simulator.provider.card_slips import repeated
from simulator.provider.decimals import major_units, minor_units
from simulator.provider.errors import Refused
from simulator.provider.ledger import Hold, Transaction
from simulator.provider.requests import FollowUpBody, ReversalBody

FollowUp = Literal["capture", "reversal", "refund"]


@dataclass(frozen=True)
class Settlement:
    """Captures, reversals and refunds of authorisations."""

    books: Books

    def capture(self, body: FollowUpBody) -> Transaction:
        """Takes the amount, or all that is reserved, once; raises Refused (422) for more, a second one, or too late."""
        payment, hold = self._standing(body.reference)
        if hold.captures:
            raise Refused.refused("already captured", "rejected", body.reference)
        if hold.rest == 0:
            raise Refused.refused("nothing is reserved any more", self._why_empty(hold), body.reference)
        amount = self._amount(body.amount, hold.currency, hold.rest)
        if amount > hold.rest:
            raise Refused.refused("more than is reserved", "unsufficient_balance", body.reference, "amount")
        if major_units(amount, hold.currency) < self.books.settings.minimum_capture:
            raise Refused.refused("less than the minimum", "rejected", body.reference, "amount")
        return self._follow("capture", payment, body.reference, amount, body.description)

    def reversal(self, body: ReversalBody) -> Transaction:
        """Lets the whole hold go; after a capture only the rest, and only where the provider does not do so itself."""
        payment, hold = self._standing(body.reference)
        if hold.captures and self.books.settings.auto_release:
            raise Refused.refused("already captured", "rejected", body.reference)
        if hold.rest == 0:
            raise Refused.refused("nothing is reserved any more", self._why_empty(hold), body.reference)
        return self._follow("reversal", payment, body.reference, hold.rest, None)

    def refund(self, body: FollowUpBody) -> Transaction:
        """Pays back the amount, or all that was taken, of an authorisation or of its capture."""
        named = self.books.ledger.find(body.reference)
        origin = named.hold if named is not None and named.type == "capture" and named.hold else body.reference
        payment, hold = self._standing(origin)
        left = hold.captured - hold.refunded
        if left == 0:
            raise Refused.refused("nothing was taken that is not paid back", "unsufficient_balance", body.reference)
        amount = self._amount(body.amount, hold.currency, left)
        if amount > left:
            message = "more than was taken and not paid back"
            raise Refused.refused(message, "unsufficient_balance", body.reference, "amount")
        return self._follow("refund", payment, body.reference, amount, body.description)

    def settle(self, waiting: Transaction) -> Transaction:
        """The money moves: a pending or set-aside follow-up succeeds."""
        books = self.books
        payment = books.ledger.find(waiting.hold or "")
        if waiting.type == "capture" and payment is not None:
            waiting = replace(waiting, details=repeated(payment))
        ended = books.finish(waiting)
        if ended.hold is None or ended.amount is None or ended.currency is None:
            raise ValueError(f"{ended.reference} follows no hold")
        hold = books.ledger.hold(ended.hold)
        if hold is None:
            raise ValueError(f"{ended.reference} follows no hold")
        match ended.type:
            case "capture":
                books.ledger.move("capture", hold.reference, ended.reference, ended.amount, hold.currency, books.now())
                if books.settings.auto_release and hold.rest > ended.amount:
                    self._release(hold, ended.reference, hold.rest - ended.amount)
            case "reversal":
                kind: Literal["release", "reversal"] = "release" if hold.captures else "reversal"
                books.ledger.move(kind, hold.reference, ended.reference, ended.amount, hold.currency, books.now())
            case _:
                books.ledger.move("refund", hold.reference, ended.reference, ended.amount, hold.currency, books.now())
        return ended

    def expire(self, hold: Hold) -> None:
        """The hold's window is over: the issuer lets it go, unless something on it is still undecided."""
        if not self._undecided(hold.reference):
            self._release(hold, hold.reference, hold.rest)

    def _standing(self, reference: str) -> tuple[Transaction, Hold]:
        payment, hold = self.books.ledger.find(reference), self.books.ledger.hold(reference)
        if payment is None:
            raise Refused.refused("no such transaction", "unknown_reference", reference, "reference")
        if hold is None:
            raise Refused.refused("not a successful authorisation", "rejected", reference, "reference")
        if self._undecided(reference):
            raise Refused.refused("another request on it is undecided", "rejected", reference)
        if hold.rest and hold.expires <= self.books.now():
            self.expire(hold)
            hold = self.books.ledger.hold(reference) or hold
        return payment, hold

    def _why_empty(self, hold: Hold) -> str:
        return "expired" if hold.released and not hold.captures else "rejected"

    def _undecided(self, reference: str) -> bool:
        return any(other.final is None for other in self.books.ledger.of_hold(reference))

    def _amount(self, asked: Decimal | None, currency: str, all_there_is: int) -> int:
        return all_there_is if asked is None else minor_units(asked, currency)

    def _release(self, hold: Hold, reference: str, amount: int) -> None:
        self.books.ledger.move("release", hold.reference, reference, amount, hold.currency, self.books.now())

    def _follow(
        self, kind: FollowUp, payment: Transaction, original: str, amount: int, description: str | None
    ) -> Transaction:
        books, now = self.books, self.books.now()
        asked = Transaction(
            reference=books.new_reference(),
            type=kind,
            status="pending",
            order_reference=payment.order_reference,
            terminal=payment.terminal,
            created=now,
            updated=now,
            amount=amount,
            currency=payment.currency,
            original_reference=original,
            hold=payment.reference,
            description=description,
            webhook_url=payment.webhook_url,
        )
        decline = books.fault("decline", asked)
        if decline is not None:
            raise Refused.refused("refused by the acquirer", decline.failure_code, original)
        pending = books.fault("pending", asked)
        if pending is not None:
            return books.begin(replace(asked, due=now + int(pending.seconds * 1000)))
        books.ledger.add(asked)
        if books.fault("manualintervention", asked):
            return books.set_aside(asked)
        return self.settle(asked)
