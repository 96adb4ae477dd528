"""Reads the books aloud, for an audit: every authorisation with what was asked, held, taken, let go and paid back."""

import json
from typing import Any

from simulator.provider.ledger import Ledger

# Card tokens stay out: an audit needs none, and reports are kept and mailed.
_TRANSACTIONS = """
    SELECT reference, type, status, amount, currency, order_reference, original_reference, terminal, card, authorised,
           failure_code, details, done_by, created, updated, final
    FROM transactions {where} ORDER BY seq
"""
_AUTHORISATIONS = """
    SELECT t.reference, t.order_reference, t.terminal, t.status, t.failure_code, t.currency, t.amount AS asked,
           coalesce(h.authorised, 0) AS authorised, coalesce(h.captured, 0) AS captured,
           coalesce(h.reversed, 0) AS reversed, coalesce(h.released, 0) AS released,
           coalesce(h.refunded, 0) AS refunded, coalesce(h.charged_back, 0) AS charged_back,
           coalesce(h.captures, 0) AS captures, coalesce(h.open, 0) AS open,
           h.expires, t.created
    FROM transactions AS t LEFT JOIN holds AS h ON h.reference = t.reference
    WHERE t.type = 'authorise' {where} ORDER BY t.seq
"""
_JOURNAL = """
    SELECT j.entry, j.at, j.hold, j.reference, j.kind, j.amount, j.currency
    FROM journal AS j JOIN transactions AS t ON t.reference = j.hold {where} ORDER BY j.entry
"""
_TRANSITIONS = """
    SELECT s.at, s.reference, s.was, s.became, s.failure_code
    FROM transitions AS s JOIN transactions AS t ON t.reference = s.reference {where} ORDER BY s.seq
"""


def report(ledger: Ledger, order_reference: str | None = None) -> dict[str, Any]:
    """The whole ledger, or one order's; amounts are whole minor units, times epoch milliseconds."""
    values = () if order_reference is None else (order_reference,)
    where = "" if order_reference is None else "WHERE order_reference = ?"
    and_where = "" if order_reference is None else "AND t.order_reference = ?"
    transactions = ledger.rows(_TRANSACTIONS.format(where=where), *values)
    for transaction in transactions:
        transaction["details"] = json.loads(transaction["details"])
    authorisations = ledger.rows(_AUTHORISATIONS.format(where=and_where), *values)
    for authorisation in authorisations:
        authorisation["open"] = bool(authorisation["open"])
    t_where = where.replace("order_reference", "t.order_reference")
    return {
        "transactions": transactions,
        "authorisations": authorisations,
        "journal": ledger.rows(_JOURNAL.format(where=t_where), *values),
        "transitions": ledger.rows(_TRANSITIONS.format(where=t_where), *values),
    }
