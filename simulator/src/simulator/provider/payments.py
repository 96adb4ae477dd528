"""The simulated payment provider itself: every verb of its API, applied whole or not at all, and once per reference."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from simulator.provider.answers import resource, text
from simulator.provider.books import Books
from simulator.provider.card_outcomes import Entry
from simulator.provider.cards import Card
from simulator.provider.errors import Refused
from simulator.provider.faults import Subject
from simulator.provider.ledger import Remembered, Transaction
from simulator.provider.portal import Act, Portal
from simulator.provider.requests import (
    Body,
    FollowUpBody,
    PaymentBody,
    ReversalBody,
    TokenBody,
    fingerprint,
    read_body,
)
from simulator.provider.settlement import Settlement
from simulator.provider.terminal_payments import TerminalPayments, TerminalState

T = TypeVar("T")
REMEMBERED = (200, 422)


@dataclass(frozen=True)
class Answer:
    """An HTTP status and a JSON text whose own addresses are still open."""

    status: int
    text: str


class Provider:
    """Each public method is one ledger transaction; `tell` hears of every change after it is committed."""

    def __init__(self, books: Books, tell: Callable[[Transaction], None]) -> None:
        self.books = books
        self._tell = tell
        self._terminal = TerminalPayments(books)
        self._settlement = Settlement(books)
        self._portal = Portal(books, self._settlement)

    def apply(self, verb: str, raw: str | bytes, key: str | None) -> Answer:
        """Does what a POST asks, or gives again the answer its idempotency reference was given before."""
        try:
            body = read_body(verb, raw)
        except Refused as refused:
            return _refusal(refused)
        return self._atomically(lambda: self._once(verb, body, key))

    def subject(self, verb: str, raw: str | bytes, key: str | None) -> Subject:
        """Whom a POST concerns, as far as it can be told before applying it."""
        try:
            body = read_body(verb, raw)
        except Refused:
            return Subject(verb, key=key)
        return self._subject(verb, body, key)

    def subject_by_reference(self, verb: str, reference: str, key: str | None = None) -> Subject:
        """Whom a call about a known transaction concerns."""
        found = self.books.ledger.find(reference)
        if found is None:
            return Subject(verb, key=key or reference)
        return Subject(verb, found.terminal, found.order_reference, key or reference)

    def status(self, reference: str) -> Answer:
        """One transaction, or 404."""
        found = self.books.ledger.find(reference)
        if found is None:
            return _refusal(Refused.not_found(reference))
        return Answer(200, text(self._resource(found)))

    def by_order(self, order_reference: str) -> Answer:
        """Every transaction of a merchant's order reference: none, one or many."""
        return Answer(200, text([self._resource(found) for found in self.books.ledger.of_order(order_reference)]))

    def cancel(self, reference: str) -> Answer:
        """Gives up a pending transaction."""
        try:
            return Answer(200, text(self._resource(self._atomically(lambda: self._terminal.cancel(reference)))))
        except Refused as refused:
            return _refusal(refused)

    def present(self, waiting: Transaction, card: Card, entry: Entry) -> Transaction:
        """The driver presents a card to a waiting transaction."""
        return self._atomically(lambda: self._terminal.present(waiting, card, entry))

    def press_cancel(self, terminal: str) -> Transaction | None:
        """The driver presses cancel; None when nothing waits there."""
        waiting = self.books.ledger.waiting_at(terminal)
        return None if waiting is None else self._atomically(lambda: self._terminal.cancel(waiting.reference))

    def put_terminal(self, terminal: str, state: TerminalState) -> None:
        """Puts a terminal online, offline or at somebody else's disposal; what already waits there goes on waiting."""
        self._atomically(lambda: self.books.ledger.set_terminal_state(terminal, state))

    def terminal_state(self, terminal: str) -> str:
        """How a terminal is; `unknown` when it is not set up for this merchant."""
        return self._terminal.state(terminal)

    def by_hand(self, act: Act, reference: str, amount: int | None, by: str | None) -> Transaction:
        """Somebody does with a hold or a capture what this system did not ask for (amounts in minor units).

        Raises Refused when the books do not allow it.
        """
        return self._atomically(lambda: self._portal.do(act, reference, amount, by))

    def define_card(self, card: Card) -> None:
        """Makes a card, or changes how it behaves."""
        self._atomically(lambda: self.books.ledger.set_card(card.name, card.model_dump_json()))

    def card(self, name: str) -> Card | None:
        """The card of this name."""
        definition = self.books.ledger.cards().get(name)
        return None if definition is None else Card.model_validate_json(definition)

    def resolve(self, reference: str, failure_code: str | None) -> Transaction | None:
        """The helpdesk ends a transaction that is in manual intervention; None when it is not."""
        found = self.books.ledger.find(reference)
        if found is None or found.status != "manualintervention":
            return None
        return self._atomically(lambda: self._resolved(found, failure_code))

    def expire_hold(self, reference: str) -> bool:
        """Ends a hold's window now; False when there is no such hold."""
        if self.books.ledger.hold(reference) is None:
            return False
        self._atomically(lambda: self.books.ledger.expire_hold(reference, self.books.now()))
        self.tick()
        return True

    def defer(self, verb: str, raw: str, key: str | None, seconds: float) -> None:
        """Keeps a request whose answer is lost, to be applied later, even after a restart."""
        due = self.books.now() + int(seconds * 1000)
        self._atomically(lambda: self.books.ledger.defer(due, verb, key, raw))

    def tick(self) -> None:
        """Does what time does: late requests apply, waits and holds come to their end, pending money moves."""
        now = self.books.now()
        if self.books.ledger.anything_due(now):
            for verb, key, raw in self._atomically(lambda: self.books.ledger.take_deferred(now)):
                self.apply(verb, raw, key)
            for waiting in self.books.ledger.due(now):
                self._atomically(partial(self._timed_out, waiting))
            for hold in self.books.ledger.expired_holds(now):
                self._atomically(partial(self._settlement.expire, hold))

    def _once(self, verb: str, body: Body, key: str | None) -> Answer:
        # The provider's documents promise it for payment, capture, refund and reversal alone.
        if key is None or verb == "token":
            return self._attempt(body, verb)
        ledger, now, asked = self.books.ledger, self.books.now(), fingerprint(verb, body)
        before = ledger.remembered(key)
        if before is not None and self.books.faults.strike("reference_forgotten", self._subject(verb, body, key)):
            before = None
        if before is not None and now - before.at < self.books.settings.idempotency_window_s * 1000:
            if before.fingerprint != asked:
                return _refusal(Refused.conflict(key))
            return Answer(before.status, before.answer)
        answer = self._attempt(body, verb)
        if answer.status in REMEMBERED:
            ledger.remember(key, Remembered(asked, answer.status, answer.text, now))
        return answer

    def _subject(self, verb: str, body: Body, key: str | None) -> Subject:
        if isinstance(body, TokenBody):
            return Subject(verb, body.details.terminalId, body.merchantOrderReference, key)
        return self.subject_by_reference(verb, body.reference, key)

    def _attempt(self, body: Body, verb: str) -> Answer:
        try:
            with self.books.ledger.attempting():
                return Answer(200, text(self._resource(self._do(body, verb))))
        except Refused as refused:
            return _refusal(refused)

    def _do(self, body: Body, verb: str) -> Transaction:
        match body:
            case PaymentBody() | TokenBody():
                return self._terminal.start(body)
            case FollowUpBody():
                return self._settlement.capture(body) if verb == "capture" else self._settlement.refund(body)
            case ReversalBody():
                return self._settlement.reversal(body)

    def _resolved(self, found: Transaction, failure_code: str | None) -> Transaction:
        if failure_code is not None:
            return self.books.finish(found, failure_code)
        if found.hold is not None:
            return self._settlement.settle(found)
        card = self.card(found.card or "") or Card(name=found.card or "unknown")
        return self._terminal.settle_by_hand(found, card)

    def _timed_out(self, waiting: Transaction) -> Transaction:
        if waiting.hold is not None:
            return self._settlement.settle(waiting)
        details = json.dumps(json.loads(waiting.details) | {"terminalState": "IDLE"})
        return self.books.finish(replace(waiting, details=details), "expired")

    def _resource(self, transaction: Transaction) -> dict[str, object]:
        return resource(transaction, self.books.settings.number_style)

    def _atomically(self, change: Callable[[], T]) -> T:
        self.books.news.clear()
        with self.books.ledger.writing():
            result = change()
        news = list(self.books.news)
        for transaction in news:
            self._tell(transaction)
        return result


def _refusal(refused: Refused) -> Answer:
    return Answer(refused.status, text(refused.body()))
