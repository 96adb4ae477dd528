"""Prices the records of a file one by one: one that has no price says why, and the others are priced all the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from pricing.engine.cannot_price import CannotPrice
from pricing.ocpi.charging_periods import UnreadableCdr
from pricing.ocpi.documents import UnreadableOcpi
from pricing.ocpi.record_files import Record, records_in
from pricing.ocpi.recorded_usage import usage_at
from tapwatt.tariffs import Tariff
from tapwatt_cli.prices.pricing_records import Contradiction, How, Priced, price_usage


@dataclass(frozen=True, slots=True)
class NoPrice:
    """Why a record has no price, in one sentence, and where in the file it stands; `id` is what it calls itself."""

    path: str
    id: str | None
    said: str


def priced_in(file: BinaryIO, offered: Sequence[Tariff] | None, how: How) -> Iterator[Priced | NoPrice]:
    """What each record of this file costs, in order. UnreadableCdr for a fault of the file as a whole.

    Contradiction for a tariff that was offered and that nobody could be billed by.
    """
    for record in records_in(file, UnreadableCdr):
        yield _priced(record, offered, how)


def _priced(record: Record, offered: Sequence[Tariff] | None, how: How) -> Priced | NoPrice:
    if record.written is None:
        return NoPrice(record.path, None, str(record.problem))
    try:
        return price_usage(usage_at(record.path, record.written), offered, how)
    except UnreadableOcpi as error:
        return NoPrice(record.path, record.id, str(error))
    except Contradiction as error:
        if offered is not None:
            raise
        return NoPrice(record.path, record.id, f"{record.path}.tariffs: {error}")
    except CannotPrice as error:
        return NoPrice(record.path, record.id, f"{record.path}: {error}")
