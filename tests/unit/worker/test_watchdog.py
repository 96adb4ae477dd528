"""The watchdog barks when a partition has work and does not move, and only then."""

from tapwatt.worker.records import Partition
from tapwatt.worker.watchdog import HandlingWatchdog, Watchdog

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


def test_a_handler_that_goes_on_after_it_was_told_to_stop_is_stuck() -> None:
    handling = HandlingWatchdog(limit_s=900, stuck_after_s=60)
    assert handling.look(0, longest_s=899, finished=5, full=False) == ""
    assert handling.look(1, longest_s=960, finished=6, full=False) == ""
    assert handling.look(2, longest_s=961, finished=7, full=False) == (
        "a handler goes on for 961 s, though it was told to stop after 900 s"
    )


def test_a_worker_that_is_full_of_drivers_is_not_stuck_unless_nothing_at_all_comes_to_its_end() -> None:
    handling = HandlingWatchdog(limit_s=900, stuck_after_s=60)
    for minute in range(60):
        assert handling.look(minute * 60, longest_s=300, finished=minute, full=True) == ""
    # when nothing ends any more
    assert handling.look(60 * 60, longest_s=300, finished=59, full=True) == ""
    assert handling.look(60 * 60 + 839, longest_s=300, finished=59, full=True) == ""
    stuck = handling.look(60 * 60 + 901, longest_s=300, finished=59, full=True)
    assert stuck == "it is full, and nothing has come to its end for 961 s"
    # and as soon as it is not full, or something ends, it is not
    assert handling.look(60 * 60 + 902, longest_s=300, finished=59, full=False) == ""
