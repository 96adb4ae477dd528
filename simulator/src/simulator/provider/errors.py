"""Says no as the provider says it: an HTTP status and an error body with a type, a message and a failure code."""

from dataclasses import dataclass


@dataclass
class Refused(Exception):
    """A refusal on its way to the caller; raised inside a ledger transaction it undoes what that transaction wrote."""

    status: int
    type: str
    message: str
    field: str | None = None
    reference: str | None = None
    code: str | None = None

    def body(self) -> dict[str, str]:
        """The error body, with absent fields left out."""
        fields = {
            "type": self.type,
            "message": self.message,
            "field": self.field,
            "reference": self.reference,
            "failureCode": self.code,
            "transactionReference": self.reference,
        }
        return {name: value for name, value in fields.items() if value is not None}

    @classmethod
    def invalid(cls, field: str, message: str, code: str | None = None) -> "Refused":
        """400: the request itself is wrong."""
        return cls(400, "invalid_request", message, field=field, code=code)

    @classmethod
    def bad_credentials(cls) -> "Refused":
        """401: the API key is not the user, or there is a password."""
        return cls(
            401, "authentication_failed", "the API key is the user, the password is empty", code="bad_credentials"
        )

    @classmethod
    def not_found(cls, reference: str) -> "Refused":
        """404: a status was asked for a reference nobody was given."""
        return cls(404, "not_found", "no such transaction", "reference", reference, "unknown_reference")

    @classmethod
    def conflict(cls, key: str) -> "Refused":
        """409: the idempotency reference was used before, with another request."""
        message = f"Idempotency-Reference {key!r} was used with another request"
        return cls(409, "idempotency_conflict", message, field="Idempotency-Reference")

    @classmethod
    def refused(cls, message: str, code: str, reference: str | None, field: str | None = None) -> "Refused":
        """422: understood, and no."""
        return cls(422, "request_refused", message, field, reference, code)

    @classmethod
    def too_many(cls) -> "Refused":
        """429: nothing was applied, come back later."""
        return cls(429, "too_many_requests", "too many requests")

    @classmethod
    def broken(cls, status: int) -> "Refused":
        """5xx: the server's own trouble, which says nothing about what was applied."""
        return cls(status, "server_error", "the server could not answer")
