"""EN 16931 on as many bills as asked, in both syntaxes, by the published rules: minutes, so that CI asks fewer.

    python -m tests.unit.receipts.many_invoices [--bills 10000] [--first 0]

An invoice of each bill that costs something, and every tenth one's credit note as well. It ends with 1 where any rule
is broken.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator

from tests.property.bills_of_every_kind import bills
from tests.unit.receipts.published_rules import rules_for_cii, rules_for_ubl
from tests.unit.receipts.receipt_facts_made import captured, priced
from tests.unit.receipts.test_invoices import DAY, PARTIES, refunded

from receipts.catalogue import languages
from receipts.cii import cii
from receipts.crediting import make_credit_note
from receipts.invoice import Invoice, credit_note_of, invoice_of
from receipts.make import make_receipt
from receipts.ubl import ubl

EVERY = 10
"""Of so many bills, one has a credit note, too."""


def documents(first: int, many: int) -> Iterator[Invoice]:
    """The invoices and credit notes of these bills."""
    for number, one in enumerate(bills(first + many)):
        if number < first or not one.bill.incl_vat:
            continue
        fact = priced(one.bill.lines, held=10**6, vat=one.bill.vat, owed_excl_vat=one.bill.taxable)
        receipt = make_receipt(fact, captured(fact))
        language = languages()[number % len(languages())]
        yield invoice_of(receipt, PARTIES, f"2026-{number}", DAY, language)
        if number % EVERY == 0:
            note = make_credit_note(receipt, [refunded(max(1, receipt.owed.minor // 3))])
            yield credit_note_of(note, PARTIES, f"C-{number}", f"2026-{number}", DAY, language)


def main() -> None:
    """Ask the published rules of each document, and say how many were asked and what was broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--bills", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    asked = parser.parse_args()
    broken: Counter[str] = Counter()
    with rules_for_ubl() as by_ubl, rules_for_cii() as by_cii:
        syntaxes: tuple[tuple[str, Callable[[Invoice], str], Callable[[str], list[str]]], ...] = (
            ("UBL", ubl, by_ubl),
            ("CII", cii, by_cii),
        )
        begun, invoices, notes = time.monotonic(), 0, 0
        for document in documents(asked.first, asked.bills):
            invoices += document.credits is None
            notes += document.credits is not None
            for name, written, rules in syntaxes:
                broken.update(f"{name} {one}" for one in rules(written(document)))
    print(f"{asked.bills} bills: {invoices} invoices and {notes} credit notes, each in UBL and in CII, ", end="")
    print(f"{sum(broken.values())} violations, {time.monotonic() - begun:.0f} s")
    for rule, times in broken.most_common():
        print(f"  {times} x {rule}")
    if broken:
        sys.exit(1)


if __name__ == "__main__":
    main()
