"""An invoice that a company can book: EN 16931 in UBL 2.1, from a receipt; and the credit note of what went back.

Rules are named by their numbers in EN 16931-1. The amounts are those of `invoice_amounts`: the VAT and what was paid
are the receipt's, to the cent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from receipts.catalogue import ENGLISH
from receipts.credit_note import CreditNote
from receipts.invoice_amounts import InvoiceAmounts, invoice_amounts
from receipts.make import NoReceipt
from receipts.receipt import Merchant, Receipt, ReceiptLine
from receipts.words import LANGUAGES
from tapwatt.money import Money, exponent

_CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
_CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
_SPECIFICATION = "urn:cen.eu:en16931:2017"
_INVOICE, _CREDIT_NOTE = "380", "381"
_BANK_CARD = "48"
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


def ubl_invoice(receipt: Receipt, parties: Parties, number: str, issued_on: date, language: str = ENGLISH) -> str:
    """The invoice with this number as XML. NoReceipt, in one sentence, where there can be none."""
    _check(receipt.owed, parties)
    if receipt.not_charged or receipt.taken_too_much:
        raise NoReceipt(
            f"session {receipt.session_id} has no invoice: what was taken is not what was owed, so settle that first"
        )
    amounts = invoice_amounts(receipt.lines, receipt.vat, receipt.owed.minor)
    root = _document("Invoice", number, issued_on, _INVOICE, receipt)
    _parties(root, parties)
    _paid_by_card(root, receipt)
    _totals(root, amounts, receipt.owed)
    words = LANGUAGES[language]
    for place, (line, net) in enumerate(zip(receipt.lines, amounts.line_net, strict=True), start=1):
        _line(root, "Invoice", place, _Sold.of(line, net, words.lines[line.what]), receipt.owed)
    return _written(root)


def ubl_credit_note(
    note: CreditNote, parties: Parties, number: str, of_invoice: str, issued_on: date, language: str = ENGLISH
) -> str:
    """The credit note with this number for the invoice with that one, as XML: a line for each rate of VAT.

    NoReceipt where what was taken too much goes back: no invoice has it.
    """
    _check(note.amount, parties)
    if note.taken_too_much:
        raise NoReceipt(
            f"session {note.receipt.session_id} has no credit note for an invoice: more than its amount went back"
        )
    words = LANGUAGES[language]
    lines = [_credited(share.percent, share.excl_vat, share.incl_vat) for share in note.vat]
    amounts = invoice_amounts(lines, note.vat, note.amount.minor)
    root = _document("CreditNote", number, issued_on, _CREDIT_NOTE, note.receipt)
    reference = SubElement(SubElement(root, _cac("BillingReference")), _cac("InvoiceDocumentReference"))
    _text(reference, "ID", of_invoice)
    _parties(root, parties)
    _paid_by_card(root, note.receipt)
    _totals(root, amounts, note.amount)
    for place, (line, net) in enumerate(zip(lines, amounts.line_net, strict=True), start=1):
        _line(root, "CreditNote", place, _Sold.of(line, net, words.session), note.amount)
    return _written(root)


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


def _check(amount: Money, parties: Parties) -> None:
    if exponent(amount.currency) > _MOST_DECIMALS:
        raise NoReceipt(f"EN 16931 has amounts of two decimals, and {amount.currency} has {exponent(amount.currency)}")
    if parties.seller.vat_number is None:
        raise NoReceipt("an invoice needs the seller's VAT number (BR-S-02); add vat_number to the merchant")
    for who, party in (("seller", parties.seller), ("buyer", parties.buyer)):
        if party.country is None:
            raise NoReceipt(f"an invoice needs the {who}'s country (BR-09, BR-11), as NL; add country")


@dataclass(frozen=True, slots=True)
class _Sold:
    """A line of the invoice: price before VAT per unit (BR-27: not less than nothing, so that the quantity may be)."""

    name: str
    quantity: Decimal
    unit: str
    price: Decimal
    percent: Decimal | None
    net: int

    @classmethod
    def of(cls, line: ReceiptLine, net: int, name: str) -> _Sold:
        """A line of a receipt, of which this much is before VAT."""
        if line.what == "ADJUSTMENT":
            price = abs(Money(minor=net, currency=line.excl_vat.currency).major)
            return cls(name, Decimal(-1 if net < 0 else 1), "session", price, line.vat_percent, net)
        exact = Fraction(line.unit_price)
        if line.price_is == "with_vat":
            exact = exact * 100 / (100 + Fraction(line.vat_percent or 0))
        price = Decimal(round(exact * 10**_PRICE_DECIMALS)).scaleb(-_PRICE_DECIMALS).normalize()
        return cls(name, line.quantity, line.unit, price, line.vat_percent, net)


def _document(kind: str, number: str, issued_on: date, code: str, receipt: Receipt) -> Element:
    root = Element(f"{{{_UBL}{kind}-2}}{kind}")
    for name, said in (("CustomizationID", _SPECIFICATION), ("ID", number), ("IssueDate", issued_on.isoformat())):
        _text(root, name, said)
    _text(root, f"{kind}TypeCode", code)
    _text(root, "Note", f"{receipt.session_id}, {receipt.evse_id}")
    _text(root, "DocumentCurrencyCode", receipt.owed.currency)
    if receipt.started_at is not None and receipt.ended_at is not None:
        period = SubElement(root, _cac("InvoicePeriod"))
        _text(period, "StartDate", receipt.started_at.local.date().isoformat())
        _text(period, "EndDate", receipt.ended_at.local.date().isoformat())
    return root


def _parties(root: Element, parties: Parties) -> None:
    for name, merchant in (("AccountingSupplierParty", parties.seller), ("AccountingCustomerParty", parties.buyer)):
        party = SubElement(SubElement(root, _cac(name)), _cac("Party"))
        address = SubElement(party, _cac("PostalAddress"))
        for part, line in zip(
            ("StreetName", "AdditionalStreetName", "CityName"), _lines(merchant.address), strict=False
        ):
            if line:
                _text(address, part, line)
        _text(SubElement(address, _cac("Country")), "IdentificationCode", merchant.country or "")
        if merchant.vat_number is not None:
            scheme = SubElement(party, _cac("PartyTaxScheme"))
            _text(scheme, "CompanyID", merchant.vat_number)
            _vat_scheme(scheme)
        _text(SubElement(party, _cac("PartyLegalEntity")), "RegistrationName", merchant.name)


def _lines(address: Sequence[str]) -> tuple[str, str, str]:
    """Street, more of it, and the place: the last line of an address."""
    if not address:
        return "", "", ""
    street, *more = address[:-1] or ("",)
    return street, ", ".join(more), address[-1]


def _paid_by_card(root: Element, receipt: Receipt) -> None:
    means = SubElement(root, _cac("PaymentMeans"))
    _text(means, "PaymentMeansCode", _BANK_CARD)
    if receipt.capture_reference is not None:
        _text(means, "PaymentID", receipt.capture_reference)
    pan = "" if receipt.card is None else (receipt.card.masked_pan or "")
    digits = pan[-4:]
    if receipt.card is not None and digits.isdigit():
        # Not more than the last digits (BR-51).
        account = SubElement(means, _cac("CardAccount"))
        _text(account, "PrimaryAccountNumberID", digits)
        _text(account, "NetworkID", receipt.card.brand or "unknown")


def _totals(root: Element, amounts: InvoiceAmounts, paid: Money) -> None:
    total = SubElement(root, _cac("TaxTotal"))
    _amount(total, "TaxAmount", amounts.vat, paid)
    for one in amounts.taxed:
        part = SubElement(total, _cac("TaxSubtotal"))
        _amount(part, "TaxableAmount", one.taxable, paid)
        _amount(part, "TaxAmount", one.vat, paid)
        _category(SubElement(part, _cac("TaxCategory")), one.percent, why=True)
    money = SubElement(root, _cac("LegalMonetaryTotal"))
    for name, minor in (
        ("LineExtensionAmount", amounts.net),
        ("TaxExclusiveAmount", amounts.net),
        ("TaxInclusiveAmount", amounts.with_vat),
        ("PrepaidAmount", paid.minor),
    ):
        _amount(money, name, minor, paid)
    if amounts.rounding:
        _amount(money, "PayableRoundingAmount", amounts.rounding, paid)
    _amount(money, "PayableAmount", amounts.due - paid.minor, paid)


def _line(root: Element, kind: str, place: int, sold: _Sold, money: Money) -> None:
    line = SubElement(root, _cac(f"{kind}Line"))
    _text(line, "ID", str(place))
    quantity = "InvoicedQuantity" if kind == "Invoice" else "CreditedQuantity"
    _text(line, quantity, f"{sold.quantity:f}", unitCode=_UNITS[sold.unit])
    _amount(line, "LineExtensionAmount", sold.net, money)
    item = SubElement(line, _cac("Item"))
    _text(item, "Name", sold.name)
    _category(SubElement(item, _cac("ClassifiedTaxCategory")), sold.percent)
    _text(SubElement(line, _cac("Price")), "PriceAmount", f"{sold.price:f}", currencyID=money.currency)


def _category(category: Element, percent: Decimal | None, *, why: bool = False) -> None:
    """Standard rate, zero rate, or exempt where the tariff says that no VAT applies (UNCL 5305)."""
    _text(category, "ID", "S" if percent else "Z" if percent is not None else "E")
    _text(category, "Percent", f"{percent or Decimal(0):f}")
    if percent is None and why:
        _text(category, "TaxExemptionReason", "No VAT applies by the tariff")
    _vat_scheme(category)


def _vat_scheme(parent: Element) -> None:
    _text(SubElement(parent, _cac("TaxScheme")), "ID", "VAT")


def _amount(parent: Element, name: str, minor: int, money: Money) -> None:
    said = Money(minor=minor, currency=money.currency).major
    _text(parent, name, f"{said:f}", currencyID=money.currency)


def _text(parent: Element, name: str, said: str, **attributes: str) -> None:
    SubElement(parent, f"{{{_CBC}}}{name}", attributes).text = "".join(_seen(said))


def _seen(said: str) -> Iterator[str]:
    """Without characters that XML does not allow."""
    return (one for one in said if one in "\t\n" or (one.isprintable() and one not in "\ufffe\uffff"))


def _cac(name: str) -> str:
    return f"{{{_CAC}}}{name}"


def _written(root: Element) -> str:
    ElementTree.register_namespace("cbc", _CBC)
    ElementTree.register_namespace("cac", _CAC)
    ElementTree.register_namespace("ubl", root.tag[1:].partition("}")[0])
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"
