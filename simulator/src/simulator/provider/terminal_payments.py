"""The part of the provider with a terminal in it: a payment waits there for a card, until one comes or nobody does."""

import json
from dataclasses import dataclass, replace
from typing import Literal

from simulator.provider import cards
from simulator.provider.books import Books
from simulator.provider.card_outcomes import Approved, Asked, Declined, Entry, declined, outcome
from simulator.provider.card_slips import Reserved, customer_receipt
from simulator.provider.cards import Card
from simulator.provider.decimals import minor_units
from simulator.provider.errors import Refused
from simulator.provider.ledger import Transaction
from simulator.provider.requests import PaymentBody, TokenBody

TerminalState = Literal["online", "offline", "busy", "unknown"]


@dataclass(frozen=True)
class TerminalPayments:
    """Authorisations and card reads at terminals."""

    books: Books

    def start(self, body: PaymentBody | TokenBody) -> Transaction:
        """A new pending transaction; failed at once when the terminal is offline or serves another driver.

        Raises Refused (422) for a terminal that is not set up: then there is no transaction at all.
        """
        if self.state(body.details.terminalId) == "unknown":
            raise Refused.refused(
                "no such terminal is set up for this merchant", "invalid_config", None, "details.terminalId"
            )
        books, now = self.books, self.books.now()
        asked = Transaction(
            reference=books.new_reference(),
            type="token",
            status="pending",
            order_reference=body.merchantOrderReference,
            terminal=body.details.terminalId,
            created=now,
            updated=now,
            description=body.description,
            language=body.language,
            webhook_url=body.webhookUrl,
            return_url=body.returnUrl,
            wants_token=1,
            partial_allowed=int(body.details.supportPartialApproval),
            due=now + int(books.settings.pending_s * 1000),
        )
        if isinstance(body, PaymentBody):
            asked = replace(
                asked,
                type="authorise",
                amount=minor_units(body.amount, body.currency, books.settings.currencies),
                currency=body.currency,
                wants_token=int(body.requestToken),
            )
        trouble = self._trouble_at(asked.terminal)
        if trouble is None:
            return books.begin(asked)
        details = json.dumps({"terminalState": trouble})
        return books.begin(
            replace(asked, status="failed", failure_code="processing_error", details=details, final=now, due=None)
        )

    def present(self, waiting: Transaction, card: Card, entry: Entry) -> Transaction:
        """The driver's card meets the terminal: the waiting transaction comes to its end."""
        books = self.books
        seen = replace(waiting, card=card.name, details=json.dumps(self._shown(card, entry)))
        if books.fault("manualintervention", waiting):
            return books.set_aside(seen)
        result = self._result(seen, card, entry)
        if isinstance(result, Declined):
            return self._decline(seen, result)
        return self._approve(seen, card, result)

    def settle_by_hand(self, aside: Transaction, card: Card) -> Transaction:
        """The helpdesk found that the authorisation or card read did succeed."""
        return self._approve(aside, card, Approved(aside.amount, "00"))

    def cancel(self, reference: str) -> Transaction:
        """The merchant or the driver gives up while the card is waited for; too late once the transaction has ended."""
        found = self.books.ledger.find(reference)
        if found is None:
            raise Refused.not_found(reference)
        if found.status == "failed" and found.failure_code == "cancelled":
            return found
        if found.status != "pending" or found.original_reference is not None:
            raise Refused.refused(f"the transaction is {found.status}, not pending", "rejected", reference)
        return self.books.finish(found, "cancelled")

    def state(self, terminal: str) -> str:
        """The state a terminal was put in; before that it is online, if it is set up for this merchant at all."""
        known = self.books.settings.terminals
        set_up = known is None or terminal in known
        return self.books.ledger.terminal_state(terminal) or ("online" if set_up else "unknown")

    def _trouble_at(self, terminal: str) -> str | None:
        state = self.state(terminal)
        if state == "offline":
            return "INOPERABLE"
        if state == "busy" or self.books.ledger.waiting_at(terminal) is not None:
            return "BUSY"
        return None

    def _result(self, waiting: Transaction, card: Card, entry: Entry) -> Approved | Declined:
        books, settings = self.books, self.books.settings
        decline = books.fault("decline", waiting)
        if decline is not None:
            return declined(decline.failure_code, decline.response_code)
        limit = None
        if waiting.currency is not None and waiting.currency == settings.contactless_currency:
            limit = int(settings.contactless_limit * 100)
        asked = Asked(waiting.amount, bool(waiting.partial_allowed), limit, settings.pin_response_code)
        at_most = None
        if waiting.amount is not None and (partial := books.fault("partial_approval", waiting)) is not None:
            at_most = partial.amount_minor or max(1, waiting.amount * partial.percent // 100)
        return outcome(card, entry, asked, at_most)

    def _decline(self, seen: Transaction, result: Declined) -> Transaction:
        details = json.loads(seen.details) | {
            "acquirerResponseCode": result.response_code,
            "cardholderMessage": result.message,
        }
        return self.books.finish(replace(seen, details=json.dumps(details)), result.failure_code)

    def _approve(self, seen: Transaction, card: Card, result: Approved) -> Transaction:
        books, settings = self.books, self.books.settings
        details = json.loads(seen.details) | {"acquirerResponseCode": result.response_code}
        read_token = None
        if seen.wants_token:
            read_token = cards.token(card, settings.card_seed, settings.token_mode)
            if (found := cards.par(card, settings.card_seed)) is not None:
                details["par"] = found
        if result.amount is not None and seen.currency is not None:
            reserved = Reserved(result.amount, seen.currency, books.now(), seen.reference)
            details |= {"customerReceipt": customer_receipt(seen, details, reserved), "merchantReceipt": "APPROVED"}
        ended = books.finish(replace(seen, authorised=result.amount, token=read_token, details=json.dumps(details)))
        if ended.amount is not None and ended.currency is not None and result.amount is not None:
            expires = books.now() + int(settings.hold_s * 1000)
            books.ledger.open_hold(ended.reference, ended.currency, ended.amount, expires)
            books.ledger.move("hold", ended.reference, ended.reference, result.amount, ended.currency, books.now())
        return ended

    def _shown(self, card: Card, entry: Entry) -> dict[str, str]:
        return {
            "maskedPan": cards.masked_pan(card, self.books.settings.card_seed),
            "brand": card.brand,
            "entryMode": "CONTACTLESS" if entry == "contactless" else "CHIP",
            "acquirer": "SIM",
        }
