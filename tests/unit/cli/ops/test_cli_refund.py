"""A person gives money back: what may be asked for, what is refused in one sentence, and what is said and shown."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from tests.unit.cli.ops.test_audit_differences import NOW, PLACE, Told, euro
from tests.unit.cli.ops.test_cli_session_settle import declined, doubted
from typer.testing import CliRunner

from tapwatt.facts.codec import Event, begin
from tapwatt.facts.events import (
    Captured,
    ChargedBack,
    EventRejected,
    HoldReleased,
    Refunded,
    RefundFailed,
    RefundRequested,
)
from tapwatt.facts.fact import Fact
from tapwatt.facts.topics import Topics
from tapwatt_cli.app import app
from tapwatt_cli.exit_codes import Unusable
from tapwatt_cli.ops import refunding
from tapwatt_cli.ops.amounts import NoAmount
from tapwatt_cli.ops.commands import asking
from tapwatt_cli.ops.receipt_facts import NotSettled, settled_by_facts
from tapwatt_cli.ops.refunding import Answer, NotRefundable, answer_to, refund_request, taken_of
from tapwatt_cli.ops.session_names import UnknownSession

WHO = ["--by", "anna", "--reason", "cable was broken"]
DECIDED = [*WHO, "--yes"]


def captured(operator: str = "op", session: str = "s1") -> Captured:
    return Captured(
        session_id=session,
        place=PLACE.model_copy(update={"operator_id": operator}),
        hold_reference="H",
        capture_reference="C",
        held=euro(5000),
        taken=euro(1200),
        released=euro(3800),
        shortfall=euro(0),
        captured_at=NOW,
    )


def refunded(minor: int, refund_id: str = "r1") -> Refunded:
    return Refunded(
        operator_id="op", session_id="s1", refund_id=refund_id, refund_reference=f"R-{refund_id}", amount=euro(minor)
    )


def asked(facts: list[Fact], amount: str | None, session: str = "op/s1", refund_id: str = "r9") -> RefundRequested:
    taken = taken_of(session, facts, refund_id)
    exact = None if amount is None else Decimal(amount)
    return refund_request(taken, exact, refund_id=refund_id, reason="broken", requested_by="anna")


CHARGED_BACK = ChargedBack(
    operator_id="op", session_id="s1", capture_reference="C", chargeback_reference="CB", amount=euro(200)
)


@pytest.mark.parametrize(
    ("facts", "amount", "minor"),
    [
        ([], "5", 500),
        ([], None, 1200),
        ([refunded(500)], None, 700),
        ([refunded(500), refunded(500)], "7.00", 700),
        ([refunded(500), CHARGED_BACK], None, 500),
        ([refunded(1200, "r9")], None, 1200),
    ],
)
def test_s20_what_is_left_may_go_back(facts: list[Fact], amount: str | None, minor: int) -> None:
    assert asked([captured(), *facts], amount).amount == euro(minor)


@pytest.mark.parametrize(
    ("facts", "amount", "why"),
    [
        ([], "12.01", "12.01 EUR is more than is left of session op/s1: 12.00 EUR was taken and 0.00 EUR went back"),
        ([refunded(500)], "7.01", "so at most 7.00 EUR can"),
        ([refunded(1200)], None, "all of the 12.00 EUR of session op/s1 went back already"),
        ([], "0", "a refund of nothing is none"),
    ],
)
def test_s20_more_than_is_left_is_refused_in_one_sentence(facts: list[Fact], amount: str | None, why: str) -> None:
    with pytest.raises(NotRefundable, match=why):
        asked([captured(), *facts], amount)


def test_s20_an_amount_that_its_currency_cannot_have_is_refused_in_one_sentence() -> None:
    with pytest.raises(NoAmount, match=r"^0\.001 is no amount in EUR, which has 2 decimals$"):
        asked([captured()], "0.001")


RELEASED = HoldReleased(
    session_id="s1", place=PLACE, hold_reference="H", released=euro(5000), waived=euro(0), reason="nothing_owed"
)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (Told().events, "it has no price yet: ask again when it has ended"),
        (Told().authorise().charge().events, "12.00 EUR is owed and it is not settled yet"),
        (doubted().events, "it is disputed (implausible_energy) and waits for a word: tapwatt session settle"),
        ([begin(RELEASED, "e", "/t", NOW)], "its whole hold of 50.00 EUR was let go (nothing_owed)"),
        (declined(), "it was declined (declined), so nothing was held"),
    ],
    ids=["goes on", "priced", "disputed", "let go", "declined"],
)
def test_s20_a_session_of_which_nothing_was_taken_is_not_called_unknown(said: list[Event], why: str) -> None:
    facts = [event.fact for event in said]
    with pytest.raises(NotRefundable, match=re.escape(f"nothing was taken of session op/s1 that could go back: {why}")):
        asked(facts, "1", "s1")
    if RELEASED not in facts:
        with pytest.raises(NotSettled, match=re.escape(f"session op/s1 has no receipt: {why}")):
            settled_by_facts("op/s1", facts)


def test_s20_an_id_that_is_known_is_asked_for_again_in_its_own_words_or_refused_for_another_amount() -> None:
    first = asked([captured()], "5").model_copy(update={"reason": "the first time", "requested_by": "ben"})
    assert asked([captured(), first], "5") == first
    with pytest.raises(NotRefundable, match=r"refund r9 of session op/s1 is one of 5\.00 EUR: leave out --id"):
        asked([captured(), first], "4")
    # another session's refund of that id is none of this one
    elsewhere = first.model_copy(update={"session_id": "s2"})
    assert asked([captured(), elsewhere], "4").amount == euro(400)


def test_s20_a_session_is_named_by_its_operator_where_several_have_it() -> None:
    both: list[Fact] = [captured(), captured("other")]
    assert asked(both[:1], "1", "s1").operator_id == "op"
    assert asked(both, "1", "other/s1").operator_id == "other"
    with pytest.raises(UnknownSession, match="2 operators have a session s1: say which, op/s1 or other/s1"):
        asked(both, "1", "s1")
    with pytest.raises(UnknownSession, match="nothing was said of session op/s2"):
        asked(both, "1", "op/s2")


def test_the_answer_is_the_one_to_this_refund() -> None:
    requested = asked([captured()], "5")
    another = RefundFailed(operator_id="op", session_id="s1", refund_id="r9", amount=euro(400), reason="another_refund")
    mine = refunded(500, "r9")
    rejected = EventRejected(rejected_id="r9", stood_at="t/0/1", why="odd", what_to_do="mend it")

    def events(*facts: Fact) -> Any:
        return [begin(fact, str(number), "/x", NOW) for number, fact in enumerate(facts)]

    assert answer_to(requested, events(refunded(500, "r1"), another)) is None
    assert answer_to(requested, events(another, mine)) == mine
    assert answer_to(requested, events(rejected)) == rejected


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the command meets: the log it reads, what it says, and the answer it gets."""
    met: dict[str, Any] = {"asked": [], "answer": refunded(500, "r9")}

    async def read(bootstrap: str, topics: Topics, session: str, refund_id: str | None = None) -> Any:
        return taken_of(session, [captured()], refund_id)

    async def ask(bootstrap: str, topics: Topics, requested: RefundRequested, at: Any) -> None:
        met["asked"].append(requested)

    async def answered(*given: Any) -> Answer | None:
        answer: Answer | None = met["answer"]
        return answer

    monkeypatch.setattr(refunding, "read_taken", read)
    monkeypatch.setattr(refunding, "ask", ask)
    monkeypatch.setattr(refunding, "answered", answered)
    return met


