"""A fleet is told in words how far its clock is off, in either direction, by minutes, hours or a day."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.unit.authoriser.test_authoriser_decide import NOON, requested

from authoriser.fleet_clocks import declined, skew
from tapwatt.facts.reasons import DeclineReason

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("behind", "words"),
    [
        (timedelta(minutes=3), "its clock is 180 s behind ours, or the request was sent so late"),
        (timedelta(hours=2), "its clock is 7200 s behind ours, or the request was sent so late"),
        (timedelta(days=1), "its clock is 86400 s behind ours, or the request was sent so late"),
        (-timedelta(minutes=3), "its clock is 180 s ahead of ours"),
        (-timedelta(hours=1), "its clock is 3600 s ahead of ours"),
        (-timedelta(days=1), "its clock is 86400 s ahead of ours"),
    ],
)
def test_s33_a_clock_that_is_off_is_told_in_words(behind: timedelta, words: str) -> None:
    said = declined(requested(), skew(NOON, NOON + behind, NOON + behind), MINUTE)
    assert said is not None
    assert said.reason is DeclineReason.CLOCK_OFF
    assert said.detail == f"{words}: set it right, at most 60 s are tolerated"


@pytest.mark.parametrize("off_s", [-60, -1, 0, 1, 60])
def test_a_clock_that_is_off_a_little_is_tolerated(off_s: int) -> None:
    logged = NOON + timedelta(seconds=off_s)
    assert declined(requested(), skew(NOON, logged, logged), MINUTE) is None


def test_a_request_that_waited_for_us_is_no_clock_that_is_off() -> None:
    # given a request that came in time and is heard a day later
    assert declined(requested(), skew(NOON, NOON, NOON + timedelta(days=1)), MINUTE) is None
    # and one of which the broker's time is not known: it may have waited
    assert declined(requested(), skew(NOON, None, NOON + timedelta(days=1)), MINUTE) is None


def test_a_request_from_the_future_is_a_clock_that_is_off_whoever_says_the_time() -> None:
    said = declined(requested(), skew(NOON, None, NOON - timedelta(hours=1)), MINUTE)
    assert said is not None
    assert said.detail.startswith("its clock is 3600 s ahead of ours")
