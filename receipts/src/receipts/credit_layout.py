"""Says what stands where on a credit note: drawn as a receipt is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from receipts.credit_note import Credited, CreditLine, CreditNote
from receipts.credit_words import CREDIT_WORDS
from receipts.formats import amount
from receipts.layout import Charge, Layout, Said, lay_out, rate_of, said_moment, taxed
from receipts.words import Words


def lay_out_credit(note: CreditNote, language: str = "en") -> Layout:
    """The credit note in a language of LANGUAGES; KeyError for another."""
    sheet = lay_out(note.receipt.model_copy(update={"issued_at": note.issued_at}), language)
    words, credit = sheet.words, CREDIT_WORDS[language]
    return replace(
        sheet,
        title=credit.credit_note,
        lines_are=credit.credited,
        measured=False,
        charges=tuple(_lines(note, language)),
        total_is=credit.total,
        total=amount(note.amount, words.language),
        vat=tuple(taxed(share, words) for share in note.vat),
        payment=tuple(_payment(note, language)),
        bold=credit.went_back,
        note="",
        slip=(),
        refunds=tuple(tuple(_refund(one, note, language)) for one in note.refunds),
    )


def _lines(note: CreditNote, language: str) -> Iterator[Charge]:
    words = lay_out(note.receipt, language).words
    yield from (_line(line, words) for line in note.lines)
    if note.taken_too_much:
        what = CREDIT_WORDS[language].taken_too_much
        yield Charge(what, "", "", words.no_vat, amount(note.taken_too_much, words.language), "")


def _line(line: CreditLine, words: Words) -> Charge:
    return Charge(
        words.lines[line.what], "", "", rate_of(line.vat_percent, words), amount(line.incl_vat, words.language), ""
    )


def _payment(note: CreditNote, language: str) -> Iterator[Said]:
    words, credit = lay_out(note.receipt, language).words, CREDIT_WORDS[language]
    yield Said(words.taken, amount(note.receipt.taken, words.language))
    if note.back_before:
        yield Said(credit.went_back_before, amount(note.back_before, words.language))
    yield Said(credit.went_back, amount(note.amount, words.language))
    if note.back_before:
        yield Said(credit.went_back_in_all, amount(note.back_in_all, words.language))
    yield Said(credit.kept, amount(note.kept, words.language))


def _refund(one: Credited, note: CreditNote, language: str) -> Iterator[Said]:
    words, credit = lay_out(note.receipt, language).words, CREDIT_WORDS[language]
    several = len(note.refunds) > 1
    worth = f": {amount(one.amount, words.language)}\N{NO-BREAK SPACE}{one.amount.currency}" if several else ""
    yield Said(credit.refund, f"{one.refund_id}{worth}")
    yield Said(credit.reference, one.refund_reference)
    if one.reason:
        yield Said(credit.reason, one.reason)
    if one.refunded_at is not None:
        yield said_moment(credit.went_back, one.refunded_at, words)
