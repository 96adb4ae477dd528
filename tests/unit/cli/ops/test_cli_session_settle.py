"""A person settles a session: what may be decided, what is refused in one sentence, and what is then said."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.unit.cli.ops.test_audit_differences import NOW, PLACE, Told, disputed, euro
from typer.testing import CliRunner

from tapwatt.facts.codec import Event, begin
from tapwatt.facts.events import AuthorisationDeclined, CaptureFailed, SettlementDecided
from tapwatt.facts.reasons import DeclineReason, Doubt
from tapwatt.facts.topics import Topics
from tapwatt_cli.app import app
from tapwatt_cli.exit_codes import Unusable
from tapwatt_cli.ops import settling
from tapwatt_cli.ops.amounts import NoAmount
from tapwatt_cli.ops.case_files import case_files
from tapwatt_cli.ops.commands import asking
from tapwatt_cli.ops.session_names import UnknownSession
from tapwatt_cli.ops.settling import NotSettled, settlement

WHO = ["--by", "anna", "--reason", "meter read by hand"]
DECIDED = [*WHO, "--yes"]


def doubted() -> Told:
    """A session with a hold of 50.00 of which impossible energy was said."""
    told = Told().authorise()
    disputed(told, Doubt.IMPLAUSIBLE_ENERGY)
    return told


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[SettlementDecided]:
    """What the command says; the log holds a session that is disputed."""
    decisions: list[SettlementDecided] = []

    async def read(bootstrap: str, topics: Topics) -> Any:
        return case_files(doubted().events)

    async def settle(bootstrap: str, topics: Topics, decision: SettlementDecided) -> None:
        decisions.append(decision)

    monkeypatch.setattr(settling, "read_files", read)
    monkeypatch.setattr(settling, "settle", settle)
    return decisions


@pytest.mark.parametrize(("owed", "minor"), [(["--amount", "12.34"], 1234), (["--release"], 0)])
def test_s37_a_person_says_what_is_owed_with_name_and_reason(
    said: list[SettlementDecided], owed: list[str], minor: int
) -> None:
    done = CliRunner().invoke(app, ["session", "settle", "op/s1", *owed, *DECIDED])
    assert done.exit_code == 0, done.output
    [decision] = said
    assert (decision.operator_id, decision.session_id, decision.amount) == ("op", "s1", euro(minor))
    assert (decision.decided_by, decision.reason) == ("anna", "meter read by hand")
    assert f"op/s1: settled by anna with {euro(minor)}" in done.stdout
    assert "op/s1 waits for a word: implausible_energy" in done.stderr


def test_the_decision_is_one_json_document(said: list[SettlementDecided]) -> None:
    done = CliRunner().invoke(app, ["session", "settle", "op/s1", "--release", *DECIDED, "--json"])
    assert SettlementDecided.model_validate(json.loads(done.stdout)) == said[0]


def test_a_person_is_asked_first_and_told_what_comes_of_it(
    said: list[SettlementDecided], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "a_person_types", lambda: True)
    done = CliRunner().invoke(app, ["session", "settle", "op/s1", "--amount", "12.34", *WHO], input="n\n")
    assert done.exit_code == 1
    assert said == []
    assert "op/s1: 12.34 EUR of its hold of 50.00 EUR is to be taken. Settle it so?" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["op/s1", *WHO],
        ["op/s1", "--amount", "1", "--release", *WHO],
        ["op/s1/2", "--release", *WHO],
        ["op/s1", "--release", *WHO, "--by", " "],
        ["op/s1", "--release", *WHO, "--reason", ""],
        ["op/s1", "--amount", "-1", *WHO],
        ["op/s1", "--amount", "twelve", *WHO],
        ["op/s1", "--release"],
    ],
)
def test_what_cannot_be_meant_is_refused(said: list[SettlementDecided], arguments: list[str]) -> None:
    assert CliRunner().invoke(app, ["session", "settle", *arguments]).exit_code == 2
    assert said == []


def refused() -> list[Event]:
    told = Told().authorise().charge()
    failed = CaptureFailed(
        session_id="s1", place=PLACE, hold_reference="H-s1", uncollected=euro(1200), reason="expired"
    )
    told.say(failed)
    return told.events


def declined() -> list[Event]:
    told = Told()
    told.say(AuthorisationDeclined(session_id="s1", place=PLACE, reason=DeclineReason.DECLINED))
    return told.events


@pytest.mark.parametrize(
    ("events", "amount", "why"),
    [
        ([], "1", "nothing was said of session op/s1"),
        (Told().events, "1", "has no answer yet"),
        (declined(), "1", "it has no hold"),
        (doubted().events, "50.01", "50.01 EUR is more than the 50.00 EUR"),
        (doubted().events, "1.005", "1.005 is no amount in EUR"),
        (Told().authorise().charge().events, "11", "12.00 EUR of session op/s1 was priced"),
        (refused(), "11", r"was priced at 12.00 EUR and is over: its capture failed \(expired\)$"),
    ],
)
def test_s37_what_cannot_be_followed_is_refused_in_one_sentence(events: list[Event], amount: str, why: str) -> None:
    with pytest.raises((NotSettled, NoAmount, UnknownSession), match=why):
        settlement("op/s1", case_files(events), Decimal(amount))


def test_s38_what_stands_may_be_confirmed_and_a_charge_without_a_hold_be_closed() -> None:
    priced = Told().authorise().charge().events
    assert settlement("op/s1", case_files(priced), Decimal(12)).amount == euro(1200)
    assert settlement("op/s1", case_files(declined()), None).amount == euro(0)


def test_s38_what_comes_of_a_decision_is_told_as_it_is() -> None:
    priced = Told().authorise().charge()
    nothing = settlement("s1", case_files(priced.events), Decimal(12)).does
    assert nothing == "12.00 EUR was priced before and stands; nothing waits for a word, so nothing changes"
    disputed(priced, Doubt.CONTRADICTING_END, stands=1200)
    closed = settlement("op/s1", case_files(priced.events), Decimal(12)).does
    assert closed == "12.00 EUR was priced before and stands; what waits for a word is closed"
    assert settlement("op/s1", case_files(doubted().events), None).does == "its whole hold of 50.00 EUR is to be let go"
    assert settlement("op/s1", case_files(declined()), None).does == "it has no hold, and its dispute is closed"


def test_a_decision_is_an_event_named_by_its_own_id() -> None:
    decision = settlement("op/s1", case_files(doubted().events), Decimal(1)).decided(
        "d-1", "anna", "why", NOW + timedelta(hours=1)
    )
    assert begin(decision, decision.decision_id, "/operator", NOW).fact.identity == "op/s1"


def test_where_nobody_can_be_asked_no_money_moves_without_yes(said: list[SettlementDecided]) -> None:
    # when a script does not say that it means it
    done = CliRunner().invoke(app, ["session", "settle", "op/s1", "--release", *WHO])
    # then it is told what would have been done, and how to say so
    assert said == []
    assert isinstance(done.exception, Unusable)
    assert "Settle it so? Nobody is there to be asked, and nothing was done: --yes" in str(done.exception)
