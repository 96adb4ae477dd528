"""What makes a demo fail: a difference, a story that went otherwise, a record that is no fact."""

from __future__ import annotations

import asyncio

import pytest

from simulator.stories import STORIES
from simulator.stories.day import Played
from simulator.stories.deck import Part, deal
from tapwatt_cli.dev.commands.demo import document
from tapwatt_cli.dev.day_summary import Summary
from tapwatt_cli.dev.demo import Day, unless_broken, with_stories, with_unreadable
from tapwatt_cli.dev.ring import Ring
from tapwatt_cli.dev.ring_process import RingBroken
from tapwatt_cli.ops.audit import Difference, Report, Trouble

CLEAN = Report(2, ())
NOTHING = Summary((), (), {}, {})


def a_part() -> Part:
    return deal(1, 1, stories=STORIES[:1])[0]


def day(report: Report, *played: Played) -> Day:
    return Day(played, NOTHING, report, (), 1.0)


def test_a_day_is_good_when_nothing_differs_and_every_story_went_as_told() -> None:
    told = Played(a_part(), ("s1",))
    assert day(CLEAN, told).good
    assert not day(CLEAN, Played(a_part(), ("s1",), "it went otherwise")).good
    assert not day(Report(2, (Difference("s1", Trouble.LOST, "an outcome", "nothing"),)), told).good


def test_a_story_that_went_otherwise_is_wrong_even_where_the_money_agrees() -> None:
    # given a story that was declined for another reason than it is told
    otherwise = Played(a_part(), ("s1",), "s1: declined because pin_required, not declined")
    # then the audit's line says so, and the story is named
    report = with_stories(CLEAN, [otherwise])
    assert report.line == "audit: 2 sessions, 0 lost, 0 twice, 1 wrong"
    assert report.differences[0].found == otherwise.trouble


def test_a_story_whose_session_is_lost_is_not_counted_again() -> None:
    # given a session that the audit has found lost, and its story that waited in vain
    lost = Report(2, (Difference("s1", Trouble.LOST, "an outcome", "nothing"),))
    # then it is lost, and not wrong, too
    assert with_stories(lost, [Played(a_part(), ("s1",), "no Captured within 60 s")]).line.endswith("0 wrong")


def test_a_record_that_is_no_fact_is_wrong_by_its_place() -> None:
    report = with_unreadable(CLEAN, ["tapwatt.captured.v1[3]@7: header ce_id is missing"])
    assert report.differences[0].session_id == "tapwatt.captured.v1[3]@7"
    assert report.count(Trouble.WRONG) == 1


def test_the_document_tells_scripts_what_the_table_tells_people() -> None:
    # given a day with a story that went otherwise
    report = with_stories(CLEAN, [Played(a_part(), ("s1",), "otherwise")])
    told = document(day(report, Played(a_part(), ("s1",), "otherwise")), seed=4)
    # then its document has the audit's line and counts, and the story's trouble
    assert told["audit"]["line"] == report.line
    assert (told["audit"]["lost"], told["audit"]["twice"], told["audit"]["wrong"]) == (0, 0, 1)
    assert told["stories"][0]["trouble"] == "otherwise"


class BrokenRing(Ring):
    """A ring of which a part ends at once."""

    def __init__(self) -> None:
        """It needs no settings: nothing of it is put up."""

    async def broken(self) -> None:
        """A part has ended."""
        raise RingBroken("capturer: Redis does not answer")


async def test_a_part_that_ends_by_itself_ends_the_day_with_its_sentence() -> None:
    # given drivers who would go on for an hour
    async def drivers() -> list[Played]:
        await asyncio.sleep(3600)
        return []

    # when a part of the ring ends by itself, then the day ends with what it said
    with pytest.raises(RingBroken, match="capturer: Redis does not answer"):
        await unless_broken(BrokenRing(), drivers())