def test_s20_a_refund_is_asked_for_with_name_and_reason_and_its_answer_shown(ring: dict[str, Any]) -> None:
    done = CliRunner().invoke(app, ["refund", "op/s1", "--amount", "5.00", *DECIDED, "--id", "r9"])
    assert done.exit_code == 0, done.output
    [requested] = ring["asked"]
    assert (requested.identity, requested.amount, requested.capture_reference) == ("op/s1/r9", euro(500), "C")
    assert (requested.requested_by, requested.reason) == ("anna", "cable was broken")
    assert done.stdout == "op/s1: 5.00 EUR went back (refund r9)\n"


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (None, 3, "no answer yet to refund r9: run this again with --id r9"),
        (
            RefundFailed(operator_id="op", session_id="s1", refund_id="r9", amount=euro(500), detail="card is closed"),
            1,
            "5.00 EUR did not go back: card is closed",
        ),
        (EventRejected(rejected_id="r9", stood_at="t/0/1", why="odd", what_to_do="mend"), 1, "was not taken: odd"),
    ],
)
def test_s20_what_did_not_go_back_is_told_with_an_exit_code_of_its_own(
    ring: dict[str, Any], answer: Answer | None, code: int, said: str
) -> None:
    ring["answer"] = answer
    done = CliRunner().invoke(app, ["refund", "op/s1", "--full", *DECIDED, "--id", "r9"])
    assert (done.exit_code, said in done.stderr) == (code, True), done.output
    as_json = CliRunner().invoke(app, ["refund", "op/s1", "--full", *DECIDED, "--json"])
    told = json.loads(as_json.stdout)
    assert told["requested"]["amount"] == {"minor": 1200, "currency": "EUR"}
    assert (told["answer"] or {}).get("fact") == (answer.name if answer else None)


