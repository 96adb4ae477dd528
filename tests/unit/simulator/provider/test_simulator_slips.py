"""The customer's receipt of a simulated terminal, and that a capture repeats what the card's holder may see."""

import asyncio
from typing import Any


async def test_a_hold_has_a_receipt_of_what_was_reserved(world: Any) -> None:
    # given a hold of 20 euros on a tapped card
    _, asked = await world.authorise(terminal="T7")
    await world.tap(terminal="T7")
    held = (await world.status(asked["reference"]))["details"]
    # then the receipt names the terminal, the card's application, its masked number and the amount
    lines = held["customerReceipt"].splitlines()
    assert "Terminal: T7" in lines
    assert "DEBIT MASTERCARD" in lines
    assert f"Card: {held['maskedPan']}" in lines
    assert "AID: A0000000041010" in lines
    assert "CONTACTLESS" in lines
    assert "Reserved: EUR 20.00" in lines
    assert any(line.startswith("Approval code: ") and len(line) == 21 for line in lines)
    # and no secret of the card
    _, cards = await world.admin("GET", "/cards")
    assert not [one[what] for one in cards for what in ("pan", "token", "par") if one[what] in held["customerReceipt"]]


async def test_what_is_reserved_is_what_was_approved(world: Any) -> None:
    _, asked = await world.authorise(20)
    await world.tap({"name": "bob", "brand": "visa", "approves_up_to": 1500}, entry="contact")
    lines = (await world.status(asked["reference"]))["details"]["customerReceipt"].splitlines()
    assert "Reserved: EUR 15.00" in lines
    assert "VISA DEBIT" in lines
    assert "CHIP" in lines


async def test_a_capture_repeats_the_card_s_details_and_receipt_and_nothing_else(world: Any) -> None:
    # given a hold
    hold = await world.held()
    held = (await world.status(hold))["details"]
    # when it is captured
    _, taken = await world.post("capture", {"reference": hold, "amount": 12.34})
    # then the answer repeats the card's side of it, and not the PAR
    shown = ("maskedPan", "brand", "entryMode", "acquirer", "acquirerResponseCode", "customerReceipt")
    assert taken["details"] == {name: held[name] for name in shown}
    assert (await world.status(taken["reference"]))["details"] == taken["details"]
    # and a refund is told as before
    _, back = await world.post("refund", {"reference": taken["reference"], "amount": 1})
    assert back["details"] == {}


async def test_a_pending_capture_has_no_details_until_it_succeeds(world: Any) -> None:
    hold = await world.held()
    await world.admin("POST", "/faults", {"kind": "pending", "verb": "capture", "seconds": 0.05, "count": 1})
    _, begun = await world.post("capture", {"reference": hold, "amount": 5})
    assert (begun["status"], begun["details"]) == ("pending", {})
    for _ in range(100):
        if (done := await world.status(begun["reference"]))["status"] == "success":
            break
        await asyncio.sleep(0.05)
    else:
        raise AssertionError("it stays pending")
    assert "customerReceipt" in done["details"]


async def test_a_token_read_has_no_receipt(world: Any) -> None:
    details = {"terminalId": "T1", "operatingEnvironment": "UNATTENDED"}
    _, asked = await world.post("token", {"method": "terminal", "merchantOrderReference": "t1", "details": details})
    await world.tap()
    assert "customerReceipt" not in (await world.status(asked["reference"]))["details"]
