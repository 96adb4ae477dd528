"""What differs, what is not due yet, and what is nobody's difference: at a period's edges, over two files, by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.unit.watch.account import END, FRAME, LATER, START, Told, claims_of, settled, whole
from tests.unit.watch.said import NOON, eur

from tapwatt_watch.reconciliation.compare import compare
from tapwatt_watch.reconciliation.difference import Found, Frame, Reconciled
from tapwatt_watch.reconciliation.movements import Kind, Movement

SOLD = Told(1, "captured", held=5000, taken=1200)


def words(found: Reconciled) -> list[tuple[str, str, str, str]]:
    return [(str(one.kind), one.session, one.ours, one.theirs) for one in found.found]


def seen(now: datetime, days: int = 2) -> Frame:
    return replace(FRAME, now=now, due_within=timedelta(days=days))


def test_a_capture_that_no_file_has_differs_once_it_is_due_and_not_before() -> None:
    claims = claims_of(SOLD.facts())
    # given files that end before it has to be in one
    early = settled([], until=NOON + timedelta(days=1))
    found = compare(claims, early, seen(NOON + timedelta(hours=30)))
    assert (found.found, len(found.not_yet)) == ((), 1)
    # when they go beyond
    late = settled([], until=NOON + timedelta(days=2))
    # then it is missing
    assert words(compare(claims, late, seen(LATER))) == [("capture", "op/1", "12.00 EUR captured", "nothing")]


def test_what_is_due_and_beyond_every_file_is_one_difference_that_asks_for_the_file() -> None:
    many = [fact for number in range(3) for fact in Told(number, "captured").facts()]
    found = compare(claims_of(many), settled([], until=NOON + timedelta(hours=3)), seen(LATER))
    assert words(found) == [
        (
            "no_file",
            "",
            "3 movements from 2026-06-01 12:00 to 2026-06-01 12:00",
            "no file that goes beyond 2026-06-01 15:00",
        )
    ]
    assert words(compare(claims_of(many), settled([], until=None), seen(LATER)))[0][3] == "no file at all"


def test_a_capture_that_is_settled_in_the_next_file_in_two_parts_agrees() -> None:
    [capture] = [one for one in SOLD.movements() if one.kind is Kind.CAPTURE]
    parts = [replace(capture, amount=eur(900)), replace(capture, amount=eur(300), at=capture.at + timedelta(days=1))]
    found = compare(claims_of(SOLD.facts()), settled(parts), FRAME)
    assert (found.found, found.agree) == ((), 1)
    # and the first part alone is not yet a difference while the rest may come
    half = compare(claims_of(SOLD.facts()), settled(parts[:1], until=NOON + timedelta(hours=12)), seen(END))
    assert (half.found, len(half.not_yet)) == ((), 1)
    lost = compare(claims_of(SOLD.facts()), settled(parts[:1]), FRAME)
    assert words(lost) == [("capture", "op/1", "12.00 EUR captured", "9.00 EUR captured")]


def test_a_line_that_is_taken_back_by_a_negative_one_was_never_there() -> None:
    [capture] = [one for one in SOLD.movements() if one.kind is Kind.CAPTURE]
    back = replace(capture, amount=eur(-1200))
    found = compare(claims_of(SOLD.facts()), settled([capture, back, capture]), FRAME)
    assert (found.found, found.agree) == ((), 1)
    gone = compare(claims_of(SOLD.facts()), settled([capture, back]), FRAME)
    assert words(gone) == [("capture", "op/1", "12.00 EUR captured", "0.00 EUR captured")]


@pytest.mark.parametrize(
    ("at", "is_in"), [(START, True), (START - timedelta(milliseconds=1), False), (END, False)], ids=str
)
def test_the_period_has_its_first_moment_and_not_its_last(at: datetime, is_in: bool) -> None:
    found = compare(claims_of(replace(SOLD, at=at).facts()), settled([]), FRAME)
    assert bool(found.found) is is_in


def test_two_clocks_that_see_midnight_otherwise_make_no_difference() -> None:
    # given a capture a second before the period's end by our clock, and a second after it by theirs
    ours = replace(SOLD, at=END - timedelta(seconds=1))
    [capture] = [one for one in SOLD.movements() if one.kind is Kind.CAPTURE]
    theirs = settled([replace(capture, at=END + timedelta(seconds=1))])
    assert compare(claims_of(ours.facts()), theirs, FRAME).found == ()
    after = Frame(END, END + timedelta(days=1), LATER, timedelta(days=2))
    assert compare(claims_of(ours.facts()), theirs, after).found == ()


def test_money_that_moved_for_nobody_is_an_orphan_once_we_had_time_to_say_it() -> None:
    stranger = Movement(Kind.CAPTURE, "C-9", eur(700), NOON, "op/9", "H-9")
    found = compare(claims_of([]), settled([stranger]), FRAME)
    assert words(found) == [("orphan", "op/9", "nothing", "7.00 EUR captured")]
    just_now = compare(claims_of([]), settled([stranger]), seen(NOON + timedelta(minutes=5)))
    assert (just_now.found, len(just_now.not_yet)) == ((), 1)


def test_a_refund_at_the_portal_that_was_never_said_is_its_sessions() -> None:
    refund = Movement(Kind.REFUND, "R-9", eur(300), NOON, "", "C-1")
    found = compare(claims_of(SOLD.facts()), settled([*SOLD.movements(), refund]), FRAME)
    assert words(found) == [("refund", "op/1", "nothing", "3.00 EUR refunded")]


def test_a_hold_that_is_still_open_there_is_found_though_it_began_before_the_period() -> None:
    # given a session that ended here long ago, and whose rest was never let go there
    old = replace(SOLD, at=START - timedelta(days=3))
    movements = [one for one in old.movements() if one.kind is not Kind.RELEASE]
    found = compare(claims_of(old.facts()), whole(movements), FRAME)
    # then a claim of that day is no matter of this period, but what stands held is
    assert [one[:2] for one in words(found)] == []
    released = Told(2, "released", at=START - timedelta(days=3))
    open_there = [one for one in released.movements() if one.kind is Kind.HOLD]
    lost = [fact for fact in released.facts() if fact.name == "Authorised"]
    found = compare(claims_of(lost), whole(open_there), FRAME)
    assert words(found) == [("open_hold", "op/2", "run out", "50.00 EUR still held")]


def test_a_session_that_still_charges_under_its_hold_is_no_difference() -> None:
    told = Told(1, "released")
    facts = [one for one in told.facts() if one.name == "Authorised"]
    held = [one for one in told.movements() if one.kind is Kind.HOLD]
    found = compare(claims_of(facts), whole(held, until=END), replace(FRAME, now=END, due_within=timedelta(minutes=15)))
    assert found.found == ()


def test_two_facts_with_two_amounts_of_one_capture_are_named() -> None:
    facts = [*SOLD.facts(), *replace(SOLD, taken=1300).facts()]
    found = compare(claims_of(facts), settled(SOLD.movements()), FRAME)
    assert ("contradiction", "op/1", "12.00 EUR captured and 13.00 EUR captured", "not asked") in words(found)


def test_only_what_was_asked_about_is_missing_in_an_account_of_some_sessions() -> None:
    other = Told(2, "captured")
    asked = replace(whole(SOLD.movements()), only=frozenset({"op/1"}))
    assert compare(claims_of([*SOLD.facts(), *other.facts()]), asked, FRAME).found == ()


def test_differences_come_in_one_order_whatever_order_they_are_found_in() -> None:
    facts = [fact for number in (3, 1, 2) for fact in Told(number, "captured").facts()]
    found: tuple[Found, ...] = compare(claims_of(facts), settled([]), FRAME).found
    assert [one.session for one in found] == ["op/1", "op/2", "op/3"]
