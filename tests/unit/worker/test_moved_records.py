"""What a record says of itself that was moved: a letter that is replayed and comes back names the letter it was."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tapwatt.worker.moved_records import Delay, Kind, dead_letter, delay_of, delayed
from tapwatt.worker.records import Outgoing, Read

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RECORD = Read("heard", 3, 17, b"s1", b"{", (("ce_id", b"1"),))


def stood(out: Outgoing) -> Read:
    return Read(out.topic, 0, 0, out.key, out.value, tuple(out.headers))


@pytest.mark.parametrize("letter", ["", "0/17"])
def test_a_delayed_record_remembers_the_letter_that_it_was(letter: str) -> None:
    delay = Delay("heard/3/17", 2, NOW, letter=letter)
    assert delay_of(stood(delayed(RECORD, "retry", delay, Kind.REPLAY, "replayed"))) == delay


def test_a_letter_names_the_one_it_came_from_and_only_if_a_retry_topic_says_so() -> None:
    # given a letter that is replayed, and an author who says that his event was a letter
    replayed = Delay("heard/3/17", 0, NOW, letter="0/17")
    evil = RECORD._replace(headers=(("tapwatt_letter", b"0/3"), *RECORD.headers))
    # when both are dead-lettered
    again = dead_letter(RECORD, "letters", "capturer", Kind.POISON, "no JSON", NOW, replayed)
    first = dead_letter(evil, "letters", "capturer", Kind.POISON, "no JSON", NOW)
    # then the first names its letter, and the other none
    assert dict(again.headers)["tapwatt_letter"] == b"0/17"
    assert "tapwatt_letter" not in dict(first.headers)
