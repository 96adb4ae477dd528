"""What CCV is sent: the words of its API, exact amounts, our key, and one reference for what may happen once."""

from __future__ import annotations

import base64
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.provider.ccv.ccv_server import HOLD, READ, TAKE, captured, scripted, told

from tapwatt.errors import BrokenInvariant, OutcomeUnknown
from tapwatt.money import Money
from tapwatt.provider.ccv.exact_json import from_json, to_json
from tapwatt.provider.port import (
    AuthoriseRequest,
    CaptureRequest,
    Kind,
    RefundRequest,
    ReversalRequest,
    Status,
    Transaction,
)


async def test_an_authorisation_is_sent_in_the_words_of_the_payment_api() -> None:
    async with scripted(webhook_url="https://tapwatt.example/hints", management_system_id="TMS") as (server, provider):
        await provider.authorise(HOLD)
    [sent] = server.sent
    assert (sent.method, sent.path) == ("POST", "/api/v1/payment")
    assert json.loads(sent.text) == {
        "transactionType": "authorise",
        "amount": 20.0,
        "currency": "eur",
        "description": "Charging at EVSE-1",
        "requestToken": True,
        "method": "terminal",
        "merchantOrderReference": "order-1",
        "language": "nl",
        "webhookUrl": "https://tapwatt.example/hints",
        "details": {
            "terminalId": "T1",
            "operatingEnvironment": "UNATTENDED",
            "merchantLanguage": "ENG",
            "managementSystemId": "TMS",
            "accessProtocol": "OPI_NL",
            "wakeUpType": "CLOUD_CONNECT",
            "supportPartialApproval": True,
        },
    }
    assert '"amount":20.00,' in sent.text


async def test_reading_a_card_names_the_terminal_and_no_amount() -> None:
    async with scripted() as (server, provider):
        server.body = told(reference="K1", type="token", amount=None, currency=None, merchantOrderReference="stop:1")
        await provider.read_token(READ)
    [sent] = server.sent
    body = json.loads(sent.text)
    assert (sent.path, body["method"], body["merchantOrderReference"]) == ("/api/v1/token", "terminal", "stop:1")
    assert body["details"]["terminalId"] == "T1"
    assert body["details"]["operatingEnvironment"] == "UNATTENDED"
    assert "amount" not in body


async def test_every_call_carries_the_key_as_user_an_empty_password_and_a_user_agent() -> None:
    async with scripted(user_agent="Tapwatt-Test/1") as (server, provider):
        await provider.authorise(HOLD)
        await provider.status("H1")
    for sent in server.sent:
        assert sent.headers["Authorization"] == "Basic " + base64.b64encode(b"t_secret-key:").decode()
        assert sent.headers["User-Agent"] == "Tapwatt-Test/1"
    assert server.sent[0].headers["Idempotency-Reference"] == "hold-1"
    assert server.sent[0].headers["Content-Type"] == "application/json"
    assert "Idempotency-Reference" not in server.sent[1].headers


async def test_captures_reversals_and_refunds_name_what_they_are_about() -> None:
    async with scripted() as (server, provider):
        server.body = captured(originalReference="H1")
        await provider.capture(TAKE)
        server.body = told(reference="R1", type="reversal", status="success", originalReference="H1")
        await provider.reverse(ReversalRequest("go-1", "H1"))
        server.body = told(reference="B1", type="refund", status="success", amount=0.05, originalReference="C1")
        await provider.refund(RefundRequest("back-1", "C1", Money(minor=5, currency="EUR")))
    assert [(sent.path, sent.text) for sent in server.sent] == [
        ("/api/v1/capture", '{"reference":"H1","amount":12.50}'),
        ("/api/v1/reversal", '{"reference":"H1"}'),
        ("/api/v1/refund", '{"reference":"C1","amount":0.05}'),
    ]


async def test_the_same_request_is_the_same_text_every_time() -> None:
    async with scripted() as (server, provider):
        await provider.authorise(HOLD)
        await provider.authorise(HOLD)
    assert server.sent[0].text == server.sent[1].text


