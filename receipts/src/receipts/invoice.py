"""What an invoice that a company can book says by EN 16931, whatever it is written in; and a credit note of one.

Rules are named by their numbers in EN 16931-1. The amounts are those of `invoice_amounts`: the VAT and what was paid
are the receipt's, to the cent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from receipts.catalogue import ENGLISH
from receipts.credit_note import CreditNote
from receipts.invoice_amounts import InvoiceAmounts, invoice_amounts
from receipts.make import NoReceipt
from receipts.receipt import Merchant, Receipt, ReceiptLine
from receipts.words import LANGUAGES
from tapwatt.money import Money, exponent

SPECIFICATION = "urn:cen.eu:en16931:2017"
INVOICE, CREDIT_NOTE = "380", "381"
BANK_CARD, NOT_DEFINED = "48", "1"
"""How it was paid (UNTDID 4461)."""
NO_VAT_APPLIES = "No VAT applies by the tariff"
_UNITS = {"kWh": "KWH", "h": "HUR", "session": "C62"}
"""UN/ECE Recommendation 20."""
_MOST_DECIMALS = 2
"""Of an amount (BR-DEC-01 and on)."""
_PRICE_DECIMALS = 10


@dataclass(frozen=True, slots=True)
class Parties:
    """Who sold and who bought. Both need a country (BR-09, BR-11), the seller a VAT number (BR-S-02)."""

    seller: Merchant
    buyer: Merchant


@dataclass(frozen=True, slots=True)
class PaidBy:
    """A bank card: the capture's reference, the card's last digits (no more: BR-51) and its network, where known."""

    reference: str | None
    digits: str | None
    network: str
    means: str = BANK_CARD


@dataclass(frozen=True, slots=True)
class Sold:
    """A line of the invoice: price before VAT per unit (BR-27: not less than nothing, so that the quantity may be).

    `unit` is a code of UN/ECE Recommendation 20, `net` in minor units.
    """

    name: str
    quantity: Decimal
    unit: str
    price: Decimal
    percent: Decimal | None
    net: int

    @classmethod
    def of(cls, line: ReceiptLine, net: int, name: str) -> Sold:
        """A line of a receipt, of which this much is before VAT."""
        if line.what == "ADJUSTMENT":
            price = abs(Money(minor=net, currency=line.excl_vat.currency).major)
            return cls(name, Decimal(-1 if net < 0 else 1), _UNITS["session"], price, line.vat_percent, net)
        exact = Fraction(line.unit_price)
        if line.price_is == "with_vat":
            exact = exact * 100 / (100 + Fraction(line.vat_percent or 0))
        price = Decimal(round(exact * 10**_PRICE_DECIMALS)).scaleb(-_PRICE_DECIMALS).normalize()
        return cls(name, line.quantity, _UNITS[line.unit], price, line.vat_percent, net)


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice, or the credit note of the invoice that `credits` names. `paid` is what was taken, or went back."""

    number: str
    issued_on: date
    note: str
    period: tuple[date, date] | None
    parties: Parties
    paid_by: PaidBy
    lines: tuple[Sold, ...]
    amounts: InvoiceAmounts
    paid: Money
    credits: str | None = None
    specification: str = SPECIFICATION
    process: str | None = None

    @property
    def code(self) -> str:
        """Which of both it is (UNTDID 1001)."""
        return INVOICE if self.credits is None else CREDIT_NOTE

    def major(self, minor: int) -> str:
        """An amount in its currency, as it is written."""
        return f"{Money(minor=minor, currency=self.paid.currency).major:f}"


def invoice_of(receipt: Receipt, parties: Parties, number: str, issued_on: date, language: str = ENGLISH) -> Invoice:
    """The invoice with this number. NoReceipt, in one sentence, where there can be none."""
    _check(receipt.owed, parties, receipt)
    if receipt.not_charged or receipt.taken_too_much:
        raise NoReceipt(
            f"session {receipt.session_id} has no invoice: what was taken is not what was owed, so settle that first"
        )
    amounts = invoice_amounts(receipt.lines, receipt.vat, receipt.owed.minor)
    words = LANGUAGES[language].lines
    pairs = zip(receipt.lines, amounts.line_net, strict=True)
    lines = tuple(Sold.of(line, net, words[line.what]) for line, net in pairs)
    return _document(receipt, parties, number, issued_on, lines, amounts, receipt.owed)


