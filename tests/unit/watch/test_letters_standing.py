"""Which dead letters stand: what a replay marks stands no more, and nobody else's words are believed."""

from itertools import permutations

from tests.unit.watch.moved import WRITTEN, raw, stands
from tests.unit.watch.said import NOON, after

from tapwatt.facts.topics import Topics
from tapwatt.worker.moved_records import Kind, dead_letter, delay_of
from tapwatt.worker.records import Read
from tapwatt_cli.ops.dead_letters import Letter, marker, replay_of
from tapwatt_watch.dead_letters import LettersStanding, StandingLetter

TOPICS = Topics()


def letter(offset: int, service: str = "capturer", kind: Kind = Kind.POISON) -> Read:
    return stands(dead_letter(WRITTEN, TOPICS.dead_letters, service, kind, "why", NOON), offset)


def marked(of: Read, offset: int) -> Read:
    """What `tapwatt dlq replay` writes beside a letter."""
    return stands(marker(Letter(of), TOPICS, NOON), offset)


def test_a_letter_stands_by_its_service_and_kind() -> None:
    standing = LettersStanding()
    standing.read(letter(3, "tariff", Kind.NEEDS_HUMAN), after(5))
    assert list(standing.letters()) == [StandingLetter("tariff", Kind.NEEDS_HUMAN, after(5))]


def test_a_replay_lowers_it_and_another_one_of_the_same_letter_does_nothing() -> None:
    standing = LettersStanding()
    for record in (letter(0), letter(1), marked(letter(0), 2), marked(letter(0), 3)):
        standing.read(record, NOON)
    assert len(list(standing.letters())) == 1


def test_a_marker_that_is_read_before_its_letter_counts() -> None:
    standing = LettersStanding()
    for record in (marked(letter(4), 2), letter(4)):
        standing.read(record, NOON)
    assert list(standing.letters()) == []


def test_a_service_that_is_none_of_ours_and_what_is_no_letter_are_told_as_others() -> None:
    standing = LettersStanding()
    standing.read(letter(0, service="4111111111111111"), NOON)
    standing.read(raw(TOPICS.dead_letters, 1), NOON)
    standing.read(raw(TOPICS.dead_letters, 2, [("tapwatt_replayed", b"\xff")]), NOON)
    standing.read(raw(TOPICS.dead_letters, 3, [("tapwatt_replayed", None)]), NOON)
    assert [(one.service, one.kind) for one in standing.letters()] == [("other", Kind.POISON), ("other", Kind.UNSAID)]


def came_back(of: Read, offset: int) -> Read:
    """What a replay of a letter is when it is dead-lettered again: by the command's own record and the worker's own."""
    again = stands(replay_of(Letter(of), TOPICS, NOON), 0)
    return stands(
        dead_letter(again, TOPICS.dead_letters, "capturer", Kind.POISON, "why", NOON, delay_of(again)), offset
    )


def test_a_letter_that_came_back_is_one_letter_also_where_nobody_came_to_mark_the_first() -> None:
    # given replays that were cut short before their markers
    first, second = letter(0), came_back(letter(0), 1)
    third = came_back(second, 2)
    for order in permutations((first, second, third)):
        # when they are read in whatever order
        standing = LettersStanding()
        for record in order:
            standing.read(record, after(record.offset))
        # then the last one stands for all
        assert [one.since for one in standing.letters()] == [after(2)]


def test_a_letter_that_came_back_and_was_marked_too_stands_no_more() -> None:
    standing = LettersStanding()
    for record in (letter(0), came_back(letter(0), 1), marked(letter(0), 2), marked(came_back(letter(0), 1), 3)):
        standing.read(record, NOON)
    assert list(standing.letters()) == []


def test_a_letter_that_says_it_was_itself_stands() -> None:
    standing = LettersStanding()
    for number in (b"0/0", b"0/77", b"of old", None):
        standing.read(raw(TOPICS.dead_letters, 0, [("tapwatt_letter", number)]), NOON)
        assert len(list(standing.letters())) == 1
