"""Reads tariffs from a file as operators exchange them: one, a list, or an OCPI answer; 2.2.1 and 2.3.0."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from pricing.ocpi.charging_periods import Note
from pricing.ocpi.dialects import understood_tariff
from pricing.ocpi.documents import UnreadableOcpi, fault_of, objects_in, quoted, read_json
from tapwatt.tariffs import Tariff, speaks_of_prices

_MOST_NOTES = 4
_BESIDE_PRICES = frozenset({"country_code", "party_id", "energy_mix"})
"""Fields of an OCPI tariff that no price depends on and that nobody here asks for."""


class UnreadableTariffs(UnreadableOcpi):
    """A file without a tariff that can be read: the JSON path, and in one sentence what is wrong there."""


def read_tariffs(text: str | bytes) -> list[Tariff]:
    """The tariffs in one OCPI Tariff, a list of them, or an answer {"data": ...}; numbers are read exactly.

    Raises UnreadableTariffs with the JSON path of the first fault. That a tariff can be read does not say that a
    session can be billed by it (tapwatt.tariffs.contradiction).
    """
    return [tariff for tariff, _ in read_noting(text)]


def read_noting(text: str | bytes) -> list[tuple[Tariff, list[Note]]]:
    """The same, each with a note for every name in it that is let be."""
    found = objects_in(read_json(text, UnreadableTariffs), UnreadableTariffs)
    return [(tariff_at(path, one), notes_on(path, one)) for path, one in found]


def notes_on(path: str, written: dict[str, Any]) -> list[Note]:
    """What has to be said of the tariff at this path: what was understood in it, and what is let be."""
    _, understood = understood_tariff(path, written)
    if len(understood) > _MOST_NOTES:
        left = len(understood) - _MOST_NOTES
        understood = [*understood[:_MOST_NOTES], Note(path, f"{left} more fields are understood in the same ways")]
    return [*understood, *not_read(path, written)]


def not_read(path: str, written: dict[str, Any]) -> list[Note]:
    """A note for each name of the tariff at this path that OCPI has not and that is let be: no price depends on it."""
    known = Tariff.model_fields.keys() | _BESIDE_PRICES
    unknown = sorted(name for name, value in written.items() if name not in known and value is not None)
    said = "is not a field of an OCPI 2.2.1 or 2.3.0 tariff; it is ignored"
    return [Note(path, f"{quoted(name)} {said}") for name in unknown if not speaks_of_prices(name)]


def tariff_at(path: str, one: dict[str, Any], *, before_taxes: bool = False) -> Tariff:
    """The tariff in this object, which stands at this JSON path. Raises UnreadableTariffs.

    `before_taxes` says that it is of OCPI 2.1.1, whose prices are before taxes that it does not name.
    """
    if "charging_periods" in one and "elements" not in one:
        raise UnreadableTariffs(
            path, "this is a CDR or a session where a tariff is needed; name the tariff's file first"
        )
    try:
        return Tariff.model_validate(understood_tariff(path, one, before_taxes=before_taxes)[0])
    except ValidationError as error:
        raise UnreadableTariffs(*fault_of(error, path)) from None
    except (ValueError, ArithmeticError):
        raise UnreadableTariffs(path, "holds a number or a time that is out of all bounds") from None
