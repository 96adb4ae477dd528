"""Writes what was settled on some days as a file, as an acquirer sends one later: a line a movement, then a count.

The public pages show no settlement file of the real provider's: this is a form of its own (simulator/README.md).
"""

import csv
from datetime import UTC, date, datetime, timedelta
from io import StringIO

from simulator.provider.decimals import major_units
from simulator.provider.ledger import Ledger

HEADER = (
    "settled_on",
    "merchant",
    "type",
    "reference",
    "original_reference",
    "order_reference",
    "transacted_at",
    "amount",
    "currency",
    "fee",
)
MERCHANT = "simulated"
FEE_PER_MILLE = 9
"""What the acquirer keeps of a capture; nothing of what is paid back."""

_SETTLED = """
    SELECT j.at, j.kind, j.reference, j.amount, j.currency, t.original_reference, t.order_reference
    FROM journal AS j JOIN transactions AS t ON t.reference = j.reference
    WHERE j.kind IN ('capture', 'refund', 'chargeback')
      AND j.at >= CAST(? AS INTEGER) AND j.at < CAST(? AS INTEGER) ORDER BY j.entry
"""


def settlement_file(ledger: Ledger, first: date, last: date) -> str:
    """The file of these days (UTC), both included. A refund or a chargeback is negative, as it reaches the merchant."""
    written = StringIO(newline="")
    lines = csv.writer(written)
    lines.writerow(HEADER)
    rows = ledger.rows(_SETTLED, str(_begins(first)), str(_begins(last + timedelta(days=1))))
    for row in rows:
        at = datetime.fromtimestamp(row["at"] / 1000, UTC)
        taken = row["kind"] == "capture"
        minor = row["amount"] if taken else -row["amount"]
        fee = (row["amount"] * FEE_PER_MILLE + 500) // 1000 if taken else 0
        currency = row["currency"]
        lines.writerow(
            (
                at.date().isoformat(),
                MERCHANT,
                row["kind"],
                row["reference"],
                row["original_reference"],
                row["order_reference"],
                at.isoformat(timespec="milliseconds"),
                f"{major_units(minor, currency):f}",
                currency.upper(),
                f"{major_units(fee, currency):f}",
            )
        )
    lines.writerow((last.isoformat(), MERCHANT, "total", len(rows), "", "", "", "0", "", "0"))
    return written.getvalue()


def _begins(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000
