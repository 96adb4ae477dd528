"""The words of a credit note, beside those of a receipt, in English; `languages` has them in the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from receipts.catalogue import spoken


@dataclass(frozen=True, slots=True)
class CreditWords:
    """Every word that a credit note has and a receipt has not, and what a receipt says where too much was taken."""

    credit_note: str = "Credit note"
    credited: str = "Credited"
    total: str = "Total credited"
    refund: str = "Refund"
    reason: str = "Reason"
    reference: str = "Refund reference"
    went_back: str = "Refunded to the card"
    went_back_before: str = "Refunded earlier"
    went_back_in_all: str = "Refunded in total"
    kept: str = "Remaining charge"
    taken_too_much: str = "Taken in excess"


CREDIT_WORDS: Mapping[str, CreditWords] = spoken(CreditWords, "credit")
