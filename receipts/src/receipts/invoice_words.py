"""The words of an invoice's page, beside those of a receipt, in English; `languages` has them in the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from receipts.catalogue import spoken


@dataclass(frozen=True, slots=True)
class InvoiceWords:
    """Every word that an invoice has on paper and a receipt has not."""

    invoice: str = "Invoice"
    number: str = "Number"
    billed_to: str = "Billed to"
    of_invoice: str = "For invoice"
    price: str = "Price excl. VAT"
    no_vat_applies: str = "No VAT applies by the tariff"
    rounding: str = "Rounding"
    paid: str = "Paid by card"
    back: str = "Refunded to the card"
    due: str = "Amount due"


INVOICE_WORDS: Mapping[str, InvoiceWords] = spoken(InvoiceWords, "invoice")
