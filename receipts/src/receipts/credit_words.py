"""The words of a credit note, beside those of a receipt, in English; `languages` has them in the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from receipts.catalogue import InEachLanguage, translations


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


def _words(language: str) -> CreditWords:
    translate = translations(language)
    return CreditWords(**{one.name: translate(f"credit.{one.name}", str(one.default)) for one in fields(CreditWords)})


CREDIT_WORDS: Mapping[str, CreditWords] = InEachLanguage(_words)
