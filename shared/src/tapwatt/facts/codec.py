"""From a fact to the bytes on Kafka and back. What cannot be read is Poison, with a sentence that says why."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from pydantic import ValidationError

from tapwatt.errors import Poison
from tapwatt.facts.content_modes import opened
from tapwatt.facts.envelopes import Envelope, Headers, next_trace, to_headers
from tapwatt.facts.fact import Fact
from tapwatt.facts.ids import cause as cause_of
from tapwatt.facts.ids import fact_id
from tapwatt.facts.topics import FACT_OF_TYPE, fact_type

LARGEST_EVENT = 900 * 1024
"""Bytes. Two days of a period a minute fit, and with its headers an event fits into the 1 MiB that producers take."""


@dataclass(frozen=True, slots=True)
class Event:
    """A fact in its envelope. `logged_at` is when it came to the log by the broker's clock (UTC), where it is known."""

    envelope: Envelope
    fact: Fact
    logged_at: datetime | None = field(default=None, compare=False)


def follow(cause: Envelope, fact: Fact, source: str, now: datetime) -> Event:
    """The event that says a fact which follows from a cause: the same cause gives the same id."""
    name = fact_id(cause_of(cause.source, cause.id), fact.name)
    trace = next_trace(cause.traceparent, name, fact.session)
    return Event(Envelope(name, fact_type(type(fact)), source, now, trace), fact)


def begin(fact: Fact, event_id: str, source: str, now: datetime) -> Event:
    """The event that begins a chain: said by a fleet, an operator or a test, who names it."""
    return Event(Envelope(event_id, fact_type(type(fact)), source, now, next_trace(None, event_id, fact.session)), fact)


def encode(event: Event) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    """Key, value and headers of the Kafka record."""
    value = event.fact.model_dump_json(exclude_none=True).encode()
    return event.fact.key.encode(), value, to_headers(event.envelope)


def decode(key: bytes | None, value: bytes | None, headers: Headers) -> Event:
    """The event in a Kafka record, or Poison with the reason, whatever bytes it is made of."""
    if not value:
        raise Poison("the record has no value: a fact is a JSON object")
    if len(value) > LARGEST_EVENT:
        raise Poison(f"the event is {len(value)} bytes; at most {LARGEST_EVENT} are read")
    envelope, said = opened(value, headers)
    model = FACT_OF_TYPE.get(envelope.type)
    if model is None:
        raise Poison("its type (ce_type) is no fact, or no version of one, that we know")
    try:
        fact = model.model_validate_json(said)
    except ValidationError as error:
        raise Poison(f"{model.name} is broken: {_first(error)}") from None
    except Exception as error:  # it depends on these bytes alone, so it will never be otherwise
        raise Poison(f"{model.name} is broken in a way that nobody foresaw ({type(error).__name__})") from error
    if key != fact.key.encode():
        raise Poison(f"the record's key is not the {model.keyed_by} in it, so its order cannot be kept")
    return Event(envelope, fact)


def _first(error: ValidationError) -> str:
    """The first thing that is wrong, with its JSON path, and how many more there are. Never the input itself."""
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    where = errors[0]["loc"]
    if errors[0]["type"] == "extra_forbidden":
        where = (*where[:-1], "an unknown field")  # its name was chosen by whoever wrote the event
    path = ".".join(str(part) for part in where) or "the object"
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{path}: {errors[0]['msg']}{more}"
