"""Reads what a merchant asks: the bodies of the Payment API, what must be in them, and when two are the same."""

from decimal import Decimal
from hashlib import sha256
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from simulator.provider.decimals import from_json
from simulator.provider.errors import Refused


def _json_number(value: object) -> object:
    if not isinstance(value, Decimal):
        raise ValueError("must be a JSON number")
    return value


def _printable(value: str) -> str:
    value.encode()  # half a surrogate pair is JSON, but no text
    if "\x00" in value:
        raise ValueError("must not have NUL characters")
    return value


Amount = Annotated[Decimal, BeforeValidator(_json_number)]
Text = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_printable)]
OrderReference = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_printable)]


class _Body(BaseModel):
    """Unknown fields are ignored, never refused."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class TerminalDetails(_Body):
    """Where the card is to be presented."""

    terminalId: Text  # noqa: N815 - the wire's names
    operatingEnvironment: Literal["UNATTENDED"]  # noqa: N815
    accessProtocol: Literal["OPI_NL"] = "OPI_NL"  # noqa: N815
    supportPartialApproval: bool = False  # noqa: N815


class TokenBody(_Body):
    """`POST /token`: read a card at a terminal."""

    method: Literal["terminal"]
    merchantOrderReference: OrderReference  # noqa: N815
    webhookUrl: Text | None = None  # noqa: N815
    returnUrl: Text | None = None  # noqa: N815
    description: Text | None = None
    language: Text | None = None
    details: TerminalDetails


class PaymentBody(TokenBody):
    """`POST /payment`: place a hold at a terminal."""

    transactionType: Literal["authorise"]  # noqa: N815
    amount: Amount
    currency: Text
    requestToken: bool = False  # noqa: N815


class ReversalBody(_Body):
    """`POST /reversal`: let a whole hold go."""

    reference: Text


class FollowUpBody(ReversalBody):
    """`POST /capture` and `POST /refund`: take from a hold, or pay back; all there is when no amount is given."""

    amount: Amount | None = None
    description: Text | None = None


Body = PaymentBody | TokenBody | FollowUpBody | ReversalBody
BODIES: dict[str, type[PaymentBody] | type[TokenBody] | type[FollowUpBody] | type[ReversalBody]] = {
    "authorise": PaymentBody,
    "token": TokenBody,
    "capture": FollowUpBody,
    "refund": FollowUpBody,
    "reversal": ReversalBody,
}


def read_body(verb: str, text: str | bytes) -> Body:
    """The request of a verb; raises Refused (400) naming the first field that is wrong."""
    try:
        given: Any = from_json(text)
    except ValueError as error:
        raise Refused(400, "invalid_request", "the body is not JSON") from error
    try:
        return BODIES[verb].model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "body"
        raise Refused.invalid(field, f"{field}: {first['msg']}") from error


def fingerprint(verb: str, body: Body) -> str:
    """Equal for the same request: the verb and every field we read, where 20 and 20.00 are one amount."""
    parts = [verb]
    for name, value in sorted(body.model_dump().items()):
        shown = value.normalize() if isinstance(value, Decimal) else value
        parts.append(f"{name}={shown!r}")
    return sha256("|".join(parts).encode()).hexdigest()
