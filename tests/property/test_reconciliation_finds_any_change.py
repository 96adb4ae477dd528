"""Reconciliation: identical sides never differ, and one change to either side is always found."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.watch.account import FRAME, Outcome, Told, claims_of, settled, whole

from tapwatt.facts.events import AuthorisationDeclined
from tapwatt.facts.fact import Fact
from tapwatt.money import Money
from tapwatt_watch.reconciliation.compare import compare
from tapwatt_watch.reconciliation.movements import SETTLED, Kind, Movement

OUTCOMES: tuple[Outcome, ...] = ("captured", "captured", "released", "failed", "let_go_late", "cancelled")


@st.composite
def sessions(draw: st.DrawFn) -> list[Told]:
    found = []
    for number in range(draw(st.integers(1, 5))):
        held = draw(st.integers(2, 9000))
        taken = draw(st.integers(1, held))
        parts = draw(st.lists(st.integers(1, taken), max_size=2))
        refunds = tuple(parts) if sum(parts) <= taken else ()
        back = draw(st.integers(0, taken - sum(refunds)))
        outcome = draw(st.sampled_from(OUTCOMES))
        if outcome == "cancelled" and taken == held:
            taken -= 1
        currency = draw(st.sampled_from(["EUR", "JPY", "KWD"]))
        operator = draw(st.sampled_from(["op", "other"]))
        found.append(Told(number, outcome, held, taken, refunds, back, currency, operator))
    return found


def both(told: list[Told]) -> tuple[list[Fact], list[Movement]]:
    return [fact for one in told for fact in one.facts()], [m for one in told for m in one.movements()]


@given(sessions(), st.randoms(use_true_random=False))
def test_identical_sides_never_differ_in_whatever_order_and_however_often_they_are_told(
    told: list[Told], chance: Random
) -> None:
    # given a period that both sides tell alike, the facts shuffled and some of them twice, a capture in two parts
    facts, movements = both(told)
    facts += chance.sample(facts, k=len(facts) // 2)
    chance.shuffle(facts)
    chance.shuffle(movements)
    parted = [part for one in movements for part in in_parts(one)]
    # then neither account differs, and every claim is met
    for statement in (whole(movements), settled(movements), whole(parted), settled(parted)):
        found = compare(claims_of(facts), statement, FRAME)
        assert found.found == ()
        assert found.not_yet == ()


def in_parts(one: Movement) -> list[Movement]:
    """A settlement may come in two lines under one reference."""
    half = one.amount.minor // 2
    if not half:
        return [one]
    rest = Money(minor=one.amount.minor - half, currency=one.amount.currency)
    return [replace(one, amount=Money(minor=half, currency=one.amount.currency)), replace(one, amount=rest)]


@given(sessions(), st.data())
def test_one_change_to_the_providers_account_is_found(told: list[Told], data: st.DataObject) -> None:
    facts, movements = both(told)
    tells_all = data.draw(st.booleans())
    at = data.draw(st.integers(0, len(movements) - 1))
    one = movements[at]
    if not tells_all and one.kind not in SETTLED:
        return
    change = data.draw(st.sampled_from(["gone", "twice", "more", "less", "currency", "reference", "kind"]))
    movements[at : at + 1] = changed(one, change)
    statement = whole(movements) if tells_all else settled(movements)
    found = compare(claims_of(facts), statement, FRAME)
    assert found.found or nobodys_word(one, change, told), (change, one)


def nobodys_word(one: Movement, change: str, told: list[Told]) -> bool:
    """What none of our facts speaks of: when a refused hold lapses, how a cancelled capture is called."""
    [outcome] = {story.outcome for story in told if story.session == one.session}
    lapses = outcome == "failed" and one.kind is Kind.RELEASE
    return lapses or (outcome == "cancelled" and one.kind in SETTLED and change == "reference")


def changed(one: Movement, how: str) -> list[Movement]:
    minor, currency = one.amount.minor, one.amount.currency
    match how:
        case "gone":
            return []
        case "twice":
            return [one, one]
        case "more":
            return [replace(one, amount=Money(minor=minor + 1, currency=currency))]
        case "less":
            return [replace(one, amount=Money(minor=minor - 1, currency=currency))]
        case "currency":
            return [replace(one, amount=Money(minor=minor, currency="SEK"))]
        case "reference":
            # a hold's releases are known by its hold
            return [replace(one, reference="X", hold="X" if one.kind in (Kind.HOLD, Kind.RELEASE) else one.hold)]
        case _:
            other = Kind.REFUND if one.kind is Kind.CAPTURE else Kind.CAPTURE
            return [replace(one, kind=other)]


@given(sessions(), st.data())
def test_one_change_to_our_facts_is_found(told: list[Told], data: st.DataObject) -> None:
    facts, movements = both(told)
    at = data.draw(st.integers(0, len(facts) - 1))
    fact = facts[at]
    if isinstance(fact, AuthorisationDeclined):
        return
    # when it is not said, or says another reference
    field = next(n for n in ("chargeback_reference", "capture_reference", "refund_reference", "hold_reference", "hold")
                 if n in type(fact).model_fields)  # fmt: skip
    if data.draw(st.booleans()):
        del facts[at]
    elif field == "hold":
        facts[at] = fact.model_copy(update={"hold": fact.hold.model_copy(update={"reference": "X"})})  # type: ignore[attr-defined]
    else:
        facts[at] = fact.model_copy(update={field: "X"})
    found = compare(claims_of(facts), whole(movements), FRAME)
    assert found.found, fact
