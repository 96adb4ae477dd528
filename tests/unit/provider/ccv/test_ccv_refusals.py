"""Every way in which CCV can say no, in the words that say what to do next (tapwatt.errors)."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.provider.ccv.ccv_server import HOLD, READ, TAKE, captured, scripted, told

from tapwatt.clock import SystemClock
from tapwatt.errors import BadCredentials, BrokenInvariant, OutcomeUnknown, RateLimited, TapwattError, Unavailable
from tapwatt.provider.port import Failure, Kind, Status, Transaction
from tapwatt.provider.unknown_outcomes import OutcomePolicy, make_known

ERROR = {"type": "request_refused", "message": "no", "failureCode": "rejected"}


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, {"type": "authentication_failed", "failureCode": "bad_credentials"}, BadCredentials),
        (403, {"type": "forbidden"}, BadCredentials),
        (401, "no", OutcomeUnknown),
        (403, "<html>Forbidden</html>", OutcomeUnknown),
        (403, {"message": "Forbidden"}, OutcomeUnknown),
        (404, {"type": "about:blank", "title": "Not Found"}, OutcomeUnknown),
        (400, {"type": "invalid_request", "failureCode": "bad_credentials"}, BadCredentials),
        (429, ERROR, RateLimited),
        (408, "", OutcomeUnknown),
        (425, "", OutcomeUnknown),
        (500, ERROR, OutcomeUnknown),
        (502, "<html>", OutcomeUnknown),
        (503, ERROR, OutcomeUnknown),
        (504, "", OutcomeUnknown),
        (409, {"type": "idempotency_conflict"}, BrokenInvariant),
        (422, {"type": "request_refused", "failureCode": "invalid_config"}, Unavailable),
        (404, "<html>no such page</html>", OutcomeUnknown),
        (405, "", OutcomeUnknown),
        (302, "", OutcomeUnknown),
        (304, "", OutcomeUnknown),
        (400, "<html>Bad Request</html>", OutcomeUnknown),
        (413, "<html>too large</html>", OutcomeUnknown),
        (451, {}, OutcomeUnknown),
    ],
)
async def test_s30_what_an_answer_to_a_request_means(status: int, body: Any, error: type[TapwattError]) -> None:
    async with scripted() as (server, provider):
        server.status, server.body = status, body
        with pytest.raises(error) as raised:
            await provider.capture(TAKE)
        assert type(raised.value) is error
    assert len(server.sent) == 1


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, ERROR, BadCredentials),
        (403, {"failureCode": "bad_credentials"}, BadCredentials),
        (401, "", Unavailable),
        (403, "<html>Forbidden</html>", Unavailable),
        (405, "", Unavailable),
        (429, ERROR, RateLimited),
        (408, "", Unavailable),
        (500, ERROR, Unavailable),
        (503, "", Unavailable),
        (200, "not json", Unavailable),
        (200, [], Unavailable),
        (400, ERROR, BrokenInvariant),
        (422, {"type": "request_refused", "failureCode": "invalid_config"}, Unavailable),
        (404, "<html>", Unavailable),
        (302, "", Unavailable),
    ],
)
async def test_what_an_answer_to_a_question_means(status: int, body: Any, error: type[TapwattError]) -> None:
    async with scripted() as (server, provider):
        server.status, server.body = status, body
        with pytest.raises(error) as raised:
            await provider.status("H1")
        assert type(raised.value) is error


async def test_only_unknown_reference_says_that_there_is_nothing() -> None:
    async with scripted() as (server, provider):
        server.status, server.body = 404, {"type": "not_found", "failureCode": "unknown_reference"}
        assert await provider.status("H1") is None
        assert await provider.find("order-1") == []


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("7", 7.0),
        ("999999", 3600.0),
        ("Sun, 01 Jan 2023 00:00:00 GMT", 0.0),
        ("soon", None),
        ("-3", None),
        ("", None),
    ],
)
async def test_a_provider_that_wants_time_is_given_it(given: str, seconds: float | None) -> None:
    async with scripted() as (server, provider):
        server.status, server.headers = 429, {"Retry-After": given}
        with pytest.raises(Unavailable) as raised:
            await provider.authorise(HOLD)
    assert raised.value.retry_after_s == seconds


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        ({"failureCode": "rejected"}, Failure.REJECTED),
        ({"failureCode": "expired"}, Failure.EXPIRED),
        ({"failureCode": "unknown_reference"}, Failure.UNKNOWN_REFERENCE),
        ({"failureCode": "unsufficient_balance"}, Failure.AMOUNT_REFUSED),
        ({"failureCode": "insufficient_funds"}, Failure.AMOUNT_REFUSED),
        ({"type": "invalid_request", "field": "amount"}, Failure.AMOUNT_REFUSED),
        ({"failureCode": "processing_error"}, Failure.REJECTED),
        ({"failureCode": "a_new_code_of_theirs"}, Failure.REJECTED),
        ({"type": "request_refused"}, Failure.REJECTED),
    ],
)
@pytest.mark.parametrize("status", [400, 422])
async def test_a_refused_capture_is_a_transaction_that_failed(status: int, body: Any, failure: Failure) -> None:
    async with scripted() as (server, provider):
        server.status, server.body = status, body
        refused = await provider.capture(TAKE)
    assert (refused.kind, refused.status, refused.failure) == (Kind.CAPTURE, Status.FAILED, failure)
    assert (refused.original_reference, refused.asked, refused.amount) == ("H1", TAKE.amount, None)
    assert refused.reference == TAKE.idempotency_reference


async def failed_hold(code: str | None, details: dict[str, str]) -> Transaction:
    async with scripted() as (server, provider):
        server.body = told(status="failed", failureCode=code, details=details)
        return await provider.authorise(HOLD)


@pytest.mark.parametrize(
    ("code", "details", "failure"),
    [
        ("expired", {}, Failure.EXPIRED),
        ("expired", {"terminalState": "IDLE"}, Failure.EXPIRED),
        ("cancelled", {}, Failure.CANCELLED),
        ("unsufficient_balance", {"acquirerResponseCode": "51"}, Failure.INSUFFICIENT_FUNDS),
        ("insufficient_funds", {}, Failure.INSUFFICIENT_FUNDS),
        ("fraud_detected", {}, Failure.DECLINED),
        ("card_refused", {"acquirerResponseCode": "05"}, Failure.DECLINED),
        ("rejected", {"acquirerResponseCode": "05"}, Failure.DECLINED),
        ("rejected", {}, Failure.REJECTED),
        ("card_refused", {"acquirerResponseCode": "1A"}, Failure.PIN_REQUIRED),
        ("card_refused", {"acquirerResponseCode": "65"}, Failure.PIN_REQUIRED),
        ("card_refused", {"acquirerResponseCode": "70"}, Failure.PIN_REQUIRED),
        ("insufficient_funds", {"acquirerResponseCode": "65"}, Failure.INSUFFICIENT_FUNDS),
        ("processing_error", {"terminalState": "BUSY"}, Failure.TERMINAL_BUSY),
        ("processing_error", {"terminalState": "INOPERABLE"}, Failure.TERMINAL_OFFLINE),
        ("processing_error", {"terminalState": "LOCKED"}, Failure.TERMINAL_OFFLINE),
        ("processing_error", {"terminalState": "IDLE"}, Failure.REJECTED),
        ("processing_error", {}, Failure.REJECTED),
        ("a_new_code_of_theirs", {}, Failure.REJECTED),
        ("invalid_config", {}, Failure.TERMINAL_UNKNOWN),
        (None, {}, Failure.REJECTED),
    ],
)
async def test_s27_a_hold_that_failed_says_why(code: str | None, details: dict[str, str], failure: Failure) -> None:
    failed = await failed_hold(code, details)
    assert (failed.status, failed.failure, failed.amount, failed.card) == (Status.FAILED, failure, None, None)


@pytest.mark.parametrize("status", [400, 404, 422])
async def test_s16_a_terminal_that_the_provider_does_not_know_is_refused(status: int) -> None:
    async with scripted() as (server, provider):
        server.status, server.body = status, {"type": "request_refused", "failureCode": "invalid_config"}
        refused = [await provider.authorise(HOLD), await provider.read_token(READ)]
    assert [(one.kind, one.status, one.failure) for one in refused] == [
        (Kind.AUTHORISE, Status.FAILED, Failure.TERMINAL_UNKNOWN),
        (Kind.TOKEN, Status.FAILED, Failure.TERMINAL_UNKNOWN),
    ]
    assert refused[0].detail == "invalid_config request_refused"


async def test_an_account_that_is_set_up_wrongly_is_no_terminal_s_fault_once_a_capture_has_failed() -> None:
    async with scripted() as (server, provider):
        server.body = captured(status="failed", failureCode="invalid_config")
        assert (await provider.capture(TAKE)).failure is Failure.REJECTED


async def test_the_codes_of_a_failure_are_kept_for_people_and_its_free_text_is_not() -> None:
    failed = await failed_hold("card_refused", {"acquirerResponseCode": "05", "cardholderMessage": "9900000000000001"})
    assert failed.detail == "card_refused 05"
    assert (await failed_hold("5413330000000001", {})).detail == ""


async def test_a_card_read_may_fail_too() -> None:
    async with scripted() as (server, provider):
        server.body = told(
            reference="K1",
            type="token",
            status="failed",
            amount=None,
            currency=None,
            merchantOrderReference=READ.order_reference,
            failureCode="processing_error",
            details={"terminalState": "BUSY"},
        )
        assert (await provider.read_token(READ)).failure is Failure.TERMINAL_BUSY


async def test_s11_manual_intervention_is_neither_success_nor_failure() -> None:
    async with scripted() as (server, provider):
        server.body = captured(status="manualintervention")
        manual = await provider.capture(TAKE)
    assert (manual.status, manual.amount, manual.failure) == (Status.MANUAL, None, None)


@pytest.mark.parametrize(
    ("status", "error"), [(429, Unavailable), (500, Unavailable), (503, Unavailable), (401, BadCredentials)]
)
async def test_a_cancellation_that_could_not_be_asked_for_may_be_asked_again(
    status: int, error: type[TapwattError]
) -> None:
    async with scripted() as (server, provider):
        server.status, server.body = status, ERROR
        with pytest.raises(error):
            await provider.cancel(Transaction("H1", Kind.AUTHORISE, Status.PENDING, cancel_url=f"{server.url}/cancel"))


@pytest.mark.parametrize("status", [200, 204, 404, 409, 410, 422])
async def test_a_cancellation_that_was_heard_says_no_more(status: int) -> None:
    async with scripted() as (server, provider):
        server.status, server.body = status, ""
        await provider.cancel(Transaction("H1", Kind.AUTHORISE, Status.PENDING, cancel_url=f"{server.url}/cancel"))
    assert len(server.sent) == 1


@pytest.mark.parametrize(("status", "page"), [(404, "<html>"), (405, ""), (302, ""), (403, "<html>Forbidden</html>")])
async def test_s30_one_page_of_the_ingress_in_answer_to_a_capture_costs_one_question_and_nothing_else(
    status: int, page: str
) -> None:
    async with scripted() as (server, provider):
        server.status, server.body = status, page

        async def send() -> Transaction:
            try:
                return await provider.capture(TAKE)
            finally:
                server.status, server.body = 200, captured()

        async def ask() -> Transaction | None:
            return await provider.status("C1")

        policy = OutcomePolicy(pause_s=0.01)
        clock = SystemClock()
        taken = await make_known(send, ask, since=clock.now(), clock=clock, policy=policy)
    assert (taken.kind, taken.status) == (Kind.CAPTURE, Status.SUCCESS)


@pytest.mark.parametrize("status", [301, 401, 403])
async def test_a_page_that_stays_says_where_to_look(status: int) -> None:
    async with scripted() as (server, provider):
        server.status, server.body = status, "<html>"
        with pytest.raises(OutcomeUnknown, match=r"is TAPWATT_PROVIDER_BASE_URL right\?"):
            await provider.capture(TAKE)
        with pytest.raises(Unavailable, match=r"is TAPWATT_PROVIDER_BASE_URL right\?"):
            await provider.find("order-1")
