"""What each way in which CCV can say no means to us, in the words of tapwatt.errors. Mapped here and nowhere else."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from tapwatt.errors import BadCredentials, BrokenInvariant, OutcomeUnknown, RateLimited, Unavailable
from tapwatt.provider.ccv.client import Answer
from tapwatt.provider.ccv.wire import (
    BAD_CREDENTIALS,
    FAILURES,
    INVALID_CONFIG,
    PIN_RESPONSE_CODES,
    PROCESSING_ERROR,
    REFUSED,
    TERMINAL_STATES,
    Details,
    Unreadable,
    read,
)
from tapwatt.provider.port import Failure


@dataclass(frozen=True, slots=True)
class Refusal:
    """The provider definitively said no to one request; nothing was done."""

    failure: Failure
    code: str | None = field(repr=False)
    detail: str
    reference: str | None


class Unknown:
    """The provider knows no transaction of this reference."""


def failure_at_terminal(code: str | None, details: Details | None) -> Failure:
    """Why a hold or a card read failed. A card that wants its PIN is no decline (scenario 27), nor a busy terminal."""
    failure = FAILURES.get(code or "", Failure.REJECTED)
    if details is None:
        return failure
    if failure is Failure.DECLINED and details.response_code in PIN_RESPONSE_CODES:
        return Failure.PIN_REQUIRED
    if code == PROCESSING_ERROR:
        return TERMINAL_STATES.get(details.terminal_state or "", failure)
    # An issuer's "rejected" is a decline; our request was in order, or there would be no transaction.
    return Failure.DECLINED if failure is Failure.REJECTED and details.response_code else failure


def failure_without_card(code: str | None) -> Failure:
    """Why a capture, reversal or refund failed: too little balance then means that too much was asked."""
    failure = FAILURES.get(code or "", Failure.REJECTED)
    if failure is Failure.TERMINAL_UNKNOWN:  # no terminal has a part in it
        return Failure.REJECTED
    return Failure.AMOUNT_REFUSED if failure is Failure.INSUFFICIENT_FUNDS else failure


def said(*codes: str | None) -> str:
    """The provider's codes for people; anything that does not look like a code is left out: it may quote a card."""
    return " ".join(code for code in codes if code and re.fullmatch(r"[A-Za-z_]{1,64}|[0-9A-Z]{2}", code))


def refused_to_do(answer: Answer, what: str, *, at_terminal: bool) -> Refusal:
    """What it means that a request to do something was not answered with 2xx. 503 too: unknown is not no.

    `invalid_config` refuses a terminal that the provider does not know. Of a hold it says that our account is set up
    wrongly: nothing was done, and what is asked again by schedule is done once that is set right.
    """
    match answer.status:
        case 429:
            raise RateLimited(f"the provider has too many requests ({what})", answer.retry_after_s)
        case 408 | 425:
            raise OutcomeUnknown(f"{what} was answered with HTTP {answer.status}: ask what became of it")
        case status if status >= 500:
            raise OutcomeUnknown(f"{what} was answered with HTTP {status}: ask what became of it")
        case _:
            refusal = _definitively(answer, what)
    if refusal is None:
        raise OutcomeUnknown(_by_a_stranger(answer, what))
    if refusal.code != INVALID_CONFIG:
        return refusal
    if not at_terminal:
        raise _set_up_wrongly(refusal, what)
    return replace(refusal, failure=Failure.TERMINAL_UNKNOWN)


def not_told(answer: Answer, what: str) -> Unknown:
    """What it means that a question was not answered with 2xx. Only `unknown_reference` says that there is nothing."""
    match answer.status:
        case 429:
            raise RateLimited(f"the provider has too many requests ({what})", answer.retry_after_s)
        case 408 | 425:
            raise Unavailable(f"{what} was answered with HTTP {answer.status}", answer.retry_after_s)
        case status if status >= 500:
            raise Unavailable(f"{what} was answered with HTTP {status}", answer.retry_after_s)
        case _:
            pass
    refusal = _definitively(answer, what)
    if refusal is None:
        raise Unavailable(_by_a_stranger(answer, what))
    if refusal.failure is Failure.UNKNOWN_REFERENCE:
        return Unknown()
    if refusal.code == INVALID_CONFIG:
        raise _set_up_wrongly(refusal, what)
    raise BrokenInvariant(f"{what} was refused with HTTP {answer.status} {refusal.detail}".rstrip())


def not_cancelled(answer: Answer, what: str) -> None:
    """What it means that a cancellation was not answered with 2xx: mostly that it came too late, which is no error."""
    if answer.status in (408, 425, 429) or answer.status >= 500:
        raise Unavailable(f"{what} was answered with HTTP {answer.status}", answer.retry_after_s)
    if answer.status in (401, 403) and _definitively(answer, what) is None:
        raise Unavailable(_by_a_stranger(answer, what))


def _definitively(answer: Answer, what: str) -> Refusal | None:
    """The provider's no, or None if the answer is no error of the provider's: it then says nothing of the request.

    Between us and the provider stand proxies and an ingress, which answer with pages of their own while something is
    deployed or out of order. Only what has the provider's shape is the provider's word, also that our key is wrong.
    """
    error = read(REFUSED, answer.body)
    if answer.status < 400 or isinstance(error, Unreadable) or not said(error.type, error.failure_code):
        return None
    code = error.failure_code
    if answer.status in (401, 403) or code == BAD_CREDENTIALS:
        raise BadCredentials(
            f"the provider does not accept our key (HTTP {answer.status}, {what}): correct TAPWATT_PROVIDER_API_KEY"
        )
    detail = said(code, error.type, error.field)
    if answer.status == 409:
        raise BrokenInvariant(f"{what}: its idempotency reference was used before with another content ({detail})")
    failure = failure_without_card(code)
    if failure is Failure.REJECTED and error.field == "amount":
        failure = Failure.AMOUNT_REFUSED
    return Refusal(failure, code, detail, error.transaction_reference)


def _set_up_wrongly(refusal: Refusal, what: str) -> Unavailable:
    wrongly = Unavailable(
        f"{what}: the provider says that we are set up wrongly there ({refusal.detail}); correct it with the provider"
    )
    wrongly.phase = "refused"
    return wrongly


def _by_a_stranger(answer: Answer, what: str) -> str:
    return (
        f"{what} was answered with HTTP {answer.status} and no error of the payment API: "
        "is TAPWATT_PROVIDER_BASE_URL right?"
    )
