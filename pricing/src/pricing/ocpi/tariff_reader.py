"""Reads tariffs from a file as operators exchange them: one, a list, or an OCPI answer; 2.2.1 and 2.3.0."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from pricing.ocpi.documents import UnreadableOcpi, fault_of, objects_in, read_json
from tapwatt.tariffs import Tariff


class UnreadableTariffs(UnreadableOcpi):
    """A file without a tariff that can be read: the JSON path, and in one sentence what is wrong there."""


def read_tariffs(text: str | bytes) -> list[Tariff]:
    """The tariffs in one OCPI Tariff, a list of them, or an answer {"data": ...}; numbers are read exactly.

    Raises UnreadableTariffs with the JSON path of the first fault. That a tariff can be read does not say that a
    session can be billed by it (tapwatt.tariffs.contradiction).
    """
    found = objects_in(read_json(text, UnreadableTariffs), UnreadableTariffs)
    return [tariff_at(path, one) for path, one in found]


def tariff_at(path: str, one: dict[str, Any]) -> Tariff:
    """The tariff in this object, which stands at this JSON path. Raises UnreadableTariffs."""
    if "charging_periods" in one and "elements" not in one:
        raise UnreadableTariffs(
            path, "this is a CDR or a session where a tariff is needed; name the tariff's file first"
        )
    try:
        return Tariff.model_validate(one)
    except ValidationError as error:
        raise UnreadableTariffs(*fault_of(error, path)) from None
    except (ValueError, ArithmeticError):
        raise UnreadableTariffs(path, "holds a number or a time that is out of all bounds") from None