async def test_an_order_reference_is_asked_for_as_it_is() -> None:
    async with scripted() as (server, provider):
        server.body = []
        assert await provider.find("stop:a&b=c d/é") == []
    assert server.sent[0].query == {"merchantOrderReference": "stop:a&b=c d/é"}


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(minor=1999, currency="EUR"), "19.99"),
        (Money(minor=2000, currency="EUR"), "20.00"),
        (Money(minor=1, currency="EUR"), "0.01"),
        (Money(minor=1500, currency="JPY"), "1500"),
        (Money(minor=12345, currency="KWD"), "12.345"),
        (Money(minor=10**12, currency="EUR"), "10000000000.00"),
    ],
)
async def test_s24_amounts_are_sent_with_exactly_their_currency_s_decimals(money: Money, text: str) -> None:
    async with scripted() as (server, provider):
        server.status, server.body = 422, {"type": "request_refused", "failureCode": "rejected"}
        await provider.capture(CaptureRequest("take-1", "H1", money))
    assert server.sent[0].text == f'{{"reference":"H1","amount":{text}}}'


@given(st.integers(0, 10**12), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_an_amount_comes_back_from_json_as_it_went_in(minor: int, currency: str) -> None:
    money = Money(minor=minor, currency=currency)
    back = from_json(to_json({"amount": money.major}).encode())["amount"]
    assert not isinstance(back, float)
    assert Money.of(Decimal(back), currency) == money


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda parts: st.dictionaries(st.text(), parts))
)
def test_what_is_not_an_amount_is_plain_json(value: object) -> None:
    assert json.loads(to_json(value)) == value  # type: ignore[arg-type]


@pytest.mark.parametrize("reference", ["", "x" * 51, "né"])
async def test_a_reference_the_provider_could_not_remember_is_never_sent(reference: str) -> None:
    async with scripted() as (server, provider):
        with pytest.raises(BrokenInvariant):
            await provider.authorise(AuthoriseRequest(reference, "order-1", "T1", HOLD.amount, "Charging"))
    assert server.sent == []


async def test_redirects_are_not_followed_and_say_where_to_look() -> None:
    async with scripted() as (server, provider):
        server.status, server.headers = 307, {"Location": f"{server.url}/elsewhere"}
        with pytest.raises(OutcomeUnknown, match="TAPWATT_PROVIDER_BASE_URL"):
            await provider.authorise(HOLD)
    assert [sent.path for sent in server.sent] == ["/api/v1/payment"]


def pending(cancel_url: str | None) -> Transaction:
    return Transaction("H1", Kind.AUTHORISE, Status.PENDING, cancel_url=cancel_url)


async def test_cancelling_posts_to_the_address_the_provider_gave() -> None:
    async with scripted() as (server, provider):
        await provider.cancel(pending(f"{server.url}/api/v1/cancel?reference=H1"))
        await provider.cancel(pending("/api/v1/cancel?reference=H2"))
        await provider.cancel(pending(None))
    assert [(sent.method, sent.path, sent.query) for sent in server.sent] == [
        ("POST", "/api/v1/cancel", {"reference": "H1"}),
        ("POST", "/api/v1/cancel", {"reference": "H2"}),
    ]


@pytest.mark.parametrize(
    "stranger", ["http://127.0.0.1:9/cancel", "//evil.example/x", "file:///etc/passwd", "http://["]
)
async def test_a_stranger_s_address_is_never_posted_to(stranger: str) -> None:
    async with scripted() as (server, provider):
        await provider.cancel(pending(stranger))
    assert server.sent == []


async def test_another_address_of_the_provider_is_posted_to_without_our_key() -> None:
    async with scripted() as (other, _), scripted(cancel_origins=other.url) as (server, provider):
        await provider.cancel(pending(f"{other.url}/cancel/H1"))
    assert server.sent == []
    [sent] = other.sent
    assert sent.path == "/cancel/H1"
    assert "Authorization" not in sent.headers
