"""The portal of the provider in memory: what people, the issuer and the provider do without being asked by us."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from tapwatt.money import Money
from tapwatt.provider.port import Failure, Kind, Transaction
from tapwatt.testing.fake_ledger import Books

Look = Callable[[str], tuple[str, datetime]]
"""The hold that a reference belongs to, and what time it is."""

Write = Callable[[Kind, str, Money], Transaction]
"""Tells what was done as a transaction of this kind about a hold or capture, under a reference of its own."""


class Portal:
    """Each act raises ValueError where the books do not allow it, and else is told like what we ask for."""

    def __init__(self, books: Books, look: Look, write: Write) -> None:
        self._books = books
        self._look = look
        self._write = write

    def capture(self, hold_reference: str, amount: Money) -> Transaction:
        """Take so much of a hold."""
        hold, now = self._look(hold_reference)
        _allowed(self._books.refuses_take(hold, amount, now))
        self._books.take(hold, amount)
        return self._write(Kind.CAPTURE, hold_reference, amount)

    def reverse(self, hold_reference: str) -> Transaction:
        """Let a whole hold go."""
        hold, now = self._look(hold_reference)
        _allowed(self._books.refuses_let_go(hold, now))
        return self._write(Kind.REVERSAL, hold_reference, self._books.let_go(hold))

    def cancel_capture(self, capture_reference: str) -> Transaction:
        """Undo a capture as a whole: a reversal of the capture itself, by which all of it is given back."""
        hold, now = self._look(capture_reference)
        held = self._books.hold(hold, now)
        if held is None or hold == capture_reference or not held.captured or held.kept < held.captured:
            raise ValueError(f"{capture_reference} is no capture that stands whole")
        self._books.give_back(hold, held.captured)
        return self._write(Kind.REVERSAL, capture_reference, held.captured)

    def refund(self, capture_reference: str, amount: Money) -> Transaction:
        """Give so much of a capture back: a person at the portal, or the provider by itself."""
        hold, now = self._look(capture_reference)
        _allowed(self._books.refuses_give_back(hold, amount, now))
        self._books.give_back(hold, amount)
        return self._write(Kind.REFUND, capture_reference, amount)

    def charge_back(self, capture_reference: str, amount: Money) -> Transaction:
        """The issuer takes so much of a capture back for its cardholder."""
        hold, now = self._look(capture_reference)
        _allowed(self._books.refuses_give_back(hold, amount, now))
        self._books.charge_back(hold, amount)
        return self._write(Kind.CHARGEBACK, capture_reference, amount)


def _allowed(refusal: Failure | None) -> None:
    if refusal is not None:
        raise ValueError(f"the provider's books do not allow it: {refusal}")
