"""A demo shows everything that exists today, every story goes as it is told, and the audit finds nothing."""

from __future__ import annotations

import pytest
from tests.integration.demo.lived import Lived

from tapwatt.facts.events import FACTS
from tapwatt.facts.reasons import DeclineReason

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.timeout(300)]

NOT_IN_A_DAY = {"EventRejected"}
"""What takes a mistake of the fleet's, which is a dead letter."""


def test_every_story_goes_as_it_is_told(lived: Lived) -> None:
    assert [one.trouble for one in lived.day.played if one.trouble] == []


def test_the_audit_finds_nothing_lost_twice_or_wrong(lived: Lived) -> None:
    # then every session is settled, to the cent
    assert [str(one) for one in lived.day.report.differences] == []
    assert lived.day.report.sessions >= 60
    assert lived.day.report.line.endswith("0 lost, 0 twice, 0 wrong")
    # and nothing was dead-lettered
    assert lived.day.dead_letters == ()


def test_every_fact_of_an_ordinary_day_is_said(lived: Lived) -> None:
    assert set(lived.day.summary.facts) == {fact.name for fact in FACTS} - NOT_IN_A_DAY


def test_every_outcome_is_there(lived: Lived) -> None:
    # given the outcomes of the day
    outcomes = {row.outcome for row in lived.day.summary.rows}
    # then money was taken, fell short, was let go for each reason, and could not be taken
    assert outcomes >= {
        "captured",
        "captured, owed more than held",
        "captured, by its last reading",
        "captured, as a person decided",
        "captured, by hand at the provider",
        "let go: never started",
        "let go: nothing owed",
        "let go: too little to take",
        "let go: nobody ended it",
        "let go: by hand at the provider",
        "not captured: expired",
    }
    # and every way of refusing that drivers can bring about is there
    told = {
        outcome.removeprefix("declined: ").replace(" ", "_").lower() for outcome in outcomes if "declined" in outcome
    }
    rare = {DeclineReason.CARD_NOT_IDENTIFIED, DeclineReason.REJECTED, DeclineReason.PROVIDER_UNAVAILABLE}
    rare |= {DeclineReason.SESSION_KNOWN}  # it is the outcome of no session
    assert told == set(DeclineReason) - rare
    # and nobody is without an outcome
    assert not {outcome for outcome in outcomes if "no outcome" in outcome}


def test_s24_money_without_decimals_and_with_three_is_settled_too(lived: Lived) -> None:
    assert {total.currency for total in lived.day.summary.totals} == {"EUR", "JPY", "KWD"}
    assert all(total.taken > 0 for total in lived.day.summary.totals)


def test_every_answer_to_a_stop_is_given(lived: Lived) -> None:
    answers = set(lived.day.summary.stops)
    assert answers >= {
        "matched by par",
        "matched by card",
        "several sessions: the driver picks",
        "not matched: no session",
        "not matched: terminal offline",
        "not matched: timed out",
        "not matched: cancelled",
    }


def test_what_was_held_is_taken_let_go_or_lapsed(lived: Lived) -> None:
    # given the totals of the day, from the events alone
    rows = lived.day.summary.rows
    for total in lived.day.summary.totals:
        lapsed = sum(r.held for r in rows if r.currency == total.currency and r.outcome.startswith("not captured"))
        # then they add up to the cent
        assert total.held == total.taken + total.let_go + lapsed
