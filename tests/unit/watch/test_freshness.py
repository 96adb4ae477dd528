"""What was read is known for as long as it is all that stood there a moment ago."""

from tapwatt_watch.freshness import KNOWN_FOR_S, Freshness


def test_it_is_known_once_all_was_read_that_stood_there_when_it_was_asked() -> None:
    fresh: Freshness[str] = Freshness()
    fresh.asked({"a": 5, "b": 0}, at=100)
    fresh.read({"a": 4, "b": 0}, at=100)
    assert not fresh.known(100)
    assert not fresh.ever
    fresh.read({"a": 5, "b": 0}, at=101)
    assert fresh.known(100 + KNOWN_FOR_S)
    assert not fresh.known(100 + KNOWN_FOR_S + 0.1)
    assert fresh.ever


def test_a_broker_that_does_not_say_any_more_where_the_topics_end_makes_it_unknown() -> None:
    fresh: Freshness[str] = Freshness()
    fresh.asked({"a": 5}, at=100)
    fresh.read({"a": 5}, at=101)
    fresh.read({"a": 5}, at=119)
    assert not fresh.known(120)
    fresh.asked({"a": 6}, at=120)
    assert not fresh.known(120)
    fresh.read({"a": 6}, at=120)
    assert fresh.known(120)


def test_topics_that_grow_faster_than_they_are_read_to_their_end_are_known_all_the_same() -> None:
    fresh: Freshness[str] = Freshness()
    for second in range(0, 60, 4):
        fresh.asked({"a": 100 * second + 100}, at=second)
        fresh.read({"a": 100 * second + 50}, at=second + 1)
        fresh.asked({"a": 100 * second + 300}, at=second + 2)
        fresh.read({"a": 100 * second + 100}, at=second + 3)
        assert fresh.known(second + 4)


def test_what_is_read_anew_is_not_known() -> None:
    fresh: Freshness[str] = Freshness()
    fresh.asked({}, at=100)
    fresh.read({}, at=100)
    fresh.doubt()
    assert not fresh.known(100)


def test_a_long_log_that_was_just_read_to_where_it_ended_long_ago_is_asked_about_again_at_once() -> None:
    # given a log that took longer to read than anything is known for
    fresh: Freshness[str] = Freshness()
    fresh.asked({"a": 5}, at=100)
    fresh.read({"a": 5}, at=200)
    # then it is not known, nor was it ever, until it was asked again
    assert (fresh.known(200), fresh.ever, fresh.stale(200)) == (False, False, True)
    fresh.asked({"a": 7}, at=200)
    assert not fresh.stale(200)
    fresh.read({"a": 7}, at=201)
    assert (fresh.known(201), fresh.ever, fresh.stale(201)) == (True, True, False)
