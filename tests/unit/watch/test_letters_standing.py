"""Which dead letters stand: what a replay marks stands no more, and nobody else's words are believed."""

from tests.unit.watch.moved import WRITTEN, raw, stands
from tests.unit.watch.said import NOON, after

from tapwatt.facts.topics import Topics
from tapwatt.worker.moved_records import Kind, dead_letter
from tapwatt.worker.records import Read
from tapwatt_cli.ops.dead_letters import Letter, marker
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
