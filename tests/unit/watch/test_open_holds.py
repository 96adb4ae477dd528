"""Every hold that stands, as facts tell it: what state it is in, since when, and that what is settled is forgotten."""

from datetime import timedelta

import pytest
from tests.unit.watch.said import (
    NOON,
    after,
    authorised,
    cancelled,
    captured,
    charged_back,
    decided,
    disputed,
    ended,
    eur,
    expiring,
    failed,
    hold,
    priced,
    refunded,
    released,
    stale,
)

from tapwatt.facts.events import AuthorisationDeclined
from tapwatt.facts.fact import Fact
from tapwatt.facts.reasons import DeclineReason, Doubt
from tapwatt_watch.hold import OpenHold, Settled
from tapwatt_watch.open_holds import LINGERS, REMEMBERED, OpenHolds


def noted(*facts: Fact) -> OpenHolds:
    """The facts, a minute after each other."""
    stands = OpenHolds()
    for minute, fact in enumerate(facts):
        stands.note(fact, after(minute))
    return stands


def only(stands: OpenHolds) -> OpenHold:
    [one] = stands.holds()
    return one


def test_an_authorised_hold_stands_with_all_that_is_known_of_it() -> None:
    one = only(noted(authorised()))
    assert (one.operator_id, one.session_id, one.site_id, one.evse_id) == ("op", "1", "site", "E-1")
    assert one.amount == eur(5000)
    assert (one.since, one.expires_at) == (NOON, hold().expires_at)
    assert (one.state, one.in_state_since) == ("charging", NOON)
    assert not one.waits_for_a_person
    assert not one.warned


def test_it_is_ended_and_priced_since_the_log_says_so() -> None:
    assert [(one.state, one.in_state_since) for one in noted(authorised(), ended()).holds()] == [("ended", after(1))]
    assert [(one.state, one.in_state_since) for one in noted(authorised(), cancelled()).holds()] == [
        ("ended", after(1))
    ]
    assert [(one.state, one.in_state_since) for one in noted(authorised(), ended(), priced()).holds()] == [
        ("priced", after(2))
    ]


@pytest.mark.parametrize("settles", [captured(), released(), failed()], ids=lambda fact: fact.name)
def test_what_is_settled_does_not_stand(settles: Fact) -> None:
    assert list(noted(authorised(), ended(), priced(), settles).holds()) == []
    assert list(noted(settles, authorised()).holds()) == []


def test_a_hold_whose_authorisation_is_not_on_the_log_any_more_is_known_by_its_price() -> None:
    one = only(noted(priced()))
    assert (one.state, one.amount, one.since) == ("priced", eur(5000), hold().authorised_at)


@pytest.mark.parametrize("order", [1, -1])
def test_what_authorised_says_of_a_hold_counts_whichever_fact_is_read_first(order: int) -> None:
    other = authorised(hold=hold(minor=7000), site="another")
    assert (only(noted(*(other, priced())[::order])).amount, only(noted(*(other, priced())[::order])).site_id) == (
        eur(7000),
        "another",
    )


def test_a_decision_that_came_to_the_log_with_a_dispute_answers_it() -> None:
    stands = noted(disputed(stands=500))
    stands.note(decided(), NOON)
    assert list(stands.disputes()) == []


def test_a_dispute_after_a_price_does_not_open_a_hold_that_was_settled_long_ago() -> None:
    assert list(noted(disputed(stands=500)).holds()) == []
    assert [one.state for one in noted(disputed()).holds()] == ["charging"]


def test_two_operators_may_give_sessions_the_same_name() -> None:
    stands = noted(authorised(operator="one"), authorised(operator="two"), captured(operator="one"))
    assert only(stands).operator_id == "two"


def test_an_end_that_does_not_say_whose_session_it_is_is_that_of_the_only_one() -> None:
    assert only(noted(ended(operator=None), authorised())).state == "ended"
    two = noted(ended(operator=None), authorised(operator="one"), authorised(operator="two"))
    assert [one.state for one in two.holds()] == ["charging", "charging"]


def test_a_fact_that_comes_twice_tells_nothing_new() -> None:
    stands = OpenHolds()
    said = (authorised(), ended(), priced(), captured(), disputed(stands=500), decided(), refunded(), charged_back())
    assert [stands.note(fact, NOON) for fact in said] == [True] * len(said)
    assert [stands.note(fact, after(5)) for fact in said] == [False] * len(said)


