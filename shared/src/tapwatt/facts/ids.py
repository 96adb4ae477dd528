"""Names that follow from their cause, so that the same cause said twice is recognisably the same thing."""

from __future__ import annotations

import hashlib
import uuid

OURS = "/tapwatt/"
"""What the CloudEvents source of every service of ours begins with: their ids are unique by themselves."""

NAMESPACE = uuid.UUID("6f0c2b0e-8a7e-5f0a-9a3e-7a9d0f5f1c11")
"""Tapwatt's own name space. It must never change: every identifier we ever said was made in it."""


def fact_id(cause: str, fact: str) -> str:
    """The `ce_id` of a fact that follows from an event: the same cause gives the same fact."""
    return str(uuid.uuid5(NAMESPACE, f"{cause}/{fact}"))


def cause(source: str, event_id: str) -> str:
    """An event as a cause. An id is unique within its source alone (CloudEvents 1.0): two fleets may count alike."""
    return event_id if source.startswith(OURS) else f"{source} {event_id}"


def anew(what: str, tries: int) -> str:
    """What may happen once, after it was refused for good so often: the same reference gets the same refusal."""
    return f"{what}:{tries}" if tries else what


def session_name(operator_id: str, session_id: str) -> str:
    """A session's name, unique over operators. Neither has a slash in it."""
    return f"{operator_id}/{session_id}"


def refund_name(operator_id: str | None, session_id: str, refund_id: str) -> str | None:
    """A refund's name, unique over operators; None where it does not say whose it is."""
    return f"{operator_id}/{session_id}/{refund_id}" if operator_id is not None else None


def idempotency_reference(verb: str, what: str) -> str:
    """What may happen once, as the provider is told it: at most 50 characters (CCV's limit), the same for every try."""
    return f"{verb}-{hashlib.sha256(f'{verb}:{what}'.encode()).hexdigest()[:32]}"


def offer(operator_id: str, tariff_id: str, version: str) -> str:
    """How an operator's tariff is named in one word. Neither an operator nor a version has a slash in it."""
    return f"{operator_id}/{tariff_id}/{version}"
