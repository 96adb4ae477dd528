"""`tapwatt receipt` makes a receipt from facts in a file, in three forms, and refuses in one sentence."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import Result
from tests.unit.receipts.receipt_facts_made import MORNING, captured, line, money, priced, released
from typer.testing import CliRunner

from receipts.credit_note import CreditNote
from receipts.receipt import Receipt
from tapwatt.facts.codec import begin
from tapwatt.facts.events import CaptureFailed, Refunded, SessionCancelled
from tapwatt.facts.fact import Fact
from tapwatt.facts.topics import fact_type
from tapwatt_cli.app import app
from tapwatt_cli.ops.receipt_facts import settled_by_events, settled_by_facts
from tapwatt_cli.ops.session_names import UnknownSession

PRICED = priced()
CAPTURED = captured(PRICED)
FAILED = CaptureFailed(
    session_id="s-1", place=PRICED.place, hold_reference="H-1", uncollected=PRICED.owed, reason="expired"
)


def event(fact: Fact, **named: str) -> dict[str, Any]:
    """An event in a file, by its CloudEvents type unless named otherwise."""
    return {**(named or {"type": fact_type(type(fact))}), "value": json.loads(fact.model_dump_json(exclude_none=True))}


def written(folder: Path, events: Sequence[object], *, lines: bool = False) -> Path:
    path = folder / "events.json"
    path.write_text("\n\n".join(map(json.dumps, events)) + "\n" if lines else json.dumps(events, indent=1))
    return path


def tapwatt(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["receipt", *map(str, arguments)])


def refused(result: Result, *words: str) -> None:
    """Exit code 2, and one sentence with these words."""
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("tapwatt: ")
    assert len(result.stderr.strip().splitlines()) == 1
    assert result.stdout == ""
    assert not [word for word in words if word not in result.stderr], result.stderr


@pytest.mark.parametrize("lines", [False, True], ids=["array", "a line each"])
def test_a_receipt_is_shown_as_text(tmp_path: Path, lines: bool) -> None:
    # given a file with the events of two sessions, one of them delivered twice
    other = priced(session_id="s-2")
    events = [event(PRICED), event(other), event(CAPTURED, name="Captured"), event(captured(other)), event(CAPTURED)]
    # when one's receipt is asked for in Dutch
    done = tapwatt("s-1", "--events", written(tmp_path, events, lines=lines), "--language", "nl")
    # then it says what was charged, and what became of the hold
    assert done.exit_code == 0, done.output
    shown = [" ".join(one.split()) for one in done.stdout.splitlines()]
    assert "Energie 12,346 kWh 0,5445/kWh 21% 6,72" in shown
    assert "Totaal 7,22" in shown
    assert "21% 5,56 1,16 6,72" in shown
    assert "Afgeschreven van de kaart 7,22" in shown
    assert "Vrijgegeven 42,78" in shown
    assert "Kaartnummer ************1234" in shown
    assert "Begin 29 mrt 2026, 01:30:00 Europe/Amsterdam (UTC+01:00)" in shown


def test_a_receipt_is_one_json_document(tmp_path: Path) -> None:
    merchant = tmp_path / "merchant.json"
    merchant.write_text('{"name": "Example Charging", "address": ["Main Street 1"]}')
    path = written(tmp_path, [event(PRICED), event(CAPTURED)])
    done = tapwatt("s-1", "--events", path, "--json", "--merchant", merchant)
    made = Receipt.model_validate_json(done.stdout)
    assert (made.session_id, made.taken, made.capture_reference) == ("s-1", PRICED.owed, "C-2")
    assert made.merchant is not None
    assert (made.merchant.name, made.merchant.vat_number) == ("Example Charging", None)


def test_a_receipt_is_written_as_a_page(tmp_path: Path) -> None:
    page = tmp_path / "receipt.html"
    done = tapwatt("s-1", "--events", written(tmp_path, [event(PRICED), event(CAPTURED)]), "--html", page)
    assert done.stdout == f"the receipt is in {page}\n"
    assert ElementTree.fromstring(page.read_text(encoding="utf-8")).tag == "html"


def test_golden_records_can_be_given_as_they_are(tmp_path: Path) -> None:
    golden = Path(__file__).parents[3] / "golden" / "v1"
    names = ("session-priced.with-vat-summary", "captured.with-card-slip")
    events = [json.loads((golden / f"{name}.json").read_text()) for name in names]
    done = tapwatt("s-1", "--events", written(tmp_path, events))
    assert done.exit_code == 0, done.output
    assert "7.33" in done.stdout


def test_s19_a_released_session_has_a_receipt_too(tmp_path: Path) -> None:
    price = priced([])
    done = tapwatt("s-1", "--events", written(tmp_path, [event(price), event(released(price))]))
    assert "Nothing was taken from the card." in done.stdout


def test_what_a_fact_says_never_moves_the_cursor_or_becomes_a_colour(tmp_path: Path) -> None:
    price = priced([line(100, why="[red]\x1b[2J\u202e!")])
    done = tapwatt("s-1", "--why", "--events", written(tmp_path, [event(price), event(captured(price))]))
    assert "\x1b" not in done.stdout
    assert "[red]\\x1b[2J\\u202e!" in done.stdout


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ([], ["nothing was said of session s-1"]),
        ([SessionCancelled(session_id="s-1", reason="driver", cancelled_at=MORNING)], ["no price"]),
        ([PRICED], ["not settled yet"]),
        ([CAPTURED], ["no price"]),
        ([PRICED, FAILED], ["capture failed (expired)"]),
        ([PRICED, CAPTURED, released(PRICED)], ["more than once", "audit"]),
        ([PRICED, captured(PRICED, held=money(4000), released=money(3278))], ["50.00 EUR held", "40.00 EUR"]),
    ],
    ids=range(7),
)
def test_where_there_is_no_receipt_one_sentence_says_why(tmp_path: Path, events: list[Fact], words: list[str]) -> None:
    refused(tapwatt("s-1", "--events", written(tmp_path, [event(one) for one in events])), *words)


WRONG: list[tuple[str, list[str]]] = [
    ("{", ["line 1 is not JSON"]),
    ('{"type": "tapwatt.captured.v1"}\nnonsense', ["line 1 is no Captured", "value"]),
    ("[1]", ["event 1 is not an object"]),
    ('[{"value": {}}]', ["event 1", "which fact it is"]),
    ('[{"type": 7, "value": {}}]', ["event 1", "which fact it is"]),
    ('[{"type": "tapwatt.captured.v9", "value": {}}]', ["event 1", "which fact it is"]),
    ('[{"name": "Captured", "value": {"session_id": "s-1"}}]', ["event 1 is no Captured: value.place"]),
    ('[{"name": "Captured", "value": "{"}]', ["its value is not JSON"]),
    ('[{"name": "Captured", "value": NaN}]', ["line 1 is not JSON"]),
    ("[" * 100_000, ["line 1 is not JSON"]),
    ("\ufeff[]", ["is not JSON"]),
]


@pytest.mark.parametrize(("text", "words"), WRONG, ids=range(len(WRONG)))
def test_a_file_that_cannot_be_read_is_refused_by_its_place(tmp_path: Path, text: str, words: list[str]) -> None:
    path = tmp_path / "events.json"
    path.write_text(text, encoding="utf-8")
    refused(tapwatt("s-1", "--events", path), str(path), *words)


def test_files_that_are_not_there_or_not_text_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, [event(PRICED), event(CAPTURED)])
    refused(tapwatt("s-1", "--events", tmp_path / "none"), "cannot be read")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    refused(tapwatt("s-1", "--events", tmp_path / "bytes"), "is not UTF-8")
    refused(tapwatt("s-1", "--events", path, "--html", tmp_path / "no" / "page.html"), "cannot be written")
    refused(tapwatt("s-1", "--events", path, "--merchant", tmp_path / "none"), "cannot be read")


@pytest.mark.parametrize(
    "text", ["", "[]", '{"name": ""}', '{"name": "A", "vat": "NL1"}', '{"name": "A", "address": "B"}']
)
def test_a_merchant_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "merchant.json").write_text(text)
    path = written(tmp_path, [event(PRICED), event(CAPTURED)])
    refused(tapwatt("s-1", "--events", path, "--merchant", tmp_path / "merchant.json"), "does not describe a merchant")


@pytest.mark.parametrize("arguments", [["--language", "xx"], ["--json", "--html", "page.html"], ["--nonsense"]])
def test_what_cannot_be_meant_is_refused(tmp_path: Path, arguments: list[str]) -> None:
    path = written(tmp_path, [event(PRICED), event(CAPTURED)])
    assert tapwatt("s-1", "--events", path, *arguments).exit_code == 2


def test_on_kafka_the_settlement_s_envelope_says_when() -> None:
    # given a released session, whose fact has no time, told twice
    price = priced([])
    gone = released(price)
    events = [begin(price, "e-1", "/t", MORNING)]
    events += [begin(gone, "e-2", "/t", MORNING + timedelta(seconds=late)) for late in (9, 4)]
    # then the receipt is issued when it was first said
    found = settled_by_events("s-1", events)
    assert (found.outcome, found.said_at) == (gone, MORNING + timedelta(seconds=4))


def test_kafka_that_does_not_answer_is_one_sentence() -> None:
    result = CliRunner().invoke(app, ["receipt", "s-1", "--bootstrap", "127.0.0.1:1"])
    assert "127.0.0.1:1 does not answer" in str(result.exception)


def test_s20_once_money_went_back_it_is_a_credit_note(tmp_path: Path) -> None:
    back = Refunded(
        operator_id="NL-TWT", session_id="s-1", refund_id="r1", refund_reference="R", amount=money(361), reason="broken"
    )
    path = written(tmp_path, [event(PRICED), event(CAPTURED), event(back), event(back)])
    shown = tapwatt("s-1", "--events", path, "--language", "de")
    assert shown.exit_code == 0, shown.output
    lines = [" ".join(one.split()) for one in shown.stdout.splitlines()]
    assert lines[0] == "Gutschrift"
    assert "Energie 21 % 3,36" in lines
    assert "Auf die Karte erstattet 3,61" in lines
    made = CreditNote.model_validate_json(tapwatt("s-1", "--events", path, "--refund", "r1", "--json").stdout)
    assert (made.amount, made.kept) == (money(361), money(361))
    as_it_was = Receipt.model_validate_json(tapwatt("s-1", "--events", path, "--original", "--json").stdout)
    assert as_it_was.taken == money(722)
    refused(tapwatt("s-1", "--events", path, "--refund", "r9"), "no refund r9 of it went back")


def test_s34_two_operators_with_one_session_id_have_each_their_own_receipt() -> None:
    theirs = PRICED.place.model_copy(update={"operator_id": "another"})
    other = PRICED.model_copy(update={"place": theirs})
    facts = [PRICED, captured(PRICED), other, captured(other)]
    with pytest.raises(UnknownSession, match="2 operators have a session s-1: say which, NL-TWT/s-1 or another/s-1"):
        settled_by_facts("s-1", facts)
    assert settled_by_facts("another/s-1", facts).outcome.place == theirs
    assert settled_by_facts(f"{PRICED.place.operator_id}/s-1", facts).outcome.place == PRICED.place


def test_an_invoice_is_written_for_who_bought_and_its_credit_note_names_it(tmp_path: Path) -> None:
    # given a settled session, who sold and who bought
    seller, buyer, out = tmp_path / "seller.json", tmp_path / "buyer.json", tmp_path / "invoice.xml"
    seller.write_text(json.dumps({"name": "Voorbeeld", "vat_number": "NL123456789B01", "country": "NL"}))
    buyer.write_text(json.dumps({"name": "Kunde GmbH", "country": "DE"}))
    parties = ("--merchant", seller, "--buyer", buyer, "--ubl", out)
    events = [event(PRICED), event(CAPTURED)]
    file = written(tmp_path, events)
    # when its invoice is asked for
    done = tapwatt("s-1", "--events", file, *parties, "--number", "2026-17")
    assert (done.exit_code, done.stdout) == (0, f"the invoice 2026-17 is in {out}\n")
    assert "<cbc:RegistrationName>Kunde GmbH</cbc:RegistrationName>" in out.read_text()
    # and once money went back its credit note, which has to name it
    back = Refunded(operator_id="NL-TWT", session_id="s-1", refund_id="r", refund_reference="R", amount=money(100))
    file = written(tmp_path, [*events, event(back)])
    asked = tapwatt("s-1", "--events", file, *parties, "--number", "C-1")
    assert asked.exit_code == 2
    assert "--invoice" in asked.stderr
    done = tapwatt("s-1", "--events", file, *parties, "--number", "C-1", "--invoice", "2026-17")
    assert done.stdout == f"the credit note C-1 is in {out}\n"
    assert "<cbc:ID>2026-17</cbc:ID>" in out.read_text()
    # and in the other syntax beside it, or alone
    cii = tmp_path / "cii.xml"
    done = tapwatt("s-1", "--events", file, *parties, "--cii", cii, "--number", "C-1", "--invoice", "2026-17")
    assert done.stdout == f"the credit note C-1 is in {out}\nthe credit note C-1 is in {cii}\n"
    assert "<ram:IssuerAssignedID>2026-17</ram:IssuerAssignedID>" in cii.read_text()
    done = tapwatt("s-1", "--events", file, *parties[:4], "--cii", cii, "--number", "2026-17", "--original")
    assert "<ram:TypeCode>380</ram:TypeCode>" in cii.read_text(), done.output


def test_an_invoice_without_a_buyer_or_a_country_is_refused(tmp_path: Path) -> None:
    file, seller = written(tmp_path, [event(PRICED), event(CAPTURED)]), tmp_path / "seller.json"
    seller.write_text(json.dumps({"name": "Voorbeeld", "vat_number": "NL123456789B01"}))
    out = tmp_path / "x.xml"
    for syntax in ("--ubl", "--cii"):
        assert tapwatt("s-1", "--events", file, syntax, out, "--number", "1").exit_code == 2
    parties = ("--merchant", seller, "--buyer", seller)
    refused(
        tapwatt("s-1", "--events", file, "--ubl", out, "--number", "1", *parties), "the seller's country", "add country"
    )


def test_an_xrechnung_names_what_the_sellers_settings_lack(tmp_path: Path) -> None:
    # given a seller without a contact and a buyer without a reference
    file, out = written(tmp_path, [event(PRICED), event(CAPTURED)]), tmp_path / "x.xml"
    seller, buyer = tmp_path / "seller.json", tmp_path / "buyer.json"
    mail = {"scheme": "EM", "address": "a@example.com"}
    has = {"country": "DE", "postcode": "80335", "city": "München", "electronic_address": mail}
    seller.write_text(json.dumps({"name": "Beispiel", "vat_number": "DE123456789", **has}))
    buyer.write_text(json.dumps({"name": "Stadt", **has}))
    asked = ("s-1", "--events", file, "--merchant", seller, "--buyer", buyer, "--number", "1", "--xrechnung")
    # when an XRechnung is asked for, then each is named with its rule
    refused(tapwatt(*asked, "--ubl", out), "the seller's contact with name, phone and email (BR-DE-2", "(BR-DE-15)")
    assert not out.exists()
    # and with both it is written
    contact = {"name": "R", "phone": "+49 89 123", "email": "r@example.com"}
    seller.write_text(json.dumps({"name": "Beispiel", "vat_number": "DE123456789", **has, "contact": contact}))
    buyer.write_text(json.dumps({"name": "Stadt", **has, "reference": "991-01234-44"}))
    assert tapwatt(*asked, "--ubl", out).exit_code == 0
    assert "xrechnung_3.0</cbc:CustomizationID>" in out.read_text()
    # and it is no way to show a receipt
    alone = tapwatt("s-1", "--events", file, "--xrechnung")
    assert (alone.exit_code, "--xrechnung" in alone.stderr) == (2, True)


def test_an_invoice_as_a_pdf_and_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # given who sold and who bought
    file, out = written(tmp_path, [event(PRICED), event(CAPTURED)]), tmp_path / "x.pdf"
    party = tmp_path / "party.json"
    party.write_text(json.dumps({"name": "Beispiel", "vat_number": "DE123456789", "country": "DE"}))
    asked = ("s-1", "--events", file, "--merchant", party, "--buyer", party, "--number", "1", "--pdf", out)
    # when the invoice is asked for as a PDF, then it is one
    assert tapwatt(*asked).stdout == f"the invoice 1 is in {out}\n"
    assert out.read_bytes().startswith(b"%PDF-1.7")
    # and an XRechnung is none
    contact = {"name": "R", "phone": "+49 89 123", "email": "r@example.com"}
    mail = {"scheme": "EM", "address": "a@example.com"}
    has = {"postcode": "80335", "city": "München", "electronic_address": mail, "contact": contact, "reference": "1"}
    party.write_text(json.dumps({"name": "Beispiel", "vat_number": "DE123456789", "country": "DE", **has}))
    refused(tapwatt(*asked, "--xrechnung"), "an XRechnung is XML alone")
    # and where the extra is not installed, it is named
    monkeypatch.setitem(sys.modules, "tapwatt_cli.ops.invoice_pdf", None)
    refused(tapwatt(*asked), "pip install 'tapwatt-cli[pdf]'")
