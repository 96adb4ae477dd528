"""An invoice or a credit note by EN 16931, in UBL 2.1."""

from __future__ import annotations

from decimal import Decimal
from xml.etree.ElementTree import Element, SubElement

from receipts.invoice import NO_VAT_APPLIES, Address, Invoice, Sold, category
from receipts.invoice_xml import in_xml, written
from receipts.receipt import Contact, Merchant

_CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
_CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"


def ubl(invoice: Invoice) -> str:
    """The document as XML."""
    kind = "Invoice" if invoice.credits is None else "CreditNote"
    root = _document(kind, invoice)
    if invoice.credits is not None:
        reference = SubElement(SubElement(root, _cac("BillingReference")), _cac("InvoiceDocumentReference"))
        _text(reference, "ID", invoice.credits)
    _parties(root, invoice)
    _paid_by_card(root, invoice)
    _totals(root, invoice)
    for place, sold in enumerate(invoice.lines, start=1):
        _line(root, kind, place, sold, invoice)
    return written(root, {"cbc": _CBC, "cac": _CAC, "ubl": f"{_UBL}{kind}-2"})


def _document(kind: str, invoice: Invoice) -> Element:
    root = Element(f"{{{_UBL}{kind}-2}}{kind}")
    issued = invoice.issued_on.isoformat()
    _text(root, "CustomizationID", invoice.specification)
    if invoice.process is not None:
        _text(root, "ProfileID", invoice.process)
    for name, said in (("ID", invoice.number), ("IssueDate", issued)):
        _text(root, name, said)
    _text(root, f"{kind}TypeCode", invoice.code)
    _text(root, "Note", invoice.note)
    _text(root, "DocumentCurrencyCode", invoice.paid.currency)
    if invoice.parties.buyer.reference is not None:
        _text(root, "BuyerReference", invoice.parties.buyer.reference)
    if invoice.period is not None:
        period = SubElement(root, _cac("InvoicePeriod"))
        for name, day in zip(("StartDate", "EndDate"), invoice.period, strict=True):
            _text(period, name, day.isoformat())
    return root


def _parties(root: Element, invoice: Invoice) -> None:
    seller, buyer = invoice.parties.seller, invoice.parties.buyer
    for name, merchant in (("AccountingSupplierParty", seller), ("AccountingCustomerParty", buyer)):
        _party(SubElement(SubElement(root, _cac(name)), _cac("Party")), merchant)


def _party(party: Element, merchant: Merchant) -> None:
    if merchant.electronic_address is not None:
        reached = merchant.electronic_address
        _text(party, "EndpointID", reached.address, schemeID=reached.scheme)
    address, parts = SubElement(party, _cac("PostalAddress")), Address.of(merchant)
    for part, line in (
        ("StreetName", parts.street),
        ("AdditionalStreetName", parts.more),
        ("CityName", parts.city),
        ("PostalZone", parts.postcode),
    ):
        if line:
            _text(address, part, line)
    _text(SubElement(address, _cac("Country")), "IdentificationCode", merchant.country or "")
    if merchant.vat_number is not None:
        scheme = SubElement(party, _cac("PartyTaxScheme"))
        _text(scheme, "CompanyID", merchant.vat_number)
        _vat_scheme(scheme)
    _text(SubElement(party, _cac("PartyLegalEntity")), "RegistrationName", merchant.name)
    if merchant.contact is not None:
        _contact(SubElement(party, _cac("Contact")), merchant.contact)


def _contact(parent: Element, contact: Contact) -> None:
    for name, said in (("Name", contact.name), ("Telephone", contact.phone), ("ElectronicMail", contact.email)):
        if said is not None:
            _text(parent, name, said)


def _paid_by_card(root: Element, invoice: Invoice) -> None:
    means = SubElement(root, _cac("PaymentMeans"))
    paid_by = invoice.paid_by
    _text(means, "PaymentMeansCode", paid_by.means)
    if paid_by.reference is not None:
        _text(means, "PaymentID", paid_by.reference)
    if paid_by.digits is not None:
        account = SubElement(means, _cac("CardAccount"))
        _text(account, "PrimaryAccountNumberID", paid_by.digits)
        _text(account, "NetworkID", paid_by.network)


def _totals(root: Element, invoice: Invoice) -> None:
    amounts = invoice.amounts
    total = SubElement(root, _cac("TaxTotal"))
    _amount(total, "TaxAmount", amounts.vat, invoice)
    for one in amounts.taxed:
        part = SubElement(total, _cac("TaxSubtotal"))
        _amount(part, "TaxableAmount", one.taxable, invoice)
        _amount(part, "TaxAmount", one.vat, invoice)
        _category(SubElement(part, _cac("TaxCategory")), one.percent, why=True)
    money = SubElement(root, _cac("LegalMonetaryTotal"))
    for name, minor in (
        ("LineExtensionAmount", amounts.net),
        ("TaxExclusiveAmount", amounts.net),
        ("TaxInclusiveAmount", amounts.with_vat),
        ("PrepaidAmount", invoice.paid.minor),
    ):
        _amount(money, name, minor, invoice)
    if amounts.rounding:
        _amount(money, "PayableRoundingAmount", amounts.rounding, invoice)
    _amount(money, "PayableAmount", amounts.due - invoice.paid.minor, invoice)


def _line(root: Element, kind: str, place: int, sold: Sold, invoice: Invoice) -> None:
    line = SubElement(root, _cac(f"{kind}Line"))
    _text(line, "ID", str(place))
    quantity = "InvoicedQuantity" if kind == "Invoice" else "CreditedQuantity"
    _text(line, quantity, f"{sold.quantity:f}", unitCode=sold.unit)
    _amount(line, "LineExtensionAmount", sold.net, invoice)
    item = SubElement(line, _cac("Item"))
    _text(item, "Name", sold.name)
    _category(SubElement(item, _cac("ClassifiedTaxCategory")), sold.percent)
    _text(SubElement(line, _cac("Price")), "PriceAmount", f"{sold.price:f}", currencyID=invoice.paid.currency)


def _category(parent: Element, percent: Decimal | None, *, why: bool = False) -> None:
    _text(parent, "ID", category(percent))
    _text(parent, "Percent", f"{percent or Decimal(0):f}")
    if percent is None and why:
        _text(parent, "TaxExemptionReason", NO_VAT_APPLIES)
    _vat_scheme(parent)


def _vat_scheme(parent: Element) -> None:
    _text(SubElement(parent, _cac("TaxScheme")), "ID", "VAT")


def _amount(parent: Element, name: str, minor: int, invoice: Invoice) -> None:
    _text(parent, name, invoice.major(minor), currencyID=invoice.paid.currency)


def _text(parent: Element, name: str, said: str, **attributes: str) -> None:
    SubElement(parent, f"{{{_CBC}}}{name}", attributes).text = in_xml(said)


def _cac(name: str) -> str:
    return f"{{{_CAC}}}{name}"
