"""The words of CCV's Payment API: the one table of paths, names and codes, and how an answer is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretBytes, SecretStr, TypeAdapter, ValidationError

from tapwatt.provider.ccv.exact_json import Json, from_json
from tapwatt.provider.port import Failure, Kind, Status

PATHS: Mapping[Kind, str] = {
    Kind.AUTHORISE: "payment",
    Kind.TOKEN: "token",
    Kind.CAPTURE: "capture",
    Kind.REVERSAL: "reversal",
    Kind.REFUND: "refund",
}
STATUS_PATH = "transaction"

IDEMPOTENCY_HEADER = "Idempotency-Reference"
IDEMPOTENCY_LENGTH = 50
ORDER_REFERENCE = "merchantOrderReference"
ORDER_REFERENCE_LENGTH = 255
REFERENCE = "reference"
ORIGINAL_REFERENCE = "originalReference"
TERMINAL_ID = "terminalId"
AUTHORISED_AMOUNT = "authorisedAmount"
RESPONSE_CODE = "acquirerResponseCode"
TERMINAL_STATE = "terminalState"
FAILURE_CODE = "failureCode"
TRANSACTION_REFERENCE = "transactionReference"
MASKED_PAN, BRAND, ENTRY_MODE, ACQUIRER = "maskedPan", "brand", "entryMode", "acquirer"
CUSTOMER_RECEIPT = "customerReceipt"
# The public pages show these of a payment. They are silent about its capture: there our wire repeats the card's details
# and the customer receipt of the authorisation, which is when the card was there.
CREATED, FINAL = "created", "statusFinalDate"
CANCEL_URL, WEBHOOK_URL, RETURN_URL = "cancelUrl", "webhookUrl", "returnUrl"
REQUEST_TOKEN = "requestToken"
METHOD = "terminal"

KINDS: Mapping[str, Kind] = {
    "authorise": Kind.AUTHORISE,
    "token": Kind.TOKEN,
    "capture": Kind.CAPTURE,
    "reversal": Kind.REVERSAL,
    "refund": Kind.REFUND,
    "chargeback": Kind.CHARGEBACK,
}
STATUSES: Mapping[str, Status] = {
    "pending": Status.PENDING,
    "success": Status.SUCCESS,
    "failed": Status.FAILED,
    "manualintervention": Status.MANUAL,
}
UNKNOWN_REFERENCE = "unknown_reference"
PROCESSING_ERROR = "processing_error"
BAD_CREDENTIALS = "bad_credentials"
INVALID_CONFIG = "invalid_config"
FAILURES: Mapping[str, Failure] = {
    "expired": Failure.EXPIRED,
    "cancelled": Failure.CANCELLED,
    "unsufficient_balance": Failure.INSUFFICIENT_FUNDS,  # their spelling
    "insufficient_funds": Failure.INSUFFICIENT_FUNDS,
    "fraud_detected": Failure.DECLINED,
    "card_refused": Failure.DECLINED,
    "rejected": Failure.REJECTED,
    PROCESSING_ERROR: Failure.REJECTED,
    UNKNOWN_REFERENCE: Failure.UNKNOWN_REFERENCE,
    "unsupported_currency": Failure.REJECTED,
    INVALID_CONFIG: Failure.TERMINAL_UNKNOWN,
}
PIN_RESPONSE_CODES = frozenset({"1A", "65", "70"})
"""Acquirers' codes for "again, with a PIN": Visa's 1A and 70, Mastercard's 65. They qualify a refused card only."""
TERMINAL_STATES: Mapping[str, Failure] = {
    "BUSY": Failure.TERMINAL_BUSY,
    "REPRINT_TICKET": Failure.TERMINAL_BUSY,
    "INOPERABLE": Failure.TERMINAL_OFFLINE,
    "LOCKED": Failure.TERMINAL_OFFLINE,
    "LOGGED_OUT": Failure.TERMINAL_OFFLINE,
    "UNKNOWN": Failure.TERMINAL_OFFLINE,
}
"""States in which a terminal takes no card. They say why a transaction is a processing error, nothing more."""


