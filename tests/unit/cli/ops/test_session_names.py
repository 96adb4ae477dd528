"""One way to name a session in every command: by its operator, or alone where one operator has it."""

from __future__ import annotations

import pytest
from tests.unit.cli.ops.test_audit_differences import NOW, PLACE
from typer.testing import CliRunner

from tapwatt.facts.events import AuthorisationDeclined, SessionCancelled
from tapwatt.facts.fact import Fact
from tapwatt.facts.reasons import DeclineReason
from tapwatt_cli.app import app
from tapwatt_cli.ops.session_names import UnknownSession, about, identities, meant


def cancelled(session: str, operator: str | None) -> Fact:
    return SessionCancelled(operator_id=operator, session_id=session, reason="driver", cancelled_at=NOW)


def test_a_fact_is_of_its_operators_session_or_of_the_only_one_of_that_id() -> None:
    alone, of_a, of_b, nobodys = (cancelled(*one) for one in (("s1", None), ("s1", "a"), ("s2", "b"), ("s3", None)))
    assert identities([alone, of_a, of_b, nobodys]) == ["a/s1", "a/s1", "b/s2", "s3"]
    assert identities([alone, of_a, cancelled("s1", "b")]) == ["s1", "a/s1", "b/s1"]
    assert about("a/s1", [alone, of_a, of_b]) == [alone, of_a]


def test_s34_a_refusal_of_a_name_that_is_taken_is_not_about_the_session_that_has_it() -> None:
    refused = AuthorisationDeclined(session_id="s1", place=PLACE, reason=DeclineReason.SESSION_KNOWN)
    assert about("op/s1", [refused, cancelled("s1", "op")]) == [cancelled("s1", "op")]


@pytest.mark.parametrize(("named", "found"), [("a/s1", "a/s1"), ("s2", "a/s2"), ("s3", "s3")])
def test_a_session_is_named_with_its_operator_or_without(named: str, found: str) -> None:
    assert meant(named, ["a/s1", "b/s1", "a/s2", "s3", None]) == found


def test_s34_a_name_that_several_have_or_nobody_is_told_in_one_sentence() -> None:
    with pytest.raises(UnknownSession, match=r"^2 operators have a session s1: say which, a/s1 or b/s1$"):
        meant("s1", ["s1", "b/s1", "a/s1", "a/s1"])
    with pytest.raises(UnknownSession, match=r"^12 operators .*: say which, 00/s1 or .* or 04/s1 or 7 more$"):
        meant("s1", [f"{number:02}/s1" for number in range(12)])
    unknown = r"nothing was said of session a/s9: is its name right \(OPERATOR/SESSION\), and the topic prefix\?"
    with pytest.raises(UnknownSession, match=unknown):
        meant("a/s9", ["a/s1"])


@pytest.mark.parametrize("command", [["receipt"], ["refund"], ["session", "settle"]], ids=" ".join)
def test_every_command_says_alike_how_a_session_is_named(command: list[str]) -> None:
    told = " ".join(CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "200"}).output.split())
    assert "OPERATOR/SESSION" in told
    assert "such as NL-TWT/1001; SESSION alone where one operator has one of that id." in told
