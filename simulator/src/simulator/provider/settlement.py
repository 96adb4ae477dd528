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

FollowUp = Literal["capture", "reversal", "refund", "chargeback"]


@dataclass(frozen=True)
class Settlement:
    """Captures, reversals and refunds of authorisations; `by` names a person who does one by hand."""

    books: Books

    def capture(self, body: FollowUpBody, by: str | None = None) -> Transaction:
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
        return self._follow("capture", payment, body.reference, amount, body.description, by)

    def reversal(self, body: ReversalBody, by: str | None = None) -> Transaction:
        """Lets the whole hold go; after a capture only the rest, and only where the provider does not do so itself."""
        payment, hold = self._standing(body.reference)
        if hold.captures and self.books.settings.auto_release:
            raise Refused.refused("already captured", "rejected", body.reference)
        if hold.rest == 0:
            raise Refused.refused("nothing is reserved any more", self._why_empty(hold), body.reference)
        return self._follow("reversal", payment, body.reference, hold.rest, None, by)

    def refund(self, body: FollowUpBody, by: str | None = None) -> Transaction:
        """Pays back the amount, or all that was taken, of an authorisation or of its capture."""
        payment, hold = self._taken(body.reference)
        amount = self._amount(body.amount, hold.currency, hold.kept)
        return self._give_back("refund", payment, hold, body.reference, amount, body.description, by)

    def chargeback(self, body: FollowUpBody, by: str) -> Transaction:
        """The issuer takes the amount, or all that was taken, back for its cardholder."""
        payment, hold = self._taken(body.reference)
        amount = self._amount(body.amount, hold.currency, hold.kept)
        return self._give_back("chargeback", payment, hold, body.reference, amount, body.description, by)

    def cancel_capture(self, body: ReversalBody, by: str) -> Transaction:
        """A capture is undone as a whole: a reversal of the capture itself, by which all of it is paid back."""
        payment, hold = self._taken(body.reference)
        if payment.reference == body.reference or hold.kept < hold.captured:
            raise Refused.refused("not a capture that stands whole", "rejected", body.reference)
        return self._give_back("reversal", payment, hold, body.reference, hold.captured, None, by)

    def settle(self, waiting: Transaction) -> Transaction:
        """The money moves: a pending or set-aside follow-up succeeds."""
        books = self.books
        payment = books.ledger.find(waiting.hold or "")
        if waiting.type == "capture" and payment is not None:
            waiting = replace(waiting, details=repeated(payment) if books.settings.capture_repeats_card else "{}")
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
            case "reversal" if ended.original_reference == hold.reference:
                kind: Literal["release", "reversal"] = "release" if hold.captures else "reversal"
                books.ledger.move(kind, hold.reference, ended.reference, ended.amount, hold.currency, books.now())
            case "chargeback":
                books.ledger.move(
                    "chargeback", hold.reference, ended.reference, ended.amount, hold.currency, books.now()
                )
            case _:
                books.ledger.move("refund", hold.reference, ended.reference, ended.amount, hold.currency, books.now())
        return ended

    def expire(self, hold: Hold) -> None:
        """The hold's window is over: the issuer lets it go, unless something on it is still undecided."""
        if not self._undecided(hold.reference):
            self._release(hold, hold.reference, hold.rest)

    def _taken(self, reference: str) -> tuple[Transaction, Hold]:
        """The authorisation that a reference names, itself or by its capture, of which money is kept."""
        named = self.books.ledger.find(reference)
        origin = named.hold if named is not None and named.type == "capture" and named.hold else reference
        payment, hold = self._standing(origin)
        if hold.kept == 0:
            raise Refused.refused("nothing was taken that is not paid back", "unsufficient_balance", reference)
        return payment, hold

    def _give_back(
        self,
        kind: FollowUp,
        payment: Transaction,
        hold: Hold,
        reference: str,
        amount: int,
        description: str | None,
        by: str | None,
    ) -> Transaction:
        if amount > hold.kept:
            message = "more than was taken and not paid back"
            raise Refused.refused(message, "unsufficient_balance", reference, "amount")
        return self._follow(kind, payment, reference, amount, description, by)

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
        self,
        kind: FollowUp,
        payment: Transaction,
        original: str,
        amount: int,
        description: str | None,
        by: str | None,
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
            done_by=by,
        )
        if by is not None:  # faults are for what the merchant's system asks; a person sees whether it was done
            books.ledger.add(asked)
            return self.settle(asked)
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
