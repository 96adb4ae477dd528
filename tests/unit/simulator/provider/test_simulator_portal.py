"""The simulated provider's portal: what people, the issuer and the provider itself do, and how the books tell of it."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from simulator.provider.ledger import Ledger, LedgerUnusable


async def by_hand(world: Any, act: str, reference: str, **more: Any) -> tuple[int, Any]:
    code, answer = await world.admin("POST", f"/portal/{act}", {"reference": reference, **more})
    return code, answer


async def test_what_was_done_by_hand_is_in_the_ledger_with_who_did_it(world: Any) -> None:
    hold = await world.held(20)
    await by_hand(world, "capture", hold, amount_minor=700, by="ria of the back office")
    capture = (await world.of_order("o1"))[-1]["reference"]
    await by_hand(world, "refund", capture, amount_minor=100)
    await by_hand(world, "automatic_refund", capture, amount_minor=50)
    await by_hand(world, "chargeback", capture)
    _, ledger = await world.admin("GET", "/ledger")
    assert [(one["type"], one["amount"], one["done_by"]) for one in ledger["transactions"]] == [
        ("authorise", 2000, None),
        ("capture", 700, "ria of the back office"),
        ("refund", 100, "somebody at the portal"),
        ("refund", 50, "the provider"),
        ("chargeback", 550, "the issuer"),
    ]
    assert await world.lines(hold) == [
        ("hold", 2000),
        ("capture", 700),
        ("release", 1300),
        ("refund", 100),
        ("refund", 50),
        ("chargeback", 550),
    ]
    books = await world.books(hold)
    assert (books["captured"], books["refunded"], books["charged_back"]) == (700, 150, 550)


async def test_a_cancelled_capture_moves_its_money_back_and_not_into_the_hold(world: Any) -> None:
    hold = await world.held(20)
    _, taken = await world.post("capture", {"reference": hold, "amount": 7}, "k")
    code, undone = await by_hand(world, "cancel_capture", taken["reference"])
    assert (code, undone["type"]) == (200, "reversal")
    assert (await world.of_order("o1"))[-1]["originalReference"] == taken["reference"]
    assert await world.lines(hold) == [("hold", 2000), ("capture", 700), ("release", 1300), ("refund", 700)]


@pytest.mark.parametrize(
    ("act", "more"),
    [("capture", {"amount_minor": 2001}), ("refund", {}), ("chargeback", {}), ("cancel_capture", {})],
)
async def test_the_portal_cannot_do_what_the_books_forbid_and_nothing_of_it_stays(
    world: Any, act: str, more: dict[str, int]
) -> None:
    hold = await world.held(20)
    code, answer = await by_hand(world, act, hold, **more)
    assert code == 409
    assert answer["error"]
    assert await world.lines(hold) == [("hold", 2000)]
    assert len(await world.of_order("o1")) == 1


@pytest.mark.parametrize("act", ["capture", "reversal", "cancel_capture", "refund", "automatic_refund", "chargeback"])
async def test_nothing_is_done_to_what_nobody_knows(world: Any, act: str) -> None:
    assert (await by_hand(world, act, "C0FFEE", amount_minor=1))[0] == 409


async def test_faults_are_for_what_is_asked_and_not_for_what_a_person_does(world: Any) -> None:
    hold = await world.held(20)
    await world.admin("POST", "/faults", [{"kind": "decline", "verb": "capture"}, {"kind": "pending"}])
    code, answer = await by_hand(world, "capture", hold)
    assert (code, answer["status"], answer["amount"]) == (200, "success", 2000)


async def test_an_order_to_the_portal_that_cannot_be_read_says_why(world: Any) -> None:
    code, answer = await by_hand(world, "refund", "C1", amount_minor=0)
    assert code == 400
    assert "amount_minor" in answer["error"]


def test_a_ledger_of_another_shape_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    Ledger(str(path)).close()
    Ledger(str(path)).close()
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA user_version = 1")
    other.close()
    with pytest.raises(LedgerUnusable, match="another version"):
        Ledger(str(path))
