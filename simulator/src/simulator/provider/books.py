"""What every part of the provider works with: the ledger, the clock, the faults, and the names of new transactions."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256

from simulator.provider.faults import Fault, FaultKind, Faults, Subject
from simulator.provider.ledger import Ledger, Transaction
from simulator.provider.settings import Settings


@dataclass
class Books:
    """Handed to each part; `news` gathers the transactions that changed, to be told once the change is committed."""

    ledger: Ledger
    settings: Settings
    faults: Faults
    now: Callable[[], int]
    """Epoch milliseconds."""
    news: list[Transaction] = field(default_factory=list)

    def new_reference(self) -> str:
        """A reference nobody has had in this ledger, and nobody can guess from another; the same in every equal run."""
        number = self.ledger.next_number()
        return "C" + sha256(f"{self.settings.card_seed}|{number}".encode()).hexdigest()[:22].upper() + ".T"

    def begin(self, transaction: Transaction) -> Transaction:
        """Writes a new transaction."""
        self.ledger.add(transaction)
        self.news.append(transaction)
        return transaction

    def finish(self, transaction: Transaction, failure_code: str | None = None) -> Transaction:
        """Writes the end of a transaction: success, or failed with its code."""
        now = self.now()
        ended = replace(
            transaction,
            status="success" if failure_code is None else "failed",
            failure_code=failure_code,
            updated=now,
            final=now,
            due=None,
        )
        self.ledger.replace(ended)
        self.news.append(ended)
        return ended

    def set_aside(self, transaction: Transaction) -> Transaction:
        """Neither success nor failure: somebody has to call the helpdesk."""
        aside = replace(transaction, status="manualintervention", updated=self.now(), due=None)
        self.ledger.replace(aside)
        self.news.append(aside)
        return aside

    def fault(self, kind: FaultKind, transaction: Transaction) -> Fault | None:
        """The fault of this kind that strikes this transaction now."""
        return self.faults.strike(kind, subject_of(transaction))


def subject_of(transaction: Transaction) -> Subject:
    """A transaction as faults see it."""
    return Subject(transaction.type, transaction.terminal, transaction.order_reference, transaction.reference)
