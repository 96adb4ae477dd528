"""A transaction that is open from one look to the next is named once."""

from __future__ import annotations

from tapwatt.worker.open_transactions import HeldBack, OpenTransactions
from tapwatt.worker.records import Partition

ONE, TWO = Partition("facts", 0), Partition("facts", 1)


def test_s44_a_transaction_that_lasts_is_named_once_and_counted_all_the_time() -> None:
    transactions = OpenTransactions()
    # when it is seen for the first time, it may be over at once
    assert list(transactions.look({ONE: HeldBack(5, 2)})) == []
    assert transactions.records == 2
    # when it lasts, and more waits behind it
    assert list(transactions.look({ONE: HeldBack(5, 3)})) == [("facts/0/5", 3)]
    assert list(transactions.look({ONE: HeldBack(5, 4), TWO: HeldBack(1, 1)})) == []
    assert transactions.records == 5
    # when the next one begins where it ended, another lasts, and then nothing waits
    assert list(transactions.look({ONE: HeldBack(9, 1), TWO: HeldBack(1, 2)})) == [("facts/1/1", 2)]
    assert list(transactions.look({ONE: HeldBack(9, 1)})) == [("facts/0/9", 1)]
    assert list(transactions.look({})) == []
    assert transactions.records == 0
    # and one that comes to the same place again, after the topic was made anew, is another
    assert list(transactions.look({ONE: HeldBack(9, 1)})) == []
    assert list(transactions.look({ONE: HeldBack(9, 1)})) == [("facts/0/9", 1)]
