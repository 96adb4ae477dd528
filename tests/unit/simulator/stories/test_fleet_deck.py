"""The day that is dealt to the drivers: repeatable, whole, and in realistic proportions."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from random import Random

import pytest

from simulator.fleet.meter import read_meter
from simulator.stories import STORIES
from simulator.stories.deck import deal
from tapwatt.facts.reasons import EndReason

NAMED_BY_THE_ISSUE = {1, 2, 3, 6, 7, 14, 15, 18, 19, 27}


def test_the_same_seed_deals_the_same_day() -> None:
    # when two days are dealt from one seed, and one from another
    one, again, other = deal(60, 7), deal(60, 7), deal(60, 8)
    # then the first two are the same to the name, and each part has the same chance
    assert [p.name for p in one] == [p.name for p in again]
    assert [p.chance.random() for p in one] == [p.chance.random() for p in again]
    assert [p.name for p in one] != [p.name for p in other]


@pytest.mark.parametrize("wanted", [1, 60, 200])
def test_every_story_is_told_and_there_are_enough_sessions(wanted: int) -> None:
    # when a day is dealt
    parts = deal(wanted, 1)
    # then every story is in it, and at least as many sessions as were asked for
    assert {p.story.name for p in parts} == {s.name for s in STORIES}
    assert sum(p.story.sessions for p in parts) >= wanted


def test_the_stories_show_every_scenario_that_the_demo_must_show() -> None:
    # given the scenarios that each story is tied to
    shown = {number for story in STORIES for number in story.scenarios}
    # then those that the demo must show are among them
    assert shown >= NAMED_BY_THE_ISSUE


def test_a_long_day_is_mostly_ordinary_and_tells_the_slow_stories_once() -> None:
    # when a long day is dealt
    told = Counter(part.story.name for part in deal(600, 3))
    # then tapping to start and to stop is what most people do, and nobody waits for time-outs all day
    assert told.most_common(1)[0][0] == "tap-charge-tap"
    assert {name: told[name] for name in ("nobody-taps", "nobody-taps-at-the-stop")} == {
        "nobody-taps": 1,
        "nobody-taps-at-the-stop": 1,
    }


def test_names_fit_where_they_are_used() -> None:
    # given the longest names that a demo makes
    names = [part.name for part in deal(999, 1, run="demo-123456789")]
    # then a session's or a stop's name made from them is still one
    assert max(len(f"{name}-stop-1") for name in names) <= 64
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize(("energy_wh", "minutes"), [(0, 5), (1, 1), (3, 2), (22_000, 35), (400, 2)])
def test_a_reading_adds_up_and_its_times_are_in_order(seed: int, energy_wh: int, minutes: int) -> None:
    # given a moment at which charging begins
    begun = datetime(2026, 1, 31, 12, tzinfo=UTC)
    # when the meter is read after it
    reading = read_meter(begun, energy_wh, minutes, Random(seed), parked_minutes=30)
    # then the fact made of it is a whole reading (ChargingEnded checks sums and order), ending with the parking
    ended = reading.ended("op", "s", EndReason.EV_DISCONNECTED)
    assert ended.energy_wh == Decimal(energy_wh)
    assert (ended.ended_at - begun).total_seconds() == (minutes + 30) * 60
    assert ended.periods[-1].activity == "parked"