def test_a_fact_that_comes_again_weeks_after_its_session_was_settled_opens_nothing() -> None:
    # given a settled session of which no more than the name is kept
    stands = noted(authorised(), ended(), priced(), captured())
    stands.forget(after(3) + LINGERS)
    assert len(stands) == 0
    # when it is said again, as a replay after an outage does
    again = [stands.note(fact, NOON + timedelta(days=40)) for fact in (authorised(), ended(), priced(), captured())]
    # then that is nothing new, and no hold stands
    assert again == [False] * 4
    assert list(stands.holds()) == []
    assert len(stands) == 0


def test_what_was_not_spoken_of_for_as_long_as_the_log_is_read_is_forgotten() -> None:
    stands = noted(authorised(), disputed(), ended("2", None))
    stands.forget(after(1) + REMEMBERED)
    assert len(list(stands.holds())) == 1
    stands.forget(after(2) + REMEMBERED + timedelta(minutes=1))
    assert (len(stands), list(stands.disputes())) == (0, [])


def test_memory_is_bounded_by_what_is_open() -> None:
    stands = OpenHolds()
    for number in range(3000):
        for fact in (authorised(str(number)), ended(str(number)), captured(str(number))):
            stands.note(fact, after(number))
        stands.forget(after(number))
    assert len(stands) <= LINGERS / timedelta(minutes=1) + 1


def test_a_settled_session_is_told_once_with_its_times() -> None:
    stands = noted(authorised(), ended(), priced())
    stands.note(captured(), after(9), trace="t" * 32)
    assert stands.settled() == [Settled("captured", NOON, after(1), after(9), "t" * 32)]
    assert stands.settled() == []
    assert stands.forget(after(9) + LINGERS) == []


def test_a_settlement_that_is_read_before_its_beginning_is_told_once_that_is_known() -> None:
    stands = noted(captured(), priced(), ended())
    assert [one.authorised_at for one in stands.settled()] == [hold().authorised_at]
    late = noted(captured(), ended())
    assert late.settled() == []
    late.note(authorised(), NOON)
    assert [one.authorised_at for one in late.settled()] == [NOON]


def test_a_session_that_a_person_ended_is_told_without_an_end_once_none_is_waited_for() -> None:
    stands = noted(authorised(), decided(), priced(), released())
    assert stands.settled() == []
    assert stands.forget(after(3) + LINGERS) == [Settled("released", NOON, None, after(3))]


def test_a_doubted_hold_waits_for_a_person_until_there_is_a_price() -> None:
    stands = noted(authorised(), ended(), disputed())
    assert only(stands).disputed == ("implausible_energy",)
    assert only(stands).waits_for_a_person
    assert [(one.session, one.doubt, one.since) for one in stands.disputes()] == [
        ("op/1", Doubt.IMPLAUSIBLE_ENERGY, after(2))
    ]
    stands.note(priced(), after(3))
    assert not only(stands).waits_for_a_person
    assert list(stands.disputes()) == []


def test_a_doubt_about_what_was_settled_stands_until_somebody_answers_it() -> None:
    stands = noted(authorised(), priced(), captured(), disputed(stands=500))
    stands.forget(after(3) + LINGERS)
    assert [one.since for one in stands.disputes()] == [after(3)]
    stands.note(charged_back(), after(4))
    assert len(list(stands.disputes())) == 1
    stands.note(refunded(), after(5))
    assert list(stands.disputes()) == []
    # and one that is raised later stands again
    stands.note(disputed(why="again", stands=500), after(6))
    assert [one.since for one in stands.disputes()] == [after(6)]


def test_a_stale_session_is_left_to_a_person_until_somebody_ends_it() -> None:
    assert only(noted(authorised(), stale())).stale
    assert not only(noted(authorised(), stale(policy="release"))).stale
    assert not only(noted(authorised(), stale(), ended())).stale
    assert not only(noted(authorised(), stale(), priced())).stale


def test_a_fleet_that_was_warned_is_known() -> None:
    assert only(noted(authorised(), expiring())).warned


def test_a_fact_that_tells_nothing_of_a_hold_is_let_be() -> None:
    declined = AuthorisationDeclined(session_id="1", place=authorised().place, reason=DeclineReason.DECLINED)
    stands = OpenHolds()
    assert not stands.note(declined, NOON)
    assert len(stands) == 0
