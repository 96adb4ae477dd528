"""An invoice or a credit note by EN 16931, in UN/CEFACT's Cross Industry Invoice (CII), as in Factur-X and ZUGFeRD."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from xml.etree.ElementTree import Element, SubElement

from receipts.invoice import NO_VAT_APPLIES, Address, Invoice, Sold, category
from receipts.invoice_amounts import TaxedAt
from receipts.invoice_xml import in_xml, written
from receipts.receipt import Contact, Merchant

_RSM = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
_RAM = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
_UDT = "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"
_DAY = "102"
"""How a date is written: YYYYMMDD (UNTDID 2379)."""


def cii(invoice: Invoice) -> str:
    """The document as XML."""
    root = Element(f"{{{_RSM}}}CrossIndustryInvoice")
    context = SubElement(root, f"{{{_RSM}}}ExchangedDocumentContext")
    if invoice.process is not None:
        _text(_part(context, "BusinessProcessSpecifiedDocumentContextParameter"), "ID", invoice.process)
    _text(_part(context, "GuidelineSpecifiedDocumentContextParameter"), "ID", invoice.specification)
    document = SubElement(root, f"{{{_RSM}}}ExchangedDocument")
    _text(document, "ID", invoice.number)
    _text(document, "TypeCode", invoice.code)
    _day(document, "IssueDateTime", invoice.issued_on)
    _text(_part(document, "IncludedNote"), "Content", invoice.note)
    trade = SubElement(root, f"{{{_RSM}}}SupplyChainTradeTransaction")
    for place, sold in enumerate(invoice.lines, start=1):
        _line(_part(trade, "IncludedSupplyChainTradeLineItem"), place, sold, invoice)
    agreement = _part(trade, "ApplicableHeaderTradeAgreement")
    if invoice.parties.buyer.reference is not None:
        _text(agreement, "BuyerReference", invoice.parties.buyer.reference)
    _party(_part(agreement, "SellerTradeParty"), invoice.parties.seller)
    _party(_part(agreement, "BuyerTradeParty"), invoice.parties.buyer)
    delivery = _part(trade, "ApplicableHeaderTradeDelivery")
    if invoice.period is not None:
        _day(_part(delivery, "ActualDeliverySupplyChainEvent"), "OccurrenceDateTime", invoice.period[1])
    _settlement(_part(trade, "ApplicableHeaderTradeSettlement"), invoice)
    return written(root, {"rsm": _RSM, "ram": _RAM, "udt": _UDT})


def _line(line: Element, place: int, sold: Sold, invoice: Invoice) -> None:
    _text(_part(line, "AssociatedDocumentLineDocument"), "LineID", str(place))
    _text(_part(line, "SpecifiedTradeProduct"), "Name", sold.name)
    price = _part(_part(line, "SpecifiedLineTradeAgreement"), "NetPriceProductTradePrice")
    _text(price, "ChargeAmount", f"{sold.price:f}")
    delivered = _part(line, "SpecifiedLineTradeDelivery")
    _text(delivered, "BilledQuantity", f"{sold.quantity:f}", unitCode=sold.unit)
    settled = _part(line, "SpecifiedLineTradeSettlement")
    tax = _part(settled, "ApplicableTradeTax")
    _text(tax, "TypeCode", "VAT")
    _rate(tax, sold.percent)
    total = _part(settled, "SpecifiedTradeSettlementLineMonetarySummation")
    _text(total, "LineTotalAmount", invoice.major(sold.net))


def _party(party: Element, merchant: Merchant) -> None:
    _text(party, "Name", merchant.name)
    if merchant.contact is not None:
        _contact(_part(party, "DefinedTradeContact"), merchant.contact)
    address, parts = _part(party, "PostalTradeAddress"), Address.of(merchant)
    for part, line in (
        ("PostcodeCode", parts.postcode),
        ("LineOne", parts.street),
        ("LineTwo", parts.more),
        ("CityName", parts.city),
    ):
        if line:
            _text(address, part, line)
    _text(address, "CountryID", merchant.country or "")
    if merchant.electronic_address is not None:
        reached = merchant.electronic_address
        _text(_part(party, "URIUniversalCommunication"), "URIID", reached.address, schemeID=reached.scheme)
    if merchant.vat_number is not None:
        _text(_part(party, "SpecifiedTaxRegistration"), "ID", merchant.vat_number, schemeID="VA")


def _contact(parent: Element, contact: Contact) -> None:
    _text(parent, "PersonName", contact.name)
    if contact.phone is not None:
        _text(_part(parent, "TelephoneUniversalCommunication"), "CompleteNumber", contact.phone)
    if contact.email is not None:
        _text(_part(parent, "EmailURIUniversalCommunication"), "URIID", contact.email)


def _settlement(settled: Element, invoice: Invoice) -> None:
    if invoice.paid_by.reference is not None:
        _text(settled, "PaymentReference", invoice.paid_by.reference)
    _text(settled, "InvoiceCurrencyCode", invoice.paid.currency)
    means = _part(settled, "SpecifiedTradeSettlementPaymentMeans")
    _text(means, "TypeCode", invoice.paid_by.means)
    if invoice.paid_by.digits is not None:
        _text(_part(means, "ApplicableTradeSettlementFinancialCard"), "ID", invoice.paid_by.digits)
    for one in invoice.amounts.taxed:
        _taxed(_part(settled, "ApplicableTradeTax"), one, invoice)
    if invoice.period is not None:
        period = _part(settled, "BillingSpecifiedPeriod")
        for name, day in zip(("StartDateTime", "EndDateTime"), invoice.period, strict=True):
            _day(period, name, day)
    _totals(_part(settled, "SpecifiedTradeSettlementHeaderMonetarySummation"), invoice)
    if invoice.credits is not None:
        _text(_part(settled, "InvoiceReferencedDocument"), "IssuerAssignedID", invoice.credits)


def _taxed(tax: Element, one: TaxedAt, invoice: Invoice) -> None:
    _text(tax, "CalculatedAmount", invoice.major(one.vat))
    _text(tax, "TypeCode", "VAT")
    if one.percent is None:
        _text(tax, "ExemptionReason", NO_VAT_APPLIES)
    _text(tax, "BasisAmount", invoice.major(one.taxable))
    _rate(tax, one.percent)


def _totals(total: Element, invoice: Invoice) -> None:
    amounts = invoice.amounts
    _text(total, "LineTotalAmount", invoice.major(amounts.net))
    _text(total, "TaxBasisTotalAmount", invoice.major(amounts.net))
    _text(total, "TaxTotalAmount", invoice.major(amounts.vat), currencyID=invoice.paid.currency)
    if amounts.rounding:
        _text(total, "RoundingAmount", invoice.major(amounts.rounding))
    _text(total, "GrandTotalAmount", invoice.major(amounts.with_vat))
    _text(total, "TotalPrepaidAmount", invoice.major(invoice.paid.minor))
    _text(total, "DuePayableAmount", invoice.major(amounts.due - invoice.paid.minor))


def _rate(tax: Element, percent: Decimal | None) -> None:
    _text(tax, "CategoryCode", category(percent))
    _text(tax, "RateApplicablePercent", f"{percent or Decimal(0):f}")


def _day(parent: Element, name: str, day: date) -> None:
    said = SubElement(_part(parent, name), f"{{{_UDT}}}DateTimeString", format=_DAY)
    said.text = f"{day:%Y%m%d}"


def _part(parent: Element, name: str) -> Element:
    return SubElement(parent, f"{{{_RAM}}}{name}")


def _text(parent: Element, name: str, said: str, **attributes: str) -> None:
    SubElement(parent, f"{{{_RAM}}}{name}", attributes).text = in_xml(said)
