"""The life of a payment at the simulated provider: asked, tapped, held, captured, let go, paid back, asked about."""

import asyncio
from typing import Any

import pytest


async def test_a_hold_is_pending_until_the_card_is_tapped_then_captured_and_the_rest_released(world: Any) -> None:
    # given an authorisation nobody has tapped for
    code, asked = await world.authorise(20, key="authorise:s1")
    assert (code, asked["status"], asked["type"], asked["currency"]) == (200, "pending", "authorise", "eur")
    assert "token" not in asked
    # when the card is tapped
    _, ended = await world.tap()
    assert ended["status"] == "success"
    # then the hold stands, with token and PAR
    seen = await world.status(asked["reference"])
    assert seen["status"] == "success"
    assert (seen["amount"], seen["details"]["authorisedAmount"]) == (20, 20)
    assert seen["token"].startswith("99")
    assert len(seen["token"]) == 18
    assert len(seen["details"]["par"]) == 29
    assert seen["created"] <= seen["lastUpdate"] == seen["statusFinalDate"]
    # when a part is captured
    code, taken = await world.post("capture", {"reference": asked["reference"], "amount": 12.34}, "capture:h1")
    assert (code, taken["status"], taken["type"]) == (200, "success", "capture")
    assert (taken["originalReference"], taken["merchantOrderReference"]) == (asked["reference"], "o1")
    # then the ledger has every cent
    books = await world.books(asked["reference"])
    assert {name: books[name] for name in ("asked", "authorised", "captured", "released", "reversed", "captures")} == {
        "asked": 2000,
        "authorised": 2000,
        "captured": 1234,
        "released": 766,
        "reversed": 0,
        "captures": 1,
    }
    assert await world.lines(asked["reference"]) == [("hold", 2000), ("capture", 1234), ("release", 766)]
    assert [one["type"] for one in await world.of_order("o1")] == ["authorise", "capture"]


async def test_s19_a_reversal_lets_the_whole_hold_go_and_only_once(world: Any) -> None:
    reference = await world.held(20)
    code, reversed_ = await world.post("reversal", {"reference": reference}, "release:h1")
    assert (code, reversed_["type"], reversed_["amount"]) == (200, "reversal", 20)
    assert (await world.post("reversal", {"reference": reference}, "release:h2"))[0] == 422
    assert await world.lines(reference) == [("hold", 2000), ("reversal", 2000)]


async def test_reading_a_token_waits_for_a_card_and_moves_no_money(world: Any) -> None:
    body = {
        "method": "terminal",
        "merchantOrderReference": "stop-1",
        "details": {"terminalId": "T1", "operatingEnvironment": "UNATTENDED"},
    }
    code, asked = await world.post("token", body)
    assert (code, asked["type"], asked["status"]) == (200, "token", "pending")
    await world.tap()
    seen = await world.status(asked["reference"])
    reference = await world.held(20)
    assert seen["token"] == (await world.status(reference))["token"]
    assert "amount" not in seen
    assert await world.lines(asked["reference"]) == []


async def test_a_tap_may_come_before_the_payment_and_waits_for_it(world: Any) -> None:
    # given a driver who stands at the terminal
    tapping = asyncio.create_task(world.tap(wait_s=5))
    await asyncio.sleep(0.05)
    # when the payment comes
    _, asked = await world.authorise()
    # then the card ends it
    code, ended = await tapping
    assert (code, ended["reference"], ended["status"]) == (200, asked["reference"], "success")


async def test_a_tap_waits_for_the_order_it_is_meant_for_and_not_longer_than_it_said(world: Any) -> None:
    await world.authorise(order="other")
    code, answer = await world.tap(wait_s=0.1, order_reference="o1")
    assert code == 404
    assert "nothing waits" in answer["error"]
    assert (await world.tap(wait_s=0.1, order_reference="other"))[0] == 200


@pytest.mark.parametrize(
    ("amount", "code"),
    [(20.01, 422), (20, 200), (20.0, 200), (0, 400), (-1, 400), (9.999, 400), ("9.99", 400), (True, 400)],
)
async def test_a_capture_is_never_above_the_hold_nor_of_a_wrong_amount(world: Any, amount: object, code: int) -> None:
    reference = await world.held(20)
    answered, _ = await world.post("capture", {"reference": reference, "amount": amount})
    assert answered == code
    assert (await world.books(reference))["captured"] == (2000 if code == 200 else 0)


