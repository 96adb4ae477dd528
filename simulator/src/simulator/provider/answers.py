"""Writes what the provider answers: a transaction as JSON, with decimal amounts and epoch-millisecond times."""

import json

from simulator.provider.decimals import to_json, written
from simulator.provider.ledger import Transaction
from simulator.provider.settings import NumberStyle

API = "/api/v1"
_BASE = "\x00base"
_BASE_IN_JSON = "\\u0000base"


def resource(transaction: Transaction, style: NumberStyle) -> dict[str, object]:
    """The resource of a transaction, absent fields left out; to be given to `text`."""
    details: dict[str, object] = json.loads(transaction.details)
    if transaction.authorised is not None and transaction.currency is not None:
        details["authorisedAmount"] = _amount(transaction, transaction.authorised, style)
    fields: dict[str, object | None] = {
        "reference": transaction.reference,
        "type": transaction.type,
        "status": transaction.status,
        "method": "terminal",
        "amount": None if transaction.amount is None else _amount(transaction, transaction.amount, style),
        "currency": transaction.currency,
        "merchantOrderReference": transaction.order_reference,
        "originalReference": transaction.original_reference,
        "description": transaction.description,
        "language": transaction.language,
        "created": transaction.created,
        "lastUpdate": transaction.updated,
        "statusFinalDate": transaction.final,
        "failureCode": transaction.failure_code,
        "returnUrl": transaction.return_url,
        "token": transaction.token,
        "details": details,
    }
    if transaction.original_reference is None:
        fields["payUrl"] = f"{_BASE}{API}/pay?reference={transaction.reference}"
        fields["cancelUrl"] = f"{_BASE}{API}/cancel?reference={transaction.reference}"
    return {name: value for name, value in fields.items() if value is not None}


def text(answer: object) -> str:
    """The JSON text of an answer, its own addresses still open (see `addressed`)."""
    return to_json(answer)


def addressed(answer: str, base_url: str) -> str:
    """The answer as sent, with the address it was asked at."""
    return answer.replace(_BASE_IN_JSON, base_url)


def _amount(transaction: Transaction, minor: int, style: NumberStyle) -> str:
    return written(minor, transaction.currency or "", style, f"{transaction.reference}|{transaction.status}|{minor}")
