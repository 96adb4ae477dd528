"""Says what stands where on an invoice's page, in one language: what its XML says, so that both can be compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from receipts.catalogue import ENGLISH
from receipts.credit_words import CREDIT_WORDS
from receipts.formats import amount, day, plain
from receipts.invoice import Invoice, Sold
from receipts.invoice_words import INVOICE_WORDS
from receipts.layout import rate_of
from receipts.receipt import Merchant
from receipts.words import LANGUAGES
from tapwatt.money import Money

_UNITS = {"KWH": " kWh", "HUR": " h", "C62": ""}


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of texts; columns from `numbers_from` on are numbers. `widths` are proportions."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]
    numbers_from: int = 1
    title: str = ""


@dataclass(frozen=True, slots=True)
class InvoicePage:
    """An invoice from top to bottom."""

    title: str
    seller: tuple[str, ...]
    buyer: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]


def invoice_page(invoice: Invoice, language: str = ENGLISH) -> InvoicePage:
    """The page in a language of LANGUAGES; KeyError for another."""
    words, its_own = LANGUAGES[language], INVOICE_WORDS[language]
    kind = its_own.invoice if invoice.credits is None else CREDIT_WORDS[language].credit_note
    return InvoicePage(
        title=f"{kind} {invoice.number}",
        seller=tuple(_party(invoice.parties.seller, words.vat_number)),
        buyer=(its_own.billed_to, *_party(invoice.parties.buyer, words.vat_number)),
        facts=tuple(_facts(invoice, language)),
        tables=(_lines(invoice, language), _taxes(invoice, language), _totals(invoice, language)),
    )


def _party(party: Merchant, vat_number: str) -> Iterator[str]:
    yield party.name
    yield from party.written
    yield party.country or ""
    if party.vat_number is not None:
        yield f"{vat_number} {party.vat_number}"


def _facts(invoice: Invoice, language: str) -> Iterator[tuple[str, str]]:
    words, its_own = LANGUAGES[language], INVOICE_WORDS[language]
    yield its_own.number, invoice.number
    yield words.issued, day(invoice.issued_on, language)
    if invoice.credits is not None:
        yield its_own.of_invoice, invoice.credits
    yield words.session, invoice.note
    if invoice.period is not None:
        yield words.started, day(invoice.period[0], language)
        yield words.ended, day(invoice.period[1], language)
    if invoice.paid_by.reference is not None:
        yield words.reference, invoice.paid_by.reference
    if invoice.paid_by.digits is not None:
        yield words.card_number, f"**** {invoice.paid_by.digits}"


def _money(minor: int, invoice: Invoice, language: str) -> str:
    return amount(Money(minor=minor, currency=invoice.paid.currency), language)


def _lines(invoice: Invoice, language: str) -> Table:
    words, its_own = LANGUAGES[language], INVOICE_WORDS[language]
    return Table(
        head=(words.description, words.quantity, its_own.price, words.vat, words.excl_vat),
        rows=tuple(_line(one, invoice, language) for one in invoice.lines),
        widths=(32, 18, 22, 12, 16),
        title=f"{words.charges} ({words.amounts_in} {invoice.paid.currency})",
    )


def _line(one: Sold, invoice: Invoice, language: str) -> tuple[str, ...]:
    rate = rate_of(one.percent, LANGUAGES[language])
    quantity = f"{plain(one.quantity, language)}{_UNITS[one.unit]}"
    return one.name, quantity, plain(one.price, language, 2), rate, _money(one.net, invoice, language)


def _taxes(invoice: Invoice, language: str) -> Table:
    words, its_own = LANGUAGES[language], INVOICE_WORDS[language]
    return Table(
        head=(words.rate, words.excl_vat, words.vat),
        rows=tuple(
            (
                its_own.no_vat_applies if one.percent is None else rate_of(one.percent, words),
                _money(one.taxable, invoice, language),
                _money(one.vat, invoice, language),
            )
            for one in invoice.amounts.taxed
        ),
        widths=(60, 20, 20),
        title=words.vat_by_rate,
    )


def _totals(invoice: Invoice, language: str) -> Table:
    words, its_own, amounts = LANGUAGES[language], INVOICE_WORDS[language], invoice.amounts
    rows = [(words.excl_vat, amounts.net), (words.vat, amounts.vat), (words.incl_vat, amounts.with_vat)]
    if amounts.rounding:
        rows.append((its_own.rounding, amounts.rounding))
    rows.append((its_own.paid if invoice.credits is None else its_own.back, invoice.paid.minor))
    rows.append((its_own.due, amounts.due - invoice.paid.minor))
    return Table(
        head=(words.payment, invoice.paid.currency),
        rows=tuple((name, _money(minor, invoice, language)) for name, minor in rows),
        widths=(80, 20),
    )
