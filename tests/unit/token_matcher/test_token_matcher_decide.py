"""Which session a tapped card stops, and when none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapwatt.errors import OutcomeUnknown
from tapwatt.facts.cards import Card, Fingerprint, FingerprintKind
from tapwatt.facts.events import StopRequested, TokenAmbiguous, TokenMatched, TokenNotMatched
from tapwatt.facts.reasons import NoMatchReason
from tapwatt.provider.port import Failure, Kind, Status, Transaction
from token_matcher.decide import OpenSession, Presented, ask, decide, not_matched, read, telling

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(seconds=60)


def card(*fingerprints: tuple[str, str] | tuple[str, str, int]) -> Card:
    """A card known by these fingerprints: kind, letter, and the version of the key it was made under."""
    return Card(
        fingerprints=tuple(
            Fingerprint(kind=FingerprintKind(kind), key_version=(version or [1])[0], digest=letter * 64)
            for kind, letter, *version in fingerprints
        )
    )


PLASTIC = card(("card", "a"))


def stop(evse_id: str | None = None, evse_ids: tuple[str, ...] = (), terminal: str = "t1") -> StopRequested:
    return StopRequested(
        stop_id="stop-1",
        operator_id="op",
        site_id="site",
        terminal_id=terminal,
        evse_ids=evse_ids,
        evse_id=evse_id,
        requested_at=NOON,
    )


def session(
    name: str, evse: str, by: Card = PLASTIC, *, terminal: str = "t1", claimed: str | None = None, minute: int = 0
) -> OpenSession:
    return OpenSession(name, terminal, evse, NOON + minute * MINUTE, by, claimed)


def answer(status: Status, failure: Failure | None = None, by: Card | None = None, took_s: int = 3) -> Transaction:
    over = NOON + timedelta(seconds=took_s)
    return Transaction("tok-1", Kind.TOKEN, status, failure=failure, card=by, created_at=NOON, final_at=over)


def test_the_card_that_opened_the_session_stops_it() -> None:
    said = decide(stop(), Presented(PLASTIC), [session("s1", "e1")])
    assert said == TokenMatched(
        operator_id="op", session_id="s1", stop_id="stop-1", terminal_id="t1", evse_id="e1", matched_by="card"
    )


def test_s01_one_card_with_two_sessions_is_asked_which_and_never_stops_both() -> None:
    said = decide(stop(), Presented(PLASTIC), [session("s2", "e2"), session("s1", "e1")])
    assert isinstance(said, TokenAmbiguous)
    assert said.evse_ids == ("e1", "e2")


def test_s01_the_driver_who_picks_an_evse_stops_that_session() -> None:
    said = decide(stop(evse_id="e2"), Presented(PLASTIC), [session("s1", "e1"), session("s2", "e2")])
    assert isinstance(said, TokenMatched)
    assert said.session_id == "s2"


def test_s01_only_the_evses_the_terminal_serves_are_in_reach() -> None:
    both = [session("s1", "e1"), session("s9", "e9", terminal="t9")]
    said = decide(stop(), Presented(PLASTIC), both)
    assert isinstance(said, TokenMatched)
    assert said.session_id == "s1"
    told = decide(stop(evse_ids=("e9",)), Presented(PLASTIC), both)
    assert isinstance(told, TokenMatched)
    assert told.session_id == "s9"


def test_s02_another_card_learns_nothing_but_that_it_has_no_session() -> None:
    said = decide(stop(), Presented(card(("card", "b"))), [session("s1", "e1")])
    assert said == TokenNotMatched(
        operator_id="op", stop_id="stop-1", terminal_id="t1", reason=NoMatchReason.NO_SESSION
    )


def test_s03_a_phone_matches_its_card_by_the_par_they_share() -> None:
    plastic, phone = card(("par", "f"), ("card", "a")), card(("par", "f"), ("card", "b"))
    said = decide(stop(), Presented(phone), [session("s1", "e1", plastic)])
    assert isinstance(said, TokenMatched)
    assert said.matched_by == "par"


def test_s03_a_phone_without_a_par_does_not_match() -> None:
    said = decide(stop(), Presented(card(("card", "b"))), [session("s1", "e1", card(("par", "f"), ("card", "a")))])
    assert isinstance(said, TokenNotMatched)


def test_s05_a_session_opened_under_an_older_key_still_matches() -> None:
    now = card(("card", "c", 2), ("card", "a", 1))
    said = decide(stop(), Presented(now), [session("s1", "e1", card(("card", "a", 1)))])
    assert isinstance(said, TokenMatched)


def test_s05_a_web_token_is_not_compared_with_a_card_token() -> None:
    said = decide(stop(), Presented(card(("web", "a"))), [session("s1", "e1", card(("card", "a")))])
    assert isinstance(said, TokenNotMatched)


def test_s14_a_session_that_another_stop_stops_is_left_out_while_another_runs() -> None:
    said = decide(stop(), Presented(PLASTIC), [session("s1", "e1", claimed="stop-0"), session("s2", "e2")])
    assert isinstance(said, TokenMatched)
    assert (said.session_id, said.stop_id) == ("s2", "stop-1")


def test_s14_a_second_tap_stops_the_session_that_another_stops_already() -> None:
    said = decide(stop(), Presented(PLASTIC), [session("s1", "e1", claimed="stop-0")])
    assert isinstance(said, TokenMatched)
    assert (said.session_id, said.stop_id) == ("s1", "stop-1")


def test_s12_the_same_stop_again_finds_what_it_claimed_itself() -> None:
    said = decide(stop(), Presented(PLASTIC), [session("s1", "e1", claimed="stop-1"), session("s2", "e2")])
    assert isinstance(said, TokenMatched)
    assert said.session_id == "s1"


def test_of_two_sessions_on_one_evse_the_later_one_is_running() -> None:
    said = decide(stop(), Presented(PLASTIC), [session("s2", "e1", minute=9), session("s1", "e1", minute=1)])
    assert isinstance(said, TokenMatched)
    assert said.session_id == "s2"


def test_a_stop_asked_for_twice_reads_one_card() -> None:
    assert ask(stop()) == ask(stop())
    assert ask(stop()).order_reference == "stop:op/stop-1"
    assert len(ask(stop()).idempotency_reference) <= 50


@pytest.mark.parametrize(
    ("failure", "took_s", "reason"),
    [
        (Failure.CANCELLED, 3, NoMatchReason.CANCELLED),
        (Failure.CANCELLED, 60, NoMatchReason.TIMED_OUT),
        (Failure.EXPIRED, 3, NoMatchReason.TIMED_OUT),
        (Failure.TERMINAL_BUSY, 0, NoMatchReason.TERMINAL_BUSY),
        (Failure.TERMINAL_OFFLINE, 0, NoMatchReason.TERMINAL_OFFLINE),
        (Failure.TERMINAL_UNKNOWN, 0, NoMatchReason.TERMINAL_UNKNOWN),
        (Failure.REJECTED, 0, NoMatchReason.CARD_NOT_READ),
        (None, 0, NoMatchReason.CARD_NOT_READ),
    ],
)
def test_s16_a_card_that_was_not_read_is_told_with_its_reason(
    failure: Failure | None, took_s: int, reason: NoMatchReason
) -> None:
    said = read(stop(), answer(Status.FAILED, failure, took_s=took_s), MINUTE)
    assert said == not_matched(stop(), reason)


def test_a_card_that_was_read_is_the_card() -> None:
    assert read(stop(), answer(Status.SUCCESS, by=PLASTIC), MINUTE) == Presented(PLASTIC, NOON + timedelta(seconds=3))


@pytest.mark.parametrize("status", [Status.SUCCESS, Status.MANUAL])
def test_an_answer_without_a_card_is_no_card(status: Status) -> None:
    said = read(stop(), answer(status), MINUTE)
    assert isinstance(said, TokenNotMatched)
    assert said.reason is NoMatchReason.CARD_NOT_READ


def test_a_pending_read_is_not_decided() -> None:
    with pytest.raises(OutcomeUnknown):
        read(stop(), answer(Status.PENDING), MINUTE)


def test_two_operators_with_a_stop_of_one_name_read_two_cards() -> None:
    ours, theirs = stop(), stop().model_copy(update={"operator_id": "other"})
    assert ask(ours).order_reference != ask(theirs).order_reference
    assert ask(ours).idempotency_reference != ask(theirs).idempotency_reference


def test_of_no_reads_none_counts() -> None:
    assert telling([]) is None


SECOND = card(("card", "b"))
RANKED = [
    answer(Status.FAILED, Failure.TERMINAL_BUSY, took_s=59),
    answer(Status.FAILED, Failure.EXPIRED, took_s=1),
    answer(Status.FAILED, Failure.REJECTED, took_s=2),
    answer(Status.MANUAL, took_s=3),
    answer(Status.PENDING, took_s=4),
    answer(Status.FAILED, Failure.CANCELLED, took_s=5),
    answer(Status.SUCCESS, took_s=6),
    answer(Status.SUCCESS, by=PLASTIC, took_s=7),
    answer(Status.SUCCESS, by=SECOND, took_s=8),
]


@given(st.sets(st.integers(0, len(RANKED) - 1), min_size=1), st.randoms())
def test_of_several_reads_the_card_presented_last_counts_whatever_else_there_is(some: set[int], chance: Random) -> None:
    told = [RANKED[one] for one in some]
    chance.shuffle(told)
    assert telling(told) == RANKED[max(some)]


@pytest.mark.parametrize(("after_s", "stopped"), [(0, False), (9.9, False), (10, True), (3600, True)])
def test_s26_a_tap_within_seconds_of_the_start_does_not_stop_the_session(after_s: float, stopped: bool) -> None:
    tapped = Presented(PLASTIC, NOON + timedelta(seconds=after_s))
    said = decide(stop(), tapped, [session("s1", "e1")], timedelta(seconds=10))
    assert isinstance(said, TokenMatched) if stopped else said == not_matched(stop(), NoMatchReason.JUST_STARTED)


def test_s26_a_card_left_on_the_reader_is_no_stop_for_its_older_session_either() -> None:
    tapped = Presented(PLASTIC, NOON + timedelta(minutes=9, seconds=3))
    both = [session("s1", "e1"), session("s2", "e2", minute=9)]
    said = decide(stop(), tapped, both, timedelta(seconds=10))
    assert isinstance(said, TokenAmbiguous)
    assert said.evse_ids == ("e1", "e2")


def test_s26_a_stop_that_has_its_session_keeps_it_whatever_the_time() -> None:
    said = decide(stop(), Presented(PLASTIC, NOON), [session("s1", "e1", claimed="stop-1")], timedelta(seconds=10))
    assert isinstance(said, TokenMatched)
