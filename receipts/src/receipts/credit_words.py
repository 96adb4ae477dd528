"""The words of a credit note, beside those of a receipt, in each language that it can be given in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CreditWords:
    """Every word that a credit note has and a receipt has not, and what a receipt says where too much was taken."""

    credit_note: str
    credited: str
    total: str
    refund: str
    reason: str
    reference: str
    went_back: str
    went_back_before: str
    went_back_in_all: str
    kept: str
    taken_too_much: str


CREDIT_WORDS: Mapping[str, CreditWords] = {
    "en": CreditWords(
        credit_note="Credit note",
        credited="Credited",
        total="Total credited",
        refund="Refund",
        reason="Reason",
        reference="Refund reference",
        went_back="Refunded to the card",
        went_back_before="Refunded earlier",
        went_back_in_all="Refunded in total",
        kept="Remaining charge",
        taken_too_much="Taken in excess",
    ),
    "nl": CreditWords(
        credit_note="Creditnota",
        credited="Gecrediteerd",
        total="Totaal gecrediteerd",
        refund="Terugbetaling",
        reason="Reden",
        reference="Kenmerk terugbetaling",
        went_back="Terugbetaald op de kaart",
        went_back_before="Eerder terugbetaald",
        went_back_in_all="In totaal terugbetaald",
        kept="Blijft in rekening gebracht",
        taken_too_much="Te veel afgeschreven",
    ),
    "de": CreditWords(
        credit_note="Gutschrift",
        credited="Gutgeschrieben",
        total="Summe der Gutschrift",
        refund="Erstattung",
        reason="Grund",
        reference="Erstattungsreferenz",
        went_back="Auf die Karte erstattet",
        went_back_before="Früher erstattet",
        went_back_in_all="Insgesamt erstattet",
        kept="Verbleibende Belastung",
        taken_too_much="Zu viel abgebucht",
    ),
    "fr": CreditWords(
        credit_note="Note de crédit",
        credited="Crédité",
        total="Total crédité",
        refund="Remboursement",
        reason="Motif",
        reference="Référence du remboursement",
        went_back="Remboursé sur la carte",
        went_back_before="Remboursé précédemment",
        went_back_in_all="Remboursé au total",
        kept="Reste à la charge du client",
        taken_too_much="Débité en trop",
    ),
}