def test_a_person_is_asked_first_and_may_say_no(ring: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "a_person_types", lambda: True)
    done = CliRunner().invoke(app, ["refund", "op/s1", "--amount", "5.00", *WHO], input="n\n")
    assert "12.00 EUR was taken of session op/s1, 12.00 EUR of it is left. Give 5.00 EUR back?" in done.output
    assert (done.exit_code, ring["asked"]) == (1, [])


@pytest.mark.parametrize(
    "how",
    [
        [],
        ["--full", "--amount", "1"],
        *(["--amount", wrong] for wrong in ("-1", "five", "1,50", "1_0", "1e2", "NaN", "123456789", "1 EUR", "")),
    ],
    ids=" ".join,
)
def test_how_much_is_said_once_and_as_an_amount(ring: dict[str, Any], how: list[str]) -> None:
    done = CliRunner().invoke(app, ["refund", "op/s1", *how, *DECIDED])
    assert (done.exit_code, ring["asked"]) == (2, [])


@pytest.mark.parametrize(
    ("session", "changed"),
    [
        ("op/s1", ["--by", ""]),
        ("op/s1", ["--by", " "]),
        ("op/s1", ["--reason", ""]),
        ("op/s1", ["--reason", "x" * 501]),
        ("op/s1", ["--id", ""]),
        ("op/s1", ["--id", "a/b c"]),
        ("", []),
        ("op/", []),
        ("op/s1/r1", []),
        ("op s1", []),
    ],
)
def test_s20_a_word_that_is_missing_is_asked_for_before_any_money_moves(
    ring: dict[str, Any], session: str, changed: list[str]
) -> None:
    # an id that a script left empty would else be another refund each time
    done = CliRunner().invoke(app, ["refund", session, "--full", *DECIDED, *changed])
    assert (done.exit_code, ring["asked"]) == (2, []), done.output


def test_s20_an_id_of_our_own_is_short_enough_for_a_driver_s_phone(ring: dict[str, Any]) -> None:
    for _ in range(2):
        CliRunner().invoke(app, ["refund", "s1", "--full", *DECIDED])
    one, other = (requested.refund_id for requested in ring["asked"])
    assert one != other
    assert len(one) == len(other) == 18


def test_where_nobody_can_be_asked_no_money_moves_without_yes(ring: dict[str, Any]) -> None:
    # when a script does not say that it means it
    done = CliRunner().invoke(app, ["refund", "op/s1", "--full", *WHO])
    # then it is told what would have been done, and how to say so
    assert ring["asked"] == []
    assert isinstance(done.exception, Unusable)
    assert "Give 12.00 EUR back? Nobody is there to be asked, and nothing was done: --yes" in str(done.exception)
