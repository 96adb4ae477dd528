"""Reckons once in each world what follows from its arguments alone: how bytes are read and written, what a word owes.

Eight services and the ear read the same records, again after each kill. Whoever reads first reads them with the code
that services run; the others are given the same fact, which never changes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FunctionType
from typing import Any

from tapwatt.facts import codec, ids, packed_event
from tapwatt.facts.codec import Event
from tapwatt.facts.fields import FactPart
from tariff import bills

Call = Callable[..., Any]
OF_THE_RING = ("tapwatt", "authoriser", "token_matcher", "tariff", "capturer", "tests.")


@contextmanager
def read_once() -> Iterator[None]:
    """Within, each of these functions is run once for the same arguments. What it raises is raised anew each time."""
    instead: dict[object, Call] = {
        codec.decode: _by_record(codec.decode),
        codec.encode: _encoded(codec.encode),
        packed_event.pack: _by_event(packed_event.pack),
        packed_event.unpack: _by_value(packed_event.unpack),
        ids.fact_id: _by_value(ids.fact_id),
        bills.by_tariff: _by_word(bills.by_tariff),
    }
    places = [
        (module, name, value)
        for module in list(sys.modules.values())
        if (getattr(module, "__name__", None) or "").startswith(OF_THE_RING)
        for name, value in vars(module).items()
        if isinstance(value, FunctionType) and value in instead
    ]
    read, written = FactPart.model_validate_json.__func__, FactPart.model_dump_json  # type: ignore[attr-defined]
    for module, name, value in places:
        setattr(module, name, instead[value])
    FactPart.model_validate_json = classmethod(_validated(read))  # type: ignore[assignment,method-assign]
    FactPart.model_dump_json = _dumped(written)  # type: ignore[method-assign]
    try:
        yield
    finally:
        for module, name, value in places:
            setattr(module, name, value)
        del FactPart.model_validate_json, FactPart.model_dump_json


def _by_value(call: Call) -> Call:
    known: dict[tuple[Any, ...], Any] = {}

    def once(*args: Any) -> Any:
        found = known.get(args)
        if found is None:
            found = known[args] = call(*args)
        return found

    return once


def _by_record(decode: Call) -> Call:
    known: dict[tuple[Any, ...], Event] = {}

    def once(key: bytes | None, value: bytes | None, headers: Any) -> Event:
        name = (key, value, tuple(headers))
        found = known.get(name)
        if found is None:
            found = known[name] = decode(key, value, headers)
        return found

    return once


def _by_event(call: Call) -> Call:
    """By the very envelope and fact, which are kept: they never change, and comparing takes as long as calling."""
    known: dict[tuple[int, int], tuple[Event, Any]] = {}

    def once(event: Event) -> Any:
        name = (id(event.envelope), id(event.fact))
        found = known.get(name)
        if found is None:
            found = known[name] = (event, call(event))
        return found[1]

    return once


def _encoded(encode: Call) -> Call:
    once = _by_event(encode)

    def anew(event: Event) -> Any:
        key, value, headers = once(event)
        return key, value, [*headers]  # whoever writes a record may add to them

    return anew


def _by_word(by_tariff: Call) -> Call:
    known: dict[tuple[Any, ...], tuple[Any, ...]] = {}

    def once(authorised: Any, reading: Any, rounding: Any) -> Any:
        name = (id(authorised), id(reading), rounding.of(authorised.tariff.currency))
        found = known.get(name)
        if found is None:
            found = known[name] = (authorised, reading, by_tariff(authorised, reading, rounding))
        return found[-1]

    return once


def _validated(validate: Call) -> Call:
    known: dict[tuple[type, object], Any] = {}

    def model_validate_json(cls: type[FactPart], said: str | bytes | bytearray, **more: Any) -> Any:
        name = (cls, bytes(said) if isinstance(said, bytearray) else said)
        found = None if more else known.get(name)
        if found is None:
            found = validate(cls, said, **more)
            if not more:
                known[name] = found
        return found

    return model_validate_json


def _dumped(dump: Call) -> Call:
    known: dict[tuple[int, str], tuple[FactPart, str]] = {}

    def model_dump_json(self: FactPart, **how: Any) -> str:
        name = (id(self), repr(how))
        found = known.get(name)
        if found is None:
            found = known[name] = (self, dump(self, **how))
        return found[1]

    return model_dump_json
