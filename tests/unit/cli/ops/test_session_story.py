"""A session's story: every fact of it in the log's order, what was delayed and parked, and nobody else's."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console
from tests.unit.cli.ops.test_audit_differences import PLACE, euro, settled

from tapwatt.facts.codec import Event, begin, encode
from tapwatt.facts.events import SessionCancelled, StopRequested, TokenMatched
from tapwatt.facts.topics import Topics
from tapwatt.provider.port import Failure, Status, Transaction
from tapwatt.provider.port import Kind as Verb
from tapwatt.worker.moved_records import Delay, Kind, dead_letter, delayed
from tapwatt.worker.records import Outgoing, Read
from tapwatt_cli.ops.session_names import UnknownSession
from tapwatt_cli.ops.session_page import show_story, story_as_json
from tapwatt_cli.ops.session_reading import _where
from tapwatt_cli.ops.session_story import Found, Story, story_of, with_transactions

TOPICS = Topics("t.")
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def stood(event: Event, offset: int) -> Read:
    return Read(TOPICS.of(type(event.fact)), 0, offset, *encode(event))


def moved(out: Outgoing, offset: int) -> Read:
    return Read(out.topic, 0, offset, out.key, out.value, out.headers)


def found(*records: Read) -> list[Found]:
    return [Found(record, NOON + timedelta(seconds=number)) for number, record in enumerate(records)]


def shown(story: Story, width: int = 120) -> str:
    console = Console(file=io.StringIO(), width=width, no_color=True)
    show_story(console, story)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_every_fact_of_a_session_is_a_step_in_the_order_of_the_log_and_no_other_ones() -> None:
    mine, another = settled("s1"), settled("s2")
    records = [stood(event, number) for number, event in enumerate([*mine.events, *another.events])]
    story = story_of("s1", reversed(found(*records)), TOPICS)
    assert story.identity == f"{PLACE.operator_id}/s1"
    assert [step.what for step in story.steps] == [event.fact.name for event in mine.events]
    text = shown(story)
    assert "was taken" in text.splitlines()[0]
    for event in mine.events:
        assert event.fact.name in text
    assert "s2" not in text
    steps = json.loads(json.dumps(story_as_json(story)))["steps"]
    assert [one["fact"]["session_id"] for one in steps] == ["s1"] * len(mine.events)


def test_a_delayed_try_and_a_dead_letter_are_told_with_why_and_when() -> None:
    mine = settled("s1")
    priced = stood(mine.events[-2], 7)
    due = NOON + timedelta(minutes=1)
    waits = delayed(priced, TOPICS.retry("capturer", "minute"), Delay("o", 3, due), Kind.UNKNOWN, "no answer")
    parked = dead_letter(priced, TOPICS.dead_letters, "capturer", Kind.NEEDS_HUMAN, "manual intervention", NOON)
    records = [stood(event, number) for number, event in enumerate(mine.events[:-1])]
    story = story_of("s1", found(*records, moved(waits, 8), moved(parked, 9)), TOPICS)
    late, letter = story.steps[-2:]
    assert (late.what, late.by) == ("delayed", "capturer")
    assert late.said == f"{mine.events[-2].fact.name}: unknown: no answer, try 3 by schedule, due 27 Nov 12:01:00"
    assert (letter.what, letter.by) == ("dead letter", "capturer")
    assert letter.said.endswith("needs_human: manual intervention")
    assert "tapwatt dlq list" in shown(story)


def test_what_was_delivered_again_is_shown_as_such() -> None:
    mine = settled("s1")
    records = [stood(event, number) for number, event in enumerate([*mine.events, mine.events[-1]])]
    story = story_of("s1", found(*records), TOPICS)
    assert [step.again for step in story.steps] == [False] * len(mine.events) + [True]
    assert story.facts() == [event.fact for event in mine.events]
    assert "(again)" in shown(story)


def test_the_stop_that_matched_it_is_part_of_it_and_other_drivers_stops_are_not() -> None:
    mine = settled("s1")
    place = {"operator_id": PLACE.operator_id, "site_id": PLACE.site_id, "terminal_id": PLACE.terminal_id}
    stops = [StopRequested(stop_id=name, requested_at=NOON, **place) for name in ("mine", "anothers")]
    matched = TokenMatched(
        operator_id=PLACE.operator_id,
        session_id="s1",
        stop_id="mine",
        terminal_id=PLACE.terminal_id,
        evse_id=PLACE.evse_id,
        matched_by="par",
    )
    events = [*mine.events, *(begin(fact, fact.stop_id, "/fleet", NOON) for fact in [*stops, matched])]
    story = story_of("s1", found(*(stood(event, number) for number, event in enumerate(events))), TOPICS)
    assert [step.what for step in story.steps][-2:] == ["StopRequested", "TokenMatched"]
    assert "anothers" not in shown(story)


def test_a_record_under_its_key_that_nobody_can_read_is_told() -> None:
    mine = settled("s1")
    broken = Read(TOPICS.of(SessionCancelled), 0, 99, b"s1", b"\xff", ())
    records = [*(stood(event, number) for number, event in enumerate(mine.events)), broken]
    story = story_of("s1", found(*records), TOPICS)
    assert story.steps[-1].what == "unreadable"
    assert "unreadable" in shown(story)


def test_a_session_that_nobody_spoke_of_is_one_sentence() -> None:
    with pytest.raises(UnknownSession, match="is its name right"):
        story_of("nobody", [], TOPICS)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_it_fits_the_page(width: int) -> None:
    mine = settled("a-session-with-rather-a-long-name-of-its-own-0001")
    story = story_of(mine.name, found(*(stood(event, number) for number, event in enumerate(mine.events))), TOPICS)
    assert max(map(len, shown(story, width).splitlines())) <= width


def test_a_key_is_looked_for_wherever_it_stood_while_its_topic_had_fewer_partitions() -> None:
    from aiokafka.partitioner import DefaultPartitioner

    for now in (1, 6, 12):
        for before in range(1, now + 1):
            every = list(range(before))
            assert DefaultPartitioner()(b"session-17", every, every) in _where("session-17", now)


def test_what_the_provider_says_stands_among_the_steps_at_its_own_time() -> None:
    mine = settled("s1")
    records = found(*(stood(event, number) for number, event in enumerate(mine.events)))
    hold = Transaction(
        "H-1", Verb.AUTHORISE, Status.SUCCESS, amount=euro(5000), created_at=NOON + timedelta(seconds=0.5)
    )
    tried = Transaction(
        "C-1", Verb.CAPTURE, Status.FAILED, original_reference="H-1", asked=euro(1200), failure=Failure.EXPIRED
    )
    story = with_transactions(story_of("s1", records, TOPICS), [tried, hold])
    # a hold stands where it was made, and what has no time of its own after everything that has one
    assert [step.by for step in story.steps].index("provider") == 1
    assert story.steps[1].said == "success 50.00 EUR H-1"
    assert story.steps[-1].said == "failed 12.00 EUR (expired) C-1 of H-1"
    assert [fact.name for fact in story.facts()] == [event.fact.name for event in mine.events]
    assert "authorise" in shown(story)
    assert json.loads(json.dumps(story_as_json(story)))["steps"][1]["stands_at"] == "provider/H-1"