def credit_note_of(
    note: CreditNote, parties: Parties, number: str, of_invoice: str, issued_on: date, language: str = ENGLISH
) -> Invoice:
    """The credit note with this number for the invoice with that one: a line for each rate of VAT.

    NoReceipt where what was taken too much goes back: no invoice has it.
    """
    _check(note.amount, parties, note.receipt)
    if note.taken_too_much:
        raise NoReceipt(
            f"session {note.receipt.session_id} has no credit note for an invoice: more than its amount went back"
        )
    credited = [_credited(share.percent, share.excl_vat, share.incl_vat) for share in note.vat]
    amounts = invoice_amounts(credited, note.vat, note.amount.minor)
    pairs = zip(credited, amounts.line_net, strict=True)
    lines = tuple(Sold.of(line, net, LANGUAGES[language].session) for line, net in pairs)
    return _document(note.receipt, parties, number, issued_on, lines, amounts, note.amount, of_invoice)


@dataclass(frozen=True, slots=True)
class Address:
    """An address in its parts, each empty where it is not known."""

    street: str
    more: str
    city: str
    postcode: str

    @classmethod
    def of(cls, party: Merchant) -> Address:
        """Of its lines, of which the last is the place where no city is given apart."""
        lines = party.address if party.city is not None else party.address[:-1]
        place = party.city if party.city is not None else "".join(party.address[-1:])
        street, *more = lines or ("",)
        return cls(street, ", ".join(more), place, party.postcode or "")


def category(percent: Decimal | None) -> str:
    """Standard rate, zero rate, or exempt where the tariff says that no VAT applies (UNCL 5305)."""
    return "S" if percent else "Z" if percent is not None else "E"


def _credited(percent: Decimal | None, excl: Money, incl: Money) -> ReceiptLine:
    return ReceiptLine(
        what="ADJUSTMENT",
        quantity=Decimal(1),
        unit="session",
        unit_price=excl.major,
        price_is="without_vat",
        vat_percent=percent,
        excl_vat=excl,
        incl_vat=incl,
    )


def _check(amount: Money, parties: Parties, receipt: Receipt) -> None:
    if receipt.tax_unknown:
        raise NoReceipt(
            f"session {receipt.session_id} has no invoice: its prices are before taxes that its tariff does not say"
        )
    if exponent(amount.currency) > _MOST_DECIMALS:
        raise NoReceipt(f"EN 16931 has amounts of two decimals, and {amount.currency} has {exponent(amount.currency)}")
    if parties.seller.vat_number is None:
        raise NoReceipt("an invoice needs the seller's VAT number (BR-S-02); add vat_number to the merchant")
    for who, party in (("seller", parties.seller), ("buyer", parties.buyer)):
        if party.country is None:
            raise NoReceipt(f"an invoice needs the {who}'s country (BR-09, BR-11), as NL; add country")


def _document(
    receipt: Receipt,
    parties: Parties,
    number: str,
    issued_on: date,
    lines: tuple[Sold, ...],
    amounts: InvoiceAmounts,
    paid: Money,
    of_invoice: str | None = None,
) -> Invoice:
    begun, ended = receipt.started_at, receipt.ended_at
    period = None if begun is None or ended is None else (begun.local.date(), ended.local.date())
    note = f"{receipt.session_id}, {receipt.evse_id}"
    return Invoice(
        number, issued_on, note, period, parties, _paid_by(receipt), lines, amounts, paid, credits=of_invoice
    )


def _paid_by(receipt: Receipt) -> PaidBy:
    digits = "" if receipt.card is None else (receipt.card.masked_pan or "")[-4:]
    network = "unknown" if receipt.card is None else receipt.card.brand or "unknown"
    return PaidBy(receipt.capture_reference, digits if digits.isdigit() else None, network)
