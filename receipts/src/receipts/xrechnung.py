"""XRechnung, Germany's use of EN 16931: which fields its rules (BR-DE) want of seller and buyer beside the standard's.

After KoSIT's XRechnung 3.0. Its rules on other ways to pay, on prepayments and on attachments have nothing to act on:
our invoices are paid by card, in full, and attach nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from receipts.invoice import NOT_DEFINED, SPECIFICATION, Invoice
from receipts.make import NoReceipt
from receipts.receipt import Merchant

XRECHNUNG = f"{SPECIFICATION}#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"
PROCESS = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
"""Billing, in Peppol's words (BT-23)."""


def xrechnung_of(invoice: Invoice) -> Invoice:
    """The same document as an XRechnung. NoReceipt, in one sentence with every field that is missing and its rule."""
    missing = [
        *(f"the seller's {one}" for one in _of_the_seller(invoice.parties.seller)),
        *(f"the buyer's {one}" for one in _of_the_buyer(invoice.parties.buyer)),
    ]
    if missing:
        raise NoReceipt(f"an XRechnung needs {', '.join(missing)}; add what is missing to the merchant or the buyer")
    paid_by = invoice.paid_by
    if paid_by.digits is None:
        # A bank card without its number is none (BR-DE-24-a).
        paid_by = replace(paid_by, means=NOT_DEFINED)
    return replace(invoice, specification=XRECHNUNG, process=PROCESS, paid_by=paid_by)


def _of_the_seller(seller: Merchant) -> Iterator[str]:
    if seller.contact is None:
        yield "contact with name, phone and email (BR-DE-2, BR-DE-5, BR-DE-6, BR-DE-7)"
    else:
        if seller.contact.phone is None:
            yield "contact.phone (BR-DE-6)"
        if seller.contact.email is None:
            yield "contact.email (BR-DE-7)"
    yield from _place(seller, "BR-DE-3", "BR-DE-4")
    if seller.electronic_address is None:
        yield "electronic_address (BT-34)"


def _of_the_buyer(buyer: Merchant) -> Iterator[str]:
    if buyer.reference is None:
        yield "reference (BR-DE-15)"
    yield from _place(buyer, "BR-DE-8", "BR-DE-9")
    if buyer.electronic_address is None:
        yield "electronic_address (BT-49)"


def _place(party: Merchant, city: str, postcode: str) -> Iterator[str]:
    if party.city is None:
        yield f"city ({city})"
    if party.postcode is None:
        yield f"postcode ({postcode})"
