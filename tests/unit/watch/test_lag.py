"""How far a group is behind: in records, in seconds, and not known where it is not known."""

from datetime import timedelta

from tests.unit.watch.said import NOON

from tapwatt.worker.records import Partition
from tapwatt_watch.lag import Bounds, Oldest, PartitionLag, Uncommitted, lag_of, uncommitted

ONE = Partition("topic", 0)


def behind(committed: dict[Partition, int], begin: int = 0, end: int = 10) -> object:
    [one] = uncommitted("g", [ONE], committed, Bounds({ONE: begin}, {ONE: end}))
    return one


def test_records_are_those_from_what_is_committed_to_the_end() -> None:
    assert behind({ONE: 7}) == Uncommitted("g", ONE, 7, 3)
    assert behind({ONE: 10}) == Uncommitted("g", ONE, 10, 0)


def test_a_partition_of_which_nothing_is_committed_counts_from_its_beginning() -> None:
    assert behind({}, begin=4) == Uncommitted("g", ONE, 4, 6)


def test_records_that_were_removed_do_not_count() -> None:
    assert behind({ONE: 2}, begin=4) == Uncommitted("g", ONE, 4, 6)


def test_a_group_that_is_further_than_can_be_read_is_not_behind() -> None:
    assert behind({ONE: 12}) == Uncommitted("g", ONE, 10, 0)


def test_what_the_broker_does_not_tell_is_not_known() -> None:
    [one] = uncommitted("g", [ONE], {ONE: 3}, Bounds({}, {ONE: 10}))
    assert lag_of(one, None, NOON) == PartitionLag("g", ONE, None, None)


def test_seconds_are_the_age_of_the_oldest_by_the_log() -> None:
    three = Uncommitted("g", ONE, 7, 3)
    assert lag_of(three, Oldest(NOON), NOON + timedelta(seconds=90)) == PartitionLag("g", ONE, 3, 90)
    assert lag_of(three, Oldest(NOON), NOON - timedelta(seconds=1)) == PartitionLag("g", ONE, 3, 0)
    assert lag_of(three, None, NOON) == PartitionLag("g", ONE, 3, None)
    assert lag_of(three, Oldest(None), NOON) == PartitionLag("g", ONE, 3, None)


def test_no_records_are_no_seconds() -> None:
    assert lag_of(Uncommitted("g", ONE, 10, 0), None, NOON) == PartitionLag("g", ONE, 0, 0)


def test_markers_of_transactions_are_not_behind() -> None:
    assert lag_of(Uncommitted("g", ONE, 9, 1), Oldest(None, there=False), NOON) == PartitionLag("g", ONE, 0, 0)