def _number(given: object) -> object:
    if isinstance(given, bool) or not isinstance(given, int | Decimal):
        raise ValueError("not a number")
    return Decimal(given)


Amount = Annotated[Decimal, BeforeValidator(_number), Field(ge=0, lt=10**10, allow_inf_nan=False)]
Reference = Annotated[str, Field(min_length=1, max_length=255)]
OrderReference = Annotated[str, Field(max_length=ORDER_REFERENCE_LENGTH)]
Millis = Annotated[int, Field(ge=0, lt=10**14)]
Code = Annotated[str, Field(max_length=100)]


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    def __repr__(self) -> str:
        """The name alone: whatever a provider puts into any field, no crash report shows it."""
        return f"{type(self).__name__}(...)"

    __str__ = __repr__


LONGEST_RECEIPT = 20_000


def _text(given: object) -> str | None:
    """What is for the cardholder to read, if it can be read: nothing else depends on it."""
    if not isinstance(given, str) or len(given) > LONGEST_RECEIPT:
        return None
    return given.encode("utf-8", "ignore").decode()


Readable = Annotated[SecretStr | None, BeforeValidator(_text)]


class Details(_Wire):
    """What is said of the terminal and the card."""

    terminal_id: str | None = Field(None, alias=TERMINAL_ID)
    authorised_amount: Amount | None = Field(None, alias=AUTHORISED_AMOUNT)
    response_code: Code | None = Field(None, alias=RESPONSE_CODE)
    terminal_state: Code | None = Field(None, alias=TERMINAL_STATE)
    par: SecretStr | None = None
    masked_pan: Readable = Field(None, alias=MASKED_PAN)
    brand: Readable = Field(None, alias=BRAND)
    entry_mode: Readable = Field(None, alias=ENTRY_MODE)
    acquirer: Readable = Field(None, alias=ACQUIRER)
    receipt: Readable = Field(None, alias=CUSTOMER_RECEIPT)


class Told(_Wire):
    """A transaction as CCV tells it. Times are milliseconds since 1970, amounts decimal major units."""

    reference: Reference
    type: Code
    status: Code
    amount: Amount | None = None
    currency: Annotated[str, Field(max_length=3)] | None = None
    order_reference: OrderReference | None = Field(None, alias=ORDER_REFERENCE)
    original_reference: Reference | None = Field(None, alias=ORIGINAL_REFERENCE)
    failure_code: Code | None = Field(None, alias=FAILURE_CODE)
    created: Millis | None = Field(None, alias=CREATED)
    final: Millis | None = Field(None, alias=FINAL)
    cancel_url: Annotated[str, Field(max_length=2000)] | None = Field(None, alias=CANCEL_URL)
    token: SecretStr | None = None
    details: Details | None = None


class Refused(_Wire):
    """The error body. Its free text is not read: it is made for people and may quote anything."""

    type: Code | None = None
    field: Code | None = None
    failure_code: Code | None = Field(None, alias=FAILURE_CODE)
    transaction_reference: Reference | None = Field(None, alias=TRANSACTION_REFERENCE)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An answer that does not say what the wire says it must; `why` never quotes it."""

    why: str


TOLD: TypeAdapter[Told] = TypeAdapter(Told)
TOLD_LIST: TypeAdapter[list[Told]] = TypeAdapter(list[Told])
REFUSED: TypeAdapter[Refused] = TypeAdapter(Refused)
_T = TypeVar("_T")


def read(shape: TypeAdapter[_T], body: SecretBytes) -> _T | Unreadable:
    """What a body says. It raises nothing: an exception would carry the body, and in it a token."""
    try:
        return shape.validate_python(from_json(body.get_secret_value()))
    except ValidationError as error:
        first = error.errors(include_input=False, include_context=False, include_url=False)[0]
        return Unreadable(f"{'.'.join(map(str, first['loc'])) or 'the answer'}: {first['type']}")
    except (ValueError, RecursionError):
        return Unreadable("it is not JSON")


def without_blanks(body: Mapping[str, Json]) -> dict[str, Json]:
    """A request without what we have nothing to say of."""
    return {name: value for name, value in body.items() if value is not None and value != ""}
