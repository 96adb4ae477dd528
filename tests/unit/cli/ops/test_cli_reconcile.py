"""`tapwatt reconcile`, without a Kafka: what is typed, what the provider answers, the ledger, and how it is shown."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from tests.unit.watch.account import FRAME, Told, claims_of, settled, whole
from tests.unit.watch.said import NOON, eur
from typer.testing import CliRunner

from tapwatt.errors import Unavailable
from tapwatt.provider.port import Kind as Done
from tapwatt.provider.port import Status, Transaction
from tapwatt_cli.app import app
from tapwatt_cli.exit_codes import UNUSABLE, Unusable
from tapwatt_cli.ops.ledger_page import UnreadableLedger
from tapwatt_cli.ops.ledger_statement import ledger_statement
from tapwatt_cli.ops.provider_statement import REST_IS_NOT_TOLD, ask, orders_of
from tapwatt_cli.ops.reconcile_page import as_json, line, show
from tapwatt_cli.ops.reconciling import Accounts, settlement_statement
from tapwatt_watch.reconciliation.compare import compare
from tapwatt_watch.reconciliation.movements import Kind, Movement

SOLD = Told(1, "captured", held=5000, taken=1200, refunds=(200,))


class Asked:
    """A provider that has these transactions, and is away the first time that it is asked about an order."""

    def __init__(self, told: dict[str, list[Transaction]]) -> None:
        self._told = told
        self.orders: list[str] = []

    async def find(self, order_reference: str) -> list[Transaction]:
        self.orders.append(order_reference)
        if self.orders.count(order_reference) == 1:
            raise Unavailable("it is busy", retry_after_s=0.001)
        return self._told.get(order_reference, [])


def done(kind: Done, reference: str, minor: int, origin: str | None = None, **changes: object) -> Transaction:
    made = Transaction(reference, kind, Status.SUCCESS, "op/1", origin, amount=eur(minor), final_at=NOON)
    return replace(made, **changes)  # type: ignore[arg-type]


HELD = done(Done.AUTHORISE, "H-1", 5000)
TAKEN = done(Done.CAPTURE, "C-1", 1200, "H-1")
BACK = done(Done.REFUND, "R-1-0", 200, "C-1")


def asked(*transactions: Transaction, told: Told = SOLD) -> tuple[list[tuple[str, str, str]], Asked]:
    claims = claims_of(told.facts())
    provider = Asked({"1": list(transactions)})
    orders = orders_of(claims, FRAME)
    statement = asyncio.run(ask(provider, orders, FRAME.now, False, lambda *_: None))  # type: ignore[arg-type]
    assert statement.notes == (REST_IS_NOT_TOLD,)
    found = compare(claims, statement, FRAME).found
    return [(str(one.kind), one.ours, one.theirs) for one in found], provider


def test_the_provider_is_asked_by_the_name_under_which_it_was_and_again_where_it_is_busy() -> None:
    # given a session of the first days, whose hold was asked for under its id alone
    found, provider = asked(HELD, TAKEN, BACK)
    assert found == []
    assert provider.orders == ["1", "1"]


@pytest.mark.parametrize(
    ("told", "transactions", "found"),
    [
        (SOLD, (HELD, BACK, replace(TAKEN, status=Status.FAILED)), ["capture", "open_hold"]),
        (SOLD, (HELD, TAKEN), ["refund"]),
        (SOLD, (HELD, TAKEN, BACK, done(Done.CHARGEBACK, "B-1", 1000, "C-1")), ["chargeback"]),
        (Told(1, "released"), (HELD,), ["open_hold"]),
        (Told(1, "released"), (HELD, done(Done.REVERSAL, "V-1", 5000, "H-1")), []),
        (Told(1, "released"), (), ["hold", "open_hold"]),
        (SOLD, (HELD, TAKEN, BACK, done(Done.REVERSAL, "V-1", 1200, "C-1")), ["refund"]),
    ],
)
def test_what_the_provider_has_otherwise_is_found(
    told: Told, transactions: Sequence[Transaction], found: list[str]
) -> None:
    assert [kind for kind, *_ in asked(*transactions, told=told)[0]] == found


def test_only_sessions_that_were_spoken_of_in_the_period_are_asked_about() -> None:
    claims = claims_of(Told(1, "captured").facts())
    for fact in Told(2, "captured").facts():
        claims.note(fact, NOON - timedelta(days=3))
    assert list(orders_of(claims, FRAME).values()) == ["op/1"]


def test_the_ledger_of_the_simulated_provider_is_an_account_of_everything() -> None:
    at = int(NOON.timestamp() * 1000)

    def moved(kind: str, reference: str, amount: int) -> dict[str, object]:
        return {"at": at, "hold": "H-1", "reference": reference, "kind": kind, "amount": amount, "currency": "eur"}

    page = {
        "transactions": [{"reference": "H-1", "order_reference": "op/1", "type": "authorise"}],
        "journal": [
            moved("hold", "H-1", 5000),
            moved("capture", "C-1", 1200),
            moved("release", "C-1", 3800),
            moved("refund", "R-1-0", 200),
        ],
    }
    assert compare(claims_of(SOLD.facts()), ledger_statement(page, FRAME.now), FRAME).found == ()
    with pytest.raises(UnreadableLedger, match="the ledger cannot be read"):
        ledger_statement({"journal": []}, FRAME.now)
    with pytest.raises(UnreadableLedger):
        ledger_statement({**page, "journal": [moved("gift", "H-1", 1)]}, FRAME.now)


def test_differences_are_shown_by_session_and_end_with_the_line_that_scripts_look_for() -> None:
    stranger = Movement(Kind.CAPTURE, "C-9\x1b[2J", eur(700), NOON, "op/9", "H-9")
    found = [compare(claims_of(SOLD.facts()), settled([stranger, *SOLD.movements()]), FRAME)]
    written = StringIO()
    show(Console(file=written, width=60), found, FRAME, every=False)
    said = written.getvalue()
    assert "\x1b" not in said
    assert all(word in said for word in ("op/9", "7.00 EUR", "captured", "nobody that we know"))
    assert said.rstrip().endswith("reconcile: 2 movements agree, 1 differ, 0 not yet due")
    document = json.loads(json.dumps(as_json(found, FRAME)))
    assert document["line"] == line(found)
    assert document["accounts"][0]["differences"][0]["session"] == "op/9"


def test_what_is_not_due_yet_and_what_it_costs_is_said_and_is_no_difference() -> None:
    early = replace(settled([], until=NOON), fees={"EUR": 11}, notes=("b.csv is a.csv again.",))
    found = [compare(claims_of(SOLD.facts()), early, replace(FRAME, now=NOON + timedelta(hours=1)))]
    written = StringIO()
    show(Console(file=written, width=120), found, FRAME, every=True)
    assert "Not yet due: 2 movements of 14.00 EUR" in written.getvalue()
    assert "Fees, in nobody's session: 0.11 EUR" in written.getvalue()
    assert "b.csv is a.csv again." in written.getvalue()


def test_both_sides_of_another_operator_are_left_out() -> None:
    other = Told(2, "captured", operator="nl")
    claims = claims_of([*SOLD.facts(), *other.facts()])
    assert {one.session for one in claims.of("nl").movements.values()} == {"nl/2"}
    assert compare(claims.of("op"), whole(SOLD.movements()), FRAME).found == ()


def test_a_file_that_cannot_be_read_is_one_sentence_and_nothing_is_compared(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("no such columns\n")
    with pytest.raises(Unusable, match=r"a\.csv: it has no column .*; nothing was compared"):
        settlement_statement(Accounts((tmp_path,)))
    with pytest.raises(Unusable, match="neither a file nor a folder; nothing was compared"):
        settlement_statement(Accounts((tmp_path / "nowhere",)))
    assert settlement_statement(Accounts()) is None


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("--from 2d", "say what to compare with"),
        ("--from 2026-03-02 --to 2026-03-01 --ask-provider", "before it begins"),
        ("--from soon --ask-provider", "is no moment"),
        ("--ask-provider", "Missing option"),
    ],
)
def test_what_cannot_be_meant_is_said_before_anything_is_read(typed: str, says: str) -> None:
    done_ = CliRunner().invoke(app, ["reconcile", *typed.split()], env={"COLUMNS": "200"})
    assert done_.exit_code == UNUSABLE
    assert says in done_.output
