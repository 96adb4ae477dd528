"""The watchdog barks when a partition has work and does not move, and only then."""

from tapwatt.worker.records import Partition
from tapwatt.worker.watchdog import Watchdog

A, B = Partition("facts", 0), Partition("facts", 1)


def test_a_partition_with_lag_that_does_not_move_is_stuck_after_its_time() -> None:
    dog = Watchdog(60)
    assert dog.look(0, {A: 10}, {A: 4}, set()) == ""
    assert dog.look(59, {A: 12}, {A: 4}, set()) == ""
    assert dog.lag == 8
    assert dog.look(60, {A: 12}, {A: 4}, set()) == "8 records wait in 1 partitions that have not moved for 60 s"


def test_one_partition_is_stuck_although_another_moves() -> None:
    dog = Watchdog(60)
    dog.look(0, {A: 10, B: 10}, {A: 4, B: 4}, set())
    assert dog.look(61, {A: 10, B: 20}, {A: 4, B: 15}, set()).startswith("6 records wait in 1 partitions")


def test_moving_or_having_nothing_to_do_or_being_full_is_not_being_stuck() -> None:
    dog = Watchdog(60)
    for second in range(0, 600, 30):
        assert dog.look(second, {A: 10_000}, {A: second}, set()) == ""
    for second in range(600, 1200, 30):
        assert dog.look(second, {A: 10_000}, {A: 10_000}, set()) == ""
    for second in range(1200, 1800, 30):
        assert dog.look(second, {A: 20_000}, {A: 10_000}, {A}) == ""


def test_a_partition_that_was_full_has_its_whole_time_again() -> None:
    dog = Watchdog(60)
    dog.look(0, {A: 10}, {A: 4}, set())
    dog.look(30, {A: 10}, {A: 4}, {A})
    assert dog.look(61, {A: 10}, {A: 4}, set()) == ""
    assert dog.look(121, {A: 10}, {A: 4}, set()) != ""


def test_a_partition_that_is_no_longer_ours_is_forgotten() -> None:
    dog = Watchdog(60)
    dog.look(0, {A: 10}, {A: 4}, set())
    dog.look(30, {}, {}, set())
    assert dog.look(90, {A: 10}, {A: 4}, set()) == ""
