"""Which dead letters stand, by service and kind: each letter that no marker says was replayed, nor any later letter.

A letter whose replay was dead-lettered again names the one it was: if whoever replayed it came to no marker, they are
still one.
Pure: headers in, counts out; neither a letter's value nor its reason is kept. Letters are written by the worker,
markers by `tapwatt dlq replay`; a test holds this to both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tapwatt.facts.envelopes import note
from tapwatt.worker.moved_records import Kind, kind_of
from tapwatt.worker.records import Incoming
from tapwatt_watch.services import HEARS, OTHER

REPLAYED = "tapwatt_replayed"
"""The header of a marker: which letter was replayed, as partition/offset."""

BEFORE = "tapwatt_letter"
"""The header of a letter that was replayed and came back: which letter it was, as partition/offset."""

_NUMBER = re.compile(r"([0-9]{1,9})/([0-9]{1,18})")

Number = tuple[int, int]


@dataclass(frozen=True, slots=True)
class StandingLetter:
    """A letter that nobody has replayed: which service dead-lettered it, why, and when it came to the log (UTC)."""

    service: str
    kind: Kind
    since: datetime


class LettersStanding:
    """The letters of the topic, by their numbers. A marker may be read before its letter."""

    def __init__(self) -> None:
        self._standing: dict[Number, StandingLetter] = {}
        self._replayed: set[Number] = set()

    def read(self, record: Incoming, at: datetime) -> None:
        """Take note of a record of the topic, whatever it is made of."""
        if any(name == REPLAYED for name, _ in record.headers):
            self._gone(number_of(note(record.headers, REPLAYED)))
            return
        number = (record.partition, record.offset)
        if (before := number_of(note(record.headers, BEFORE))) != number:
            self._gone(before)
        if number in self._replayed:
            self._replayed.discard(number)
            return
        service = note(record.headers, "tapwatt_dead_lettered_by")
        self._standing[number] = StandingLetter(service if service in HEARS else OTHER, kind_of(record), at)

    def letters(self) -> Iterable[StandingLetter]:
        """Those that stand."""
        return self._standing.values()

    def _gone(self, number: Number | None) -> None:
        if number is not None and self._standing.pop(number, None) is None:
            self._replayed.add(number)


def number_of(text: str) -> Number | None:
    """The letter that a header names, or None where it names none."""
    found = _NUMBER.fullmatch(text)
    return (int(found[1]), int(found[2])) if found else None
