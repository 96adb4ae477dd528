"""What CCV tells is compared with what was asked, and never taken for more than it says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.unit.provider.ccv.ccv_server import HOLD, TAKE, captured, scripted, told

from tapwatt.errors import BrokenInvariant, Unavailable
from tapwatt.money import Money
from tapwatt.provider.port import Kind, Status


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": 20.01},
        {"amount": 2000},
        {"currency": "usd"},
        {"type": "capture"},
        {"merchantOrderReference": "order-2"},
        {"details": {"terminalId": "T2"}},
    ],
    ids=str,
)
async def test_an_answer_about_something_else_is_a_broken_invariant(changes: dict[str, Any]) -> None:
    async with scripted() as (server, provider):
        server.body = told(**changes)
        with pytest.raises(BrokenInvariant, match="H1"):
            await provider.authorise(HOLD)


@pytest.mark.parametrize("changes", [{"amount": 12.49}, {"originalReference": "H2"}, {"type": "refund"}], ids=str)
async def test_a_capture_of_something_else_is_a_broken_invariant(changes: dict[str, Any]) -> None:
    async with scripted() as (server, provider):
        server.body = captured(**changes)
        with pytest.raises(BrokenInvariant, match="C1"):
            await provider.capture(TAKE)


@pytest.mark.parametrize("written", ["20", "20.0", "20.00", "2e1", "20.000"])
async def test_an_amount_is_the_same_however_it_is_written(written: str) -> None:
    async with scripted() as (server, provider):
        server.body = (
            f'{{"reference":"H1","type":"authorise","status":"success","amount":{written},"currency":"eur","new":[1]}}'
        )
        held = await provider.authorise(HOLD)
    assert held.asked == held.amount == Money(minor=2000, currency="EUR")


@pytest.mark.parametrize(("held", "minor"), [(20, 2000), (7.5, 750), (0.01, 1)])
async def test_s07_of_a_partial_approval_the_hold_is_what_was_authorised(held: float, minor: int) -> None:
    async with scripted() as (server, provider):
        server.body = told(status="success", details={"authorisedAmount": held})
        answer = await provider.authorise(HOLD)
    assert (answer.asked, answer.amount) == (HOLD.amount, Money(minor=minor, currency="EUR"))


@pytest.mark.parametrize("held", [20.01, 0.001])
async def test_more_than_was_asked_cannot_have_been_authorised(held: float) -> None:
    async with scripted() as (server, provider):
        server.body = told(status="success", details={"authorisedAmount": held})
        with pytest.raises(BrokenInvariant):
            await provider.authorise(HOLD)


async def test_times_are_utc_and_come_from_the_provider() -> None:
    async with scripted() as (server, provider):
        server.body = told(status="success", created=1_772_366_400_123, statusFinalDate=1_772_366_405_000)
        held = await provider.authorise(HOLD)
    assert held.created_at == datetime(2026, 3, 1, 12, 0, 0, 123_000, tzinfo=UTC)
    assert held.final_at == datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)


async def test_the_status_of_another_transaction_is_a_broken_invariant() -> None:
    async with scripted() as (server, provider):
        server.body = told(reference="H2")
        with pytest.raises(BrokenInvariant):
            await provider.status("H1")


async def test_what_belongs_to_an_order_is_sorted_and_kinds_nobody_asks_for_are_left_out() -> None:
    async with scripted() as (server, provider):
        server.body = [
            captured(created=3, originalReference="H1"),
            told(reference="X1", type="release", created=4, amount=None),
            told(created=1, status="success", merchantOrderReference=None),
        ]
        found = await provider.find("order-1")
    assert [(one.reference, one.kind, one.order_reference) for one in found] == [
        ("H1", Kind.AUTHORISE, "order-1"),
        ("C1", Kind.CAPTURE, "order-1"),
    ]


async def test_s25_what_belongs_to_another_order_is_a_broken_invariant() -> None:
    async with scripted() as (server, provider):
        server.body = [told(merchantOrderReference="order-2")]
        with pytest.raises(BrokenInvariant):
            await provider.find("order-1")


async def test_a_list_that_cannot_be_read_whole_is_not_read_at_all() -> None:
    async with scripted() as (server, provider):
        server.body = [told(), told(reference="H2", status="thinking")]
        with pytest.raises(Unavailable):
            await provider.find("order-1")


async def test_a_hold_without_a_known_card_has_no_card() -> None:
    async with scripted() as (server, provider):
        server.body = told(status="success", token="12" * 9)
        held = await provider.authorise(HOLD)
    assert (held.status, held.card) == (Status.SUCCESS, None)


@pytest.mark.parametrize("status", ["pending", "failed", "manualintervention"])
async def test_a_card_is_told_of_success_alone(status: str) -> None:
    async with scripted() as (server, provider):
        server.body = told(status=status, token="99" + "1" * 16)
        assert (await provider.authorise(HOLD)).card is None
