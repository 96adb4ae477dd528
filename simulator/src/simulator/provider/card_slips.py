"""Prints the customer's receipt of a hold, as a terminal does: what the card schemes want their cardholders to have."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from simulator.provider.decimals import major_units
from simulator.provider.ledger import Transaction

OF_THE_CARD = ("maskedPan", "brand", "entryMode", "acquirer", "acquirerResponseCode", "customerReceipt")
"""What the answer to a capture repeats of its authorisation's details: nobody holds a card when money is taken."""

_LABELS = {
    "mastercard": ("DEBIT MASTERCARD", "A0000000041010"),
    "maestro": ("MAESTRO", "A0000000043060"),
    "visa": ("VISA DEBIT", "A0000000031010"),
}


@dataclass(frozen=True)
class Reserved:
    """What was approved, in minor units, and under which approval code of six digits."""

    amount: int
    currency: str
    at: int
    """Epoch milliseconds."""
    reference: str

    @property
    def approval_code(self) -> str:
        """The same for the same transaction."""
        return str(int(sha256(f"approval|{self.reference}".encode()).hexdigest(), 16) % 10**6).zfill(6)


def customer_receipt(payment: Transaction, shown: dict[str, str], reserved: Reserved) -> str:
    """The text of the receipt, a line for each thing that it says."""
    label, application = _LABELS[shown["brand"]]
    at = datetime.fromtimestamp(reserved.at // 1000, UTC)
    lines = [
        "SIMULATED CHARGING",
        f"Terminal: {payment.terminal}",
        "",
        label,
        f"Card: {shown['maskedPan']}",
        f"AID: {application}",
        shown["entryMode"],
        f"Date: {at:%d-%m-%Y %H:%M:%S} UTC",
        f"Approval code: {reserved.approval_code}",
        f"Reserved: {reserved.currency.upper()} {major_units(reserved.amount, reserved.currency):f}",
        "",
        "APPROVED",
        "What is charged is taken later, and the rest let go.",
    ]
    return "\n".join(lines)


def repeated(payment: Transaction) -> str:
    """The details of an authorisation that its capture repeats, as JSON."""
    details = json.loads(payment.details)
    return json.dumps({name: details[name] for name in OF_THE_CARD if name in details})
