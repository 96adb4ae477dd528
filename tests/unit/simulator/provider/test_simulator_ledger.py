"""The simulated provider's ledger refuses by itself what may never happen to money, whatever the code above it does."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.provider.ledger import Kind, Ledger, LedgerUnusable, Transaction


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger with one hold of 20.00 euros."""
    ledger = Ledger(str(tmp_path / "ledger.sqlite"))
    with ledger.writing():
        ledger.add(authorisation("A"))
        ledger.open_hold("A", "eur", 2000, expires=10)
        ledger.move("hold", "A", "A", 2000, "eur", at=1)
    yield ledger
    ledger.close()


def authorisation(reference: str, status: str = "success", terminal: str = "T1") -> Transaction:
    return Transaction(
        reference, "authorise", status, "o1", terminal, 1, 1, 2000, "eur", final=1 if status == "success" else None
    )


def follow(ledger: Ledger, kind: Kind, reference: str, amount: int, currency: str = "eur") -> None:
    type_ = "reversal" if kind == "release" else "capture" if kind == "hold" else kind
    with ledger.writing():
        ledger.add(
            Transaction(
                reference, type_, "success", "o1", "T1", 1, 1, amount, "eur", original_reference="A", hold="A", final=1
            )
        )
        ledger.move(kind, "A", reference, amount, currency, at=2)


def test_a_capture_above_the_hold_cannot_be_written(ledger: Ledger) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        follow(ledger, "capture", "C", 2001)
    # and nothing of the attempt stays
    hold = ledger.hold("A")
    assert hold is not None
    assert (hold.captured, ledger.find("C")) == (0, None)


@pytest.mark.parametrize("kind", ["capture", "hold"])
def test_a_second_capture_or_hold_line_cannot_be_written(ledger: Ledger, kind: Kind) -> None:
    follow(ledger, "capture", "C1", 100)
    with pytest.raises(sqlite3.IntegrityError):
        follow(ledger, kind, "C2", 100)


def test_capture_release_and_reversal_together_stay_within_the_hold(ledger: Ledger) -> None:
    follow(ledger, "capture", "C", 1500)
    with pytest.raises(sqlite3.IntegrityError):
        follow(ledger, "release", "R1", 501)
    with pytest.raises(sqlite3.IntegrityError):
        follow(ledger, "reversal", "R2", 501)
    follow(ledger, "release", "R3", 500)


def test_a_refund_above_what_was_captured_cannot_be_written(ledger: Ledger) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        follow(ledger, "refund", "F0", 1)
    follow(ledger, "capture", "C", 1500)
    follow(ledger, "refund", "F1", 1000)
    with pytest.raises(sqlite3.IntegrityError):
        follow(ledger, "refund", "F2", 501)


@pytest.mark.parametrize(("amount", "currency"), [(0, "eur"), (-5, "eur"), (5, "usd")])
def test_a_movement_of_nothing_backwards_or_in_another_currency_cannot_be_written(
    ledger: Ledger, amount: int, currency: str
) -> None:
    with ledger.writing(), pytest.raises(sqlite3.IntegrityError):
        ledger.move("capture", "A", "A", amount, currency, at=2)


def test_the_journal_is_append_only(ledger: Ledger) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        ledger.rows("UPDATE journal SET amount = 1")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        ledger.rows("DELETE FROM journal")


def test_a_final_status_does_not_change_and_every_change_is_on_record(ledger: Ledger) -> None:
    with ledger.writing():
        ledger.add(authorisation("B", "pending"))
    with ledger.writing():
        ledger.replace(authorisation("B"))
    with pytest.raises(sqlite3.IntegrityError, match="final"), ledger.writing():
        ledger.replace(authorisation("B", "pending"))
    lines = ledger.rows("SELECT was, became FROM transitions WHERE reference = 'B' ORDER BY seq")
    assert [(line["was"], line["became"]) for line in lines] == [(None, "pending"), ("pending", "success")]


def test_s28_a_terminal_cannot_have_two_waiting_payments(ledger: Ledger) -> None:
    with ledger.writing():
        ledger.add(authorisation("B", "pending"))
        ledger.add(authorisation("C", "pending", terminal="T2"))
    with pytest.raises(sqlite3.IntegrityError), ledger.writing():
        ledger.add(authorisation("D", "pending"))


def test_a_file_that_is_no_ledger_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to look like one" * 50)
    with pytest.raises(LedgerUnusable, match="--ledger"):
        Ledger(str(path))
