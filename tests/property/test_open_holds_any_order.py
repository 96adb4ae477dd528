"""What stands of holds and disputes does not depend on the order in which topics are read, nor on what comes twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.watch import said

from tapwatt.facts.fact import Fact
from tapwatt.facts.reasons import Doubt
from tapwatt_watch.hold import OpenHold
from tapwatt_watch.open_holds import OpenHolds

Logged = tuple[Fact, datetime]

_SESSIONS = ("1", "2", "3")
_OF_A_SESSION = (
    said.authorised,
    said.ended,
    said.cancelled,
    said.priced,
    said.captured,
    said.released,
    said.failed,
    said.expiring,
    said.stale,
    said.disputed,
    said.decided,
    said.refunded,
    said.charged_back,
    lambda session: said.ended(session, None),
    lambda session: said.cancelled(session, None),
    lambda session: said.authorised(session, "other"),
    lambda session: said.captured(session, "other"),
    lambda session: said.disputed(session, Doubt.CONTRADICTING_END, "another word", stands=500),
    lambda session: said.disputed(session, Doubt.IMPLAUSIBLE_TIME, "too long"),
    lambda session: said.decided(session, "d-2"),
)

facts = st.builds(lambda make, session: make(session), st.sampled_from(_OF_A_SESSION), st.sampled_from(_SESSIONS))
logs = st.lists(st.tuples(facts, st.integers(0, 600).map(said.after)), max_size=25)
NOW = said.after(600) + timedelta(days=1)


def what_stands(stands: OpenHolds) -> tuple[list[OpenHold], list[object]]:
    holds = sorted(stands.holds(), key=lambda one: (one.operator_id, one.session_id))
    return holds, sorted((one.session, one.doubt, one.since) for one in stands.disputes())


def noted(log: list[Logged]) -> OpenHolds:
    stands = OpenHolds()
    for fact, at in log:
        stands.note(fact, at)
    return stands


@given(log=logs, chance=st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(log: list[Logged], chance: Random) -> None:
    again = log + [(fact, at + timedelta(minutes=700)) for fact, at in log if chance.random() < 0.5]
    chance.shuffle(again)
    assert what_stands(noted(again)) == what_stands(noted(log))


@given(log=logs, chance=st.randoms(use_true_random=False), cuts=st.sets(st.integers(0, 25)))
def test_when_what_is_settled_is_forgotten_does_not_matter(log: list[Logged], chance: Random, cuts: set[int]) -> None:
    whole = what_stands(noted(log))
    chance.shuffle(log)
    stands = OpenHolds()
    for number, (fact, at) in enumerate(log):
        if number in cuts:
            stands.forget(NOW)
        stands.note(fact, at)
    assert what_stands(stands) == whole


@given(log=logs, chance=st.randoms(use_true_random=False))
def test_a_fact_is_new_once(log: list[Logged], chance: Random) -> None:
    stands = noted(log)
    chance.shuffle(log)
    assert not any(stands.note(fact, at) for fact, at in log)
