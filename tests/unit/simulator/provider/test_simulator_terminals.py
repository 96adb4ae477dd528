"""What happens at a simulated terminal: busy, offline, nobody comes, cancelled, declined, PIN, partial, phones."""

import asyncio
from typing import Any

import pytest


async def test_s28_a_second_payment_at_a_busy_terminal_fails_at_once(world: Any) -> None:
    await world.authorise(order="first")
    code, second = await world.authorise(order="second")
    assert (code, second["status"], second["failureCode"]) == (200, "failed", "processing_error")
    assert second["details"]["terminalState"] == "BUSY"
    # and the first goes on
    assert (await world.tap())[1]["order_reference"] == "first"
    assert (await world.authorise(order="third"))[1]["status"] == "pending"


@pytest.mark.parametrize(("state", "shown"), [("offline", "INOPERABLE"), ("busy", "BUSY")])
async def test_s16_a_terminal_that_is_away_fails_at_once_until_it_is_back(world: Any, state: str, shown: str) -> None:
    await world.admin("POST", "/terminals/T1/state", {"state": state})
    _, failed = await world.authorise()
    assert (failed["status"], failed["details"]["terminalState"]) == ("failed", shown)
    await world.admin("POST", "/terminals/T1/state", {"state": "online"})
    assert (await world.authorise())[1]["status"] == "pending"


async def test_a_card_means_nothing_to_a_terminal_that_went_offline(world: Any) -> None:
    _, asked = await world.authorise()
    await world.admin("POST", "/terminals/T1/state", {"state": "offline"})
    assert (await world.tap())[0] == 409
    assert (await world.status(asked["reference"]))["status"] == "pending"


async def test_nobody_comes_and_the_payment_expires(start: Any) -> None:
    async with start(pending_s=0.1) as world:
        _, asked = await world.authorise()
        await asyncio.sleep(0.3)
        seen = await world.status(asked["reference"])
        assert (seen["status"], seen["failureCode"]) == ("failed", "expired")
        assert (await world.tap())[0] == 404


async def test_a_cancel_by_address_or_at_the_terminal_ends_it_but_not_after_the_card(world: Any) -> None:
    _, asked = await world.authorise()
    code, cancelled = await world.call("POST", asked["cancelUrl"], headers={"User-Agent": "tests"})
    assert (code, cancelled["status"], cancelled["failureCode"]) == (200, "failed", "cancelled")
    assert (await world.call("POST", asked["cancelUrl"]))[0] == 200
    # at the terminal
    _, asked = await world.authorise()
    assert (await world.admin("POST", "/terminals/T1/cancel"))[1]["failure_code"] == "cancelled"
    assert (await world.admin("POST", "/terminals/T1/cancel"))[0] == 404
    # too late
    _, asked = await world.authorise()
    await world.tap()
    assert (await world.call("POST", asked["cancelUrl"]))[0] == 422
    assert (await world.status(asked["reference"]))["status"] == "success"


async def test_a_driver_who_walked_away_does_not_tap_later(world: Any) -> None:
    # given a driver who stops waiting at the terminal
    tapping = asyncio.create_task(world.tap(wait_s=30))
    await asyncio.sleep(0.1)
    tapping.cancel()
    await asyncio.sleep(0.1)
    # when a payment comes
    _, asked = await world.authorise()
    await asyncio.sleep(0.1)
    # then no ghost taps for it
    assert (await world.status(asked["reference"]))["status"] == "pending"


@pytest.mark.parametrize("code", ["insufficient_funds", "card_refused", "fraud_detected"])
async def test_a_card_that_is_declined_says_why(world: Any, code: str) -> None:
    _, asked = await world.authorise()
    _, ended = await world.tap({"name": "bob", "decline": code})
    assert (ended["status"], ended["failure_code"]) == ("failed", code)
    seen = await world.status(asked["reference"])
    assert (seen["status"], seen["failureCode"]) == ("failed", code)
    assert "token" not in seen
    assert (await world.books(asked["reference"]))["authorised"] == 0


