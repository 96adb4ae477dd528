"""Every settled session of a demo has a receipt: from Kafka, with the card's slip, and without a card's secret."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import pytest
from tests.integration.demo.lived import Lived

from receipts.make import make_receipt
from receipts.page import html_page
from receipts.receipt import Receipt
from tapwatt.facts.events import Captured, HoldReleased, SessionPriced

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.timeout(300)]


def test_every_capture_says_when_and_has_the_slip_of_the_terminal(lived: Lived) -> None:
    captures = [fact for fact in lived.settled if isinstance(fact, Captured)]
    assert len(captures) > 30
    for fact in captures:
        assert fact.captured_at is not None
        assert fact.card is not None
        assert re.fullmatch(r"\*{12}[0-9]{4}", fact.card.masked_pan or "")
        assert {"APPROVED", f"Card: {fact.card.masked_pan}"} <= set(fact.card.lines)
        # a terminal of the replay has a number in its name that is too long to be shown
        named = f"Terminal: {fact.place.terminal_id}" in fact.card.lines
        assert named != fact.session_id.startswith("replay-")


def test_every_settled_session_has_a_receipt_and_a_page(lived: Lived) -> None:
    # given every price, and every capture or release
    prices = {fact.identity: fact for fact in lived.settled if isinstance(fact, SessionPriced)}
    settled = [fact for fact in lived.settled if isinstance(fact, Captured | HoldReleased)]
    assert len(settled) > 40
    secrets = [secret.decode() for secret in lived.secrets]
    for fact in settled:
        # then each has a receipt, whose VAT adds up, and a sound page without a secret of any card
        made = make_receipt(prices[fact.identity], fact)
        too_much = fact.overcharge.minor if isinstance(fact, Captured) and fact.overcharge else 0
        assert sum(share.incl_vat.minor for share in made.vat) == (made.taken + made.not_charged).minor - too_much
        page = html_page(made, "de")
        assert ElementTree.fromstring(page).tag == "html"
        assert not [secret for secret in secrets if secret in page or secret[::-1] in page]


@pytest.mark.parametrize("kind", [Captured, HoldReleased])
def test_the_command_makes_a_receipt_from_kafka(lived: Lived, kind: type[Captured] | type[HoldReleased]) -> None:
    # given the command for one session of the running ring
    done = lived.commands[f"receipt {kind.name}"]
    assert done.exit_code == 0, done.err
    document = json.loads(done.out)  # a credit note has the receipt within
    made = Receipt.model_validate(document.get("receipt", document))
    # then it says what the fact says, and when it was said
    fact = next(fact for fact in lived.settled if isinstance(fact, kind) and fact.session_id == made.session_id)
    assert made.released == fact.released
    assert made.taken.minor == (fact.taken.minor if isinstance(fact, Captured) else 0)
    assert made.issued_at is not None
