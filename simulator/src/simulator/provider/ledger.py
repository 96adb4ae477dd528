"""Keeps the provider's books in one SQLite file: what was asked, held, taken, let go and paid back, and when."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from importlib.resources import files
from typing import Any, Literal

Kind = Literal["hold", "capture", "release", "reversal", "refund", "chargeback"]
SHAPE = 2
"""Counted up when the tables change: a file of another shape is no ledger of this simulator."""


class LedgerUnusable(Exception):
    """The ledger file cannot be opened; the text says why and what to do."""


@dataclass(frozen=True)
class Transaction:
    """One line of `transactions`; amounts in minor units, times in epoch milliseconds."""

    reference: str
    type: str
    status: str
    order_reference: str
    terminal: str
    created: int
    updated: int
    amount: int | None = None
    currency: str | None = None
    original_reference: str | None = None
    hold: str | None = None
    description: str | None = None
    language: str | None = None
    webhook_url: str | None = None
    return_url: str | None = None
    wants_token: int = 0
    partial_allowed: int = 0
    card: str | None = None
    authorised: int | None = None
    token: str | None = None
    failure_code: str | None = None
    details: str = "{}"
    done_by: str | None = None
    """Who did it by hand at the provider's portal, or at the issuer; None for what the merchant's system asked for."""
    final: int | None = None
    due: int | None = None


@dataclass(frozen=True)
class Hold:
    """One line of `holds`, in minor units."""

    reference: str
    currency: str
    asked: int
    authorised: int
    captured: int
    released: int
    reversed: int
    refunded: int
    charged_back: int
    captures: int
    expires: int

    @property
    def rest(self) -> int:
        """What is still reserved."""
        return self.authorised - self.captured - self.released - self.reversed

    @property
    def kept(self) -> int:
        """What was taken and neither paid back nor charged back."""
        return self.captured - self.refunded - self.charged_back


@dataclass(frozen=True)
class Remembered:
    """The answer once given to an idempotency reference."""

    fingerprint: str
    status: int
    answer: str
    at: int


_COLUMNS = tuple(field.name for field in fields(Transaction))
_HOLD_COLUMNS = tuple(field.name for field in fields(Hold))
# The names come from the two classes above, never from a request.
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM transactions "  # noqa: S608
_SELECT_HOLD = f"SELECT {', '.join(_HOLD_COLUMNS)} FROM holds "  # noqa: S608
_INSERT = f"INSERT INTO transactions ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608


class Ledger:
    """The books. Write only inside `with ledger.writing():`; what that block wrote is committed whole, or not at all.

    WAL with synchronous=NORMAL: a commit is in the file before the answer leaves, so a kill -9 loses nothing, and it
    costs microseconds because only a checkpoint waits for the disk. A power cut may undo the last commits, whole; a
    simulator can live with that, and needs no grouping of commits to serve a thousand requests a second.
    """

    def __init__(self, path: str) -> None:
        try:
            self._db = sqlite3.connect(path, isolation_level=None, timeout=5.0)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute("PRAGMA foreign_keys=ON")
            self._of_this_shape(path)
            self._db.executescript(files("simulator.provider").joinpath("ledger.sql").read_text(encoding="utf-8"))
        except sqlite3.Error as error:
            raise LedgerUnusable(f"cannot use {path} as a ledger ({error}); give another file with --ledger") from error

    def _of_this_shape(self, path: str) -> None:
        [shape], [tables] = (
            self._db.execute(query).fetchone()
            for query in ("PRAGMA user_version", "SELECT count(*) FROM sqlite_master WHERE name = 'transactions'")
        )
        if tables and shape != SHAPE:
            raise LedgerUnusable(f"{path} was written by another version of the simulator; give another with --ledger")
        self._db.execute(f"PRAGMA user_version = {SHAPE}")

    def close(self) -> None:
        """Closes the file; nothing waits to be written."""
        self._db.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One atomic change: committed at the end, rolled back when anything is raised."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            # A full disk may have rolled it back already.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def attempting(self) -> Iterator[None]:
        """A part of a change that can be undone alone."""
        self._db.execute("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK TO attempt")
            raise
        finally:
            self._db.execute("RELEASE attempt")

    def next_number(self) -> int:
        """A number no transaction of this ledger has had."""
        row = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'transactions'").fetchone()
        return 1 if row is None else int(row[0]) + 1

    def add(self, transaction: Transaction) -> None:
        """Writes a new transaction."""
        self._db.execute(_INSERT, tuple(getattr(transaction, name) for name in _COLUMNS))

    def replace(self, transaction: Transaction) -> None:
        """Writes how a transaction now stands."""
        self._db.execute(
            "UPDATE transactions SET status = ?, updated = ?, final = ?, due = ?, failure_code = ?, card = ?,"
            " authorised = ?, token = ?, details = ? WHERE reference = ?",
            (
                transaction.status,
                transaction.updated,
                transaction.final,
                transaction.due,
                transaction.failure_code,
                transaction.card,
                transaction.authorised,
                transaction.token,
                transaction.details,
                transaction.reference,
            ),
        )

    def find(self, reference: str) -> Transaction | None:
        """The transaction of this reference."""
        return self._one("WHERE reference = ?", reference)

    def of_order(self, order_reference: str) -> list[Transaction]:
        """All transactions of a merchant's order reference, oldest first."""
        return self._many("WHERE order_reference = ? ORDER BY seq", order_reference)

    def of_hold(self, hold: str) -> list[Transaction]:
        """Captures, reversals and refunds of an authorisation, oldest first."""
        return self._many("WHERE hold = ? ORDER BY seq", hold)

    def waiting_at(self, terminal: str) -> Transaction | None:
        """The transaction that waits for a card at this terminal."""
        return self._one("WHERE terminal = ? AND status = 'pending' AND original_reference IS NULL", terminal)

    def due(self, now: int) -> list[Transaction]:
        """Pending transactions whose time has come."""
        return self._many("WHERE status = 'pending' AND due <= ? ORDER BY due LIMIT 500", now)

    def anything_due(self, now: int) -> bool:
        """Whether time has anything to do; asked many times a second, so it only looks at indexes."""
        row = self._db.execute(
            "SELECT EXISTS (SELECT 1 FROM transactions WHERE status = 'pending' AND due <= :now)"
            " OR EXISTS (SELECT 1 FROM holds WHERE open = 1 AND expires <= :now)"
            " OR EXISTS (SELECT 1 FROM deferred WHERE due <= :now)",
            {"now": now},
        ).fetchone()
        return bool(row[0])

    def open_hold(self, reference: str, currency: str, asked: int, expires: int) -> None:
        """A hold of nothing yet; the journal's `hold` line fills it."""
        self._db.execute(
            "INSERT INTO holds (reference, currency, asked, expires) VALUES (?, ?, ?, ?)",
            (reference, currency, asked, expires),
        )

    def hold(self, reference: str) -> Hold | None:
        """How a hold stands."""
        row = self._db.execute(_SELECT_HOLD + "WHERE reference = ?", (reference,)).fetchone()
        return None if row is None else Hold(*row)

    def expired_holds(self, now: int) -> list[Hold]:
        """Holds with something reserved whose window is over."""
        rows = self._db.execute(_SELECT_HOLD + "WHERE open = 1 AND expires <= ? LIMIT 500", (now,))
        return [Hold(*row) for row in rows]

    def expire_hold(self, reference: str, now: int) -> None:
        """Ends a hold's window at this moment."""
        self._db.execute("UPDATE holds SET expires = ? WHERE reference = ?", (now, reference))

    def move(self, kind: Kind, hold: str, reference: str, amount: int, currency: str, at: int) -> None:
        """One movement of money, in minor units; raises sqlite3.IntegrityError when the hold does not allow it."""
        self._db.execute(
            "INSERT INTO journal (at, hold, reference, kind, amount, currency) VALUES (?, ?, ?, ?, ?, ?)",
            (at, hold, reference, kind, amount, currency),
        )

    def remembered(self, key: str) -> Remembered | None:
        """What was answered to this idempotency reference."""
        row = self._db.execute(
            "SELECT fingerprint, status, answer, at FROM remembered WHERE key = ?", (key,)
        ).fetchone()
        return None if row is None else Remembered(*row)

    def remember(self, key: str, answer: Remembered) -> None:
        """Keeps an answer, in place of one too old to count."""
        self._db.execute(
            "INSERT OR REPLACE INTO remembered (key, fingerprint, status, answer, at) VALUES (?, ?, ?, ?, ?)",
            (key, answer.fingerprint, answer.status, answer.answer, answer.at),
        )

    def defer(self, due: int, verb: str, key: str | None, body: str) -> None:
        """Keeps a request to be applied later."""
        self._db.execute("INSERT INTO deferred (due, verb, key, body) VALUES (?, ?, ?, ?)", (due, verb, key, body))

    def take_deferred(self, now: int) -> list[tuple[str, str | None, str]]:
        """Requests whose moment has come, as (verb, key, body); they are gone from the ledger once this commits."""
        rows = self._db.execute(
            "SELECT seq, verb, key, body FROM deferred WHERE due <= ? ORDER BY due", (now,)
        ).fetchall()
        self._db.executemany("DELETE FROM deferred WHERE seq = ?", [(row[0],) for row in rows])
        return [(verb, key, body) for _, verb, key, body in rows]

    def terminal_state(self, terminal: str) -> str | None:
        """The state a terminal was put in; None for one that nobody spoke of."""
        row = self._db.execute("SELECT state FROM terminals WHERE id = ?", (terminal,)).fetchone()
        return None if row is None else str(row[0])

    def set_terminal_state(self, terminal: str, state: str) -> None:
        """Puts a terminal in a state."""
        self._db.execute("INSERT OR REPLACE INTO terminals (id, state) VALUES (?, ?)", (terminal, state))

    def cards(self) -> dict[str, str]:
        """Every card's definition by its name."""
        return dict(self._db.execute("SELECT name, definition FROM cards ORDER BY name").fetchall())

    def set_card(self, name: str, definition: str) -> None:
        """Keeps a card's definition."""
        self._db.execute("INSERT OR REPLACE INTO cards (name, definition) VALUES (?, ?)", (name, definition))

    def rows(self, query: str, *values: str) -> list[dict[str, Any]]:
        """A report's lines, by column name."""
        cursor = self._db.execute(query, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def _one(self, where: str, value: str) -> Transaction | None:
        row = self._db.execute(_SELECT + where, (value,)).fetchone()
        return None if row is None else Transaction(*row)

    def _many(self, where: str, value: str | int) -> list[Transaction]:
        return [Transaction(*row) for row in self._db.execute(_SELECT + where, (value,))]