@pytest.mark.parametrize(
    ("card", "entry", "amount", "status"),
    [
        ({"name": "p"}, "contactless", 50, "success"),
        ({"name": "p"}, "contactless", 50.01, "failed"),
        ({"name": "p"}, "contact", 50.01, "success"),
        ({"name": "p", "device": "phone"}, "contactless", 60, "success"),
        ({"name": "p", "pin": "always"}, "contactless", 5, "failed"),
        ({"name": "p", "pin": "never"}, "contactless", 60, "success"),
    ],
)
async def test_s27_a_tap_above_50_euros_needs_a_pin_unless_inserted(
    world: Any, card: dict[str, str], entry: str, amount: object, status: str
) -> None:
    _, asked = await world.authorise(amount)
    _, ended = await world.tap(card, entry=entry)
    assert ended["status"] == status
    if status == "failed":
        seen = await world.status(asked["reference"])
        assert (seen["failureCode"], seen["details"]["acquirerResponseCode"]) == ("card_refused", "1A")
        assert "PIN" in seen["details"]["cardholderMessage"]


async def test_s07_a_partial_approval_leaves_the_amount_and_holds_less(world: Any) -> None:
    _, asked = await world.authorise(50)
    await world.tap({"name": "poor", "approves_up_to": 1501})
    seen = await world.status(asked["reference"])
    assert (seen["status"], seen["amount"]) == ("success", 50)
    assert str(seen["details"]["authorisedAmount"]) == "15.01"
    assert (await world.post("capture", {"reference": asked["reference"], "amount": 15.02}))[0] == 422
    books = await world.books(asked["reference"])
    assert (books["asked"], books["authorised"]) == (5000, 1501)


async def test_s07_without_support_for_it_a_partial_approval_is_a_decline(world: Any) -> None:
    await world.authorise(50, details={"supportPartialApproval": False})
    _, ended = await world.tap({"name": "poor", "approves_up_to": 1501})
    assert (ended["status"], ended["failure_code"]) == ("failed", "insufficient_funds")


async def test_s03_a_card_and_its_phone_have_two_tokens_and_one_par(world: Any) -> None:
    await world.admin(
        "POST",
        "/cards",
        [
            {"name": "ann"},
            {"name": "ann-phone", "account": "ann", "device": "phone"},
            {"name": "eve", "brand": "visa"},
            {"name": "old", "has_par": False},
        ],
    )
    seen: dict[str, tuple[str, str | None]] = {}
    for name in ("ann", "ann-phone", "eve", "old", "ann"):
        _, asked = await world.authorise()
        await world.tap(name)
        answer = await world.status(asked["reference"])
        assert seen.setdefault(name, (answer["token"], answer["details"].get("par"))) == (
            answer["token"],
            answer["details"].get("par"),
        )
    tokens = {name: token for name, (token, _) in seen.items()}
    pars = {name: par or "" for name, (_, par) in seen.items()}
    assert len(set(tokens.values())) == 4
    assert pars["ann"] == pars["ann-phone"] != pars["eve"]
    assert pars["ann"].startswith("5001")
    assert pars["eve"].startswith("V001")
    assert pars["old"] == ""


async def test_in_test_mode_the_token_is_the_card_number_reversed(start: Any) -> None:
    async with start(token_mode="reversed_pan") as world:
        _, cards = await world.admin("GET", "/cards")
        assert cards[0]["token"] == cards[0]["pan"][::-1]
        digits = [int(digit) for digit in reversed(cards[0]["pan"])]
        assert sum(digits[0::2] + [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]) % 10 == 0


async def test_no_token_unless_one_was_asked_for(world: Any) -> None:
    _, asked = await world.authorise(requestToken=False)
    await world.tap()
    seen = await world.status(asked["reference"])
    assert "token" not in seen
    assert "par" not in seen["details"]


async def test_a_card_that_cannot_be_read_fails_and_an_unknown_one_is_said_to_be_unknown(world: Any) -> None:
    await world.authorise()
    assert (await world.tap("nobody"))[0] == 404
    assert (await world.tap({"name": "bent", "readable": False}))[1]["failure_code"] == "card_refused"


async def test_the_back_door_says_what_is_wrong_with_an_order(world: Any) -> None:
    code, answer = await world.admin("POST", "/terminals/T1/present", {"card": "alice", "entry": "thrown"})
    assert (code, "entry" in answer["error"]) == (400, True)
    assert (await world.admin("POST", "/faults", {"kind": "unheard_of"}))[0] == 400
    assert (await world.admin("POST", "/cards", [{"nam": "x"}]))[0] == 400


async def test_the_ledger_page_has_no_card_token(world: Any) -> None:
    reference = await world.held(20)
    token = (await world.status(reference))["token"]
    async with world.session.get(f"{world.url}/admin/ledger") as answer:
        assert token not in await answer.text()