async def test_a_second_capture_with_another_reference_is_refused(world: Any) -> None:
    reference = await world.held(20)
    assert (await world.post("capture", {"reference": reference, "amount": 5}, "capture:1"))[0] == 200
    code, refusal = await world.post("capture", {"reference": reference, "amount": 5}, "capture:2")
    assert (code, refusal["failureCode"], refusal["transactionReference"]) == (422, "rejected", reference)
    assert (await world.books(reference))["captures"] == 1


async def test_s20_refunds_go_up_to_what_was_captured_and_no_further(world: Any) -> None:
    reference = await world.held(20)
    _, capture = await world.post("capture", {"reference": reference, "amount": 12})
    # by the capture's reference or the authorisation's
    assert (await world.post("refund", {"reference": capture["reference"], "amount": 5}, "refund:1"))[0] == 200
    assert (await world.post("refund", {"reference": reference, "amount": 7.01}, "refund:2"))[0] == 422
    code, rest = await world.post("refund", {"reference": reference}, "refund:3")
    assert (code, rest["amount"]) == (200, 7)
    assert (await world.books(reference))["refunded"] == 1200
    assert (await world.post("refund", {"reference": reference, "amount": 0.01}, "refund:4"))[0] == 422


async def test_after_a_capture_the_rest_is_released_by_a_reversal_only_where_the_provider_does_not(start: Any) -> None:
    async with start(auto_release=False) as world:
        reference = await world.held(20)
        await world.post("capture", {"reference": reference, "amount": 5})
        assert (await world.books(reference))["open"] is True
        assert (await world.post("reversal", {"reference": reference}))[0] == 200
        assert await world.lines(reference) == [("hold", 2000), ("capture", 500), ("release", 1500)]
        assert (await world.books(reference))["open"] is False
    async with start() as world:
        reference = await world.held(20, order="o2")
        await world.post("capture", {"reference": reference, "amount": 5})
        assert (await world.post("reversal", {"reference": reference}))[0] == 422


async def test_settling_an_unknown_pending_or_failed_authorisation_is_refused_and_asking_for_it_says_404(
    world: Any,
) -> None:
    code, refusal = await world.post("capture", {"reference": "nothing"})
    assert (code, refusal["failureCode"]) == (422, "unknown_reference")
    _, pending = await world.authorise()
    assert (await world.post("capture", {"reference": pending["reference"]}))[0] == 422
    assert (await world.post("reversal", {"reference": pending["reference"]}))[0] == 422
    await world.admin("POST", "/terminals/T1/cancel")
    assert (await world.post("capture", {"reference": pending["reference"]}))[0] == 422
    code, answer = await world.call("GET", "/api/v1/transaction?reference=nothing")
    assert (code, answer["failureCode"]) == (404, "unknown_reference")
    assert await world.of_order("nothing") == []


@pytest.mark.parametrize(
    ("currency", "amount", "minor"),
    [("jpy", 2000, 2000), ("isk", 5500, 5500), ("kwd", 6.125, 6125), ("eur", 19.99, 1999)],
)
async def test_s24_amounts_follow_the_decimals_of_their_currency(
    world: Any, currency: str, amount: object, minor: int
) -> None:
    reference = await world.held(amount, currency=currency)
    assert (await world.books(reference))["authorised"] == minor
    await world.post("capture", {"reference": reference})
    books = await world.books(reference)
    assert (books["captured"], books["currency"]) == (minor, currency)


@pytest.mark.parametrize(("currency", "amount"), [("jpy", 20.5), ("kwd", 1.2345), ("eur", 9.999)])
async def test_s24_extra_precision_is_refused(world: Any, currency: str, amount: object) -> None:
    code, refusal = await world.authorise(amount, currency=currency)
    assert (code, refusal["field"]) == (400, "amount")


@pytest.mark.parametrize("currency", ["EUR", "zzz", "xau", "clf", ""])
async def test_an_unknown_currency_is_refused_by_name(world: Any, currency: str) -> None:
    code, refusal = await world.authorise(currency=currency)
    assert (code, refusal["field"]) == (400, "currency")
    if currency:
        assert refusal["failureCode"] == "unsupported_currency"


async def test_a_hold_whose_window_is_over_is_released_and_cannot_be_captured(world: Any) -> None:
    reference = await world.held(20)
    assert (await world.admin("POST", f"/holds/{reference}/expire"))[0] == 200
    code, refusal = await world.post("capture", {"reference": reference, "amount": 5})
    assert (code, refusal["failureCode"]) == (422, "expired")
    assert await world.lines(reference) == [("hold", 2000), ("release", 2000)]
