"""What of a terminal's words about a card may stand on a receipt, and that nothing else does."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs
from tests.unit.provider.ccv.ccv_server import TAKE, captured, scripted

from tapwatt.provider.card_numbers import luhn, masked_number, over_lines, suspicious
from tapwatt.provider.card_slips import Shown, brand_of, slip_of
from tapwatt.provider.port import Status

PAN = "4761731234567890"
TOKEN = "99AB12CD34EF56GH78"

RECEIPT = """EXAMPLE CHARGING BV
Terminal: 05160300  Merchant: 1234567
DEBIT MASTERCARD
Card: 541333******1234
AID: A0000000041010
Date: 02-03-2026 10:31:05
Approval code: 123456
Total EUR 12.34"""


def test_the_example_s_number_is_a_card_number() -> None:
    assert luhn(PAN)
    assert not luhn(PAN[::-1])


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("541333******1234", "************1234"),
        ("541333XXXXXX1234", "************1234"),
        ("**** **** **** 1234", "************1234"),
        ("5413-33••-••••-1234", "************1234"),
        ("************1234", "************1234"),
        ("************123", "************123"),
        ("xxxxxxxxxxx12345", "************2345"),
        ("٥٤١٣٣٣******١٢٣٤", "************1234"),
    ],
)
def test_of_a_card_number_the_last_four_digits_are_kept(told: str, shown: str) -> None:
    assert masked_number(told) == shown


@pytest.mark.parametrize("told", ["", "MASTERCARD", "1234", "541333**********", "****", "12:34*1234"])
def test_what_is_no_masked_number_is_none(told: str) -> None:
    assert masked_number(told) is None


@pytest.mark.parametrize("told", [PAN, "47617312****7890", "4761731*3456*7890", "47617312", "4*7*6*1*7*3*1*2*3*4*5*6"])
def test_a_number_that_shows_too_much_is_told_apart(told: str) -> None:
    with pytest.raises(ValueError, match="not masked"):
        masked_number(told)


@pytest.mark.parametrize("told", [PAN, TOKEN, f"visa {PAN}", "b" * 65, " ", "\x00"])
def test_what_is_no_brand_or_could_be_a_card_is_told_as_none(told: str) -> None:
    assert brand_of(SecretStr(told)) is None
    assert brand_of(None) is None
    assert brand_of(SecretStr(" Visa\tDebit ")) == "Visa Debit"


@pytest.mark.parametrize(
    "line",
    [
        PAN,
        PAN[::-1],
        "4761 7312 3456 7890",
        "4761-7312-3456-7890",
        "4761  7312 . 3456/7890",
        f"Card{PAN}Visa",
        f"A000000{PAN}",
        "٤٧٦١ ٧٣١٢ ٣٤٥٦ ٧٨٩٠",
        "4761:7312:3456:7890",
        TOKEN,
        f"token={TOKEN.lower()}.",
        "V001ABCDEFGHIJKLMNOPQRSTUVWXY",
    ],
)
def test_what_could_be_a_card_is_seen(line: str) -> None:
    assert suspicious(line)


def test_a_known_secret_is_seen_however_it_is_written() -> None:
    for written in (TOKEN, "99AB 12CD 34EF 56GH 78", TOKEN[::-1], "99ab-12cd-34ef-56gh-78"):
        assert suspicious(f"ref {written} end", [TOKEN])
    assert not suspicious("ref 99AB 12CD end", [TOKEN])


@pytest.mark.parametrize("line", [*RECEIPT.splitlines(), "VAT NL123456789B01", "Tel. 030-1234567", "**** COPY ****"])
def test_what_stands_on_every_receipt_is_not_suspected(line: str) -> None:
    assert not suspicious(line)


def test_a_number_broken_over_lines_is_seen() -> None:
    lines = ["APPROVED", "4761 7312", "3456 7890", "02-03-2026"]
    assert over_lines(lines) == {1, 2}
    assert over_lines(["Terminal 05160300", "02-03-2026 10:31", "12 kWh"]) == set()


def slip(**shown: str) -> tuple[Any, list[str]]:
    """The slip of these words, and what was left out of it."""
    left_out: list[str] = []
    made = slip_of(Shown(**{name: SecretStr(text) for name, text in shown.items()}), (), left_out.append)
    return made, left_out


def test_a_receipt_keeps_its_lines_with_the_number_masked_further() -> None:
    made, left_out = slip(receipt=RECEIPT)
    assert made.lines == tuple(RECEIPT.replace("541333******1234", "************1234").splitlines())
    assert left_out == []


def test_a_line_with_a_card_number_is_left_out_and_counted() -> None:
    made, left_out = slip(receipt=f"APPROVED\nCard: {PAN}\nCard: 47617312****7890\nEUR 12.34")
    assert made.lines == ("APPROVED", "EUR 12.34")
    assert left_out == ["line", "line"]


def test_words_that_could_be_a_card_are_left_out_and_counted() -> None:
    made, left_out = slip(brand=PAN, acquirer=TOKEN, entry_mode="CONTACTLESS", masked_pan=PAN, response_code="00")
    assert (made.brand, made.acquirer, made.entry_mode, made.masked_pan) == (None, None, "CONTACTLESS", None)
    assert sorted(left_out) == ["acquirer", "brand", "masked_pan"]


def test_a_slip_fits_on_paper_and_has_no_character_that_cannot_be_seen() -> None:
    made, _ = slip(receipt="\n".join(["\x1b[31mRED\u202e\t!", "", "w" * 200, *["more"] * 100]), brand="b" * 65)
    assert made.lines[:3] == ("[31mRED !", "", "w" * 80)
    assert len(made.lines) == 60
    assert made.brand is None


def test_nothing_to_show_is_no_slip() -> None:
    assert slip() == (None, [])
    assert slip(receipt="\n \n", brand=" ") == (None, [])


DETAILS: dict[str, Any] = {
    "maskedPan": "541333******1234",
    "brand": "mastercard",
    "entryMode": "CONTACTLESS",
    "acquirer": "EXAMPLE",
    "acquirerResponseCode": "00",
    "customerReceipt": RECEIPT,
}


async def test_ccv_s_words_become_the_slip_of_a_capture() -> None:
    async with scripted() as (server, provider):
        server.body = captured(details=DETAILS)
        taken = await provider.capture(TAKE)
    assert taken.slip is not None
    assert taken.slip.model_dump(exclude={"lines"}) == {
        "brand": "mastercard",
        "masked_pan": "************1234",
        "entry_mode": "CONTACTLESS",
        "acquirer": "EXAMPLE",
        "response_code": "00",
    }
    assert len(taken.slip.lines) == 8


@pytest.mark.parametrize("name", [name for name in DETAILS if name != "acquirerResponseCode"])
@pytest.mark.parametrize(
    "given", [12, True, None, [], {"a": 1}, "x" * 30_000, "\ud800"], ids=lambda given: repr(given)[:9]
)
async def test_a_slip_that_cannot_be_read_never_stops_a_capture(name: str, given: Any) -> None:
    async with scripted() as (server, provider):
        server.body = captured(details={name: given})
        taken = await provider.capture(TAKE)
    assert (taken.status, taken.slip) == (Status.SUCCESS, None)


async def test_what_is_withheld_is_counted_and_logged_without_its_value() -> None:
    left_out: list[str] = []
    async with scripted() as (server, provider):
        provider._on_withheld = left_out.append
        server.body = captured(token=TOKEN, details={**DETAILS, "maskedPan": PAN, "customerReceipt": f"A\n{TOKEN}"})
        with capture_logs() as logs:
            taken = await provider.capture(TAKE)
    assert left_out == ["masked_pan", "line"]
    assert [(one["log_level"], one["what"]) for one in logs] == [("warning", "masked_pan"), ("info", "line")]
    assert taken.slip is not None
    assert taken.slip.lines == ("A",)
    assert not [secret for secret in (PAN, TOKEN) if secret in repr((taken, logs))]
