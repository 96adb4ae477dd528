"""Puts settlement files together to one account of the provider: what is told twice counts once, and that is said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from pathlib import Path

from tapwatt.errors import TapwattError
from tapwatt_watch.reconciliation.movements import SETTLED, Movement, Statement
from tapwatt_watch.reconciliation.settlement_file import BadFile, Line, SettlementFile, read_file
from tapwatt_watch.reconciliation.settlement_layout import Layout

SOURCE = "settlement files"
PATTERN = "*.csv"
MOST_FILES = 5_000


class NoFiles(TapwattError):
    """Where settlement files should be there are none."""


def files_in(places: Iterable[Path]) -> list[Path]:
    """The files themselves, and those of a folder whose names end in .csv; sorted. NoFiles if a place is not there."""
    found: dict[Path, None] = {}
    for place in places:
        if place.is_dir():
            found |= dict.fromkeys(one for one in sorted(place.glob(PATTERN)) if one.is_file())
        elif place.is_file():
            found[place] = None
        else:
            raise NoFiles(f"{place} is neither a file nor a folder")
    if len(found) > MOST_FILES:
        raise NoFiles(f"there are {len(found)} files, and {MOST_FILES} are read: move what is long over elsewhere")
    return list(found)


def read_at(path: Path, layout: Layout) -> SettlementFile:
    """The file there. BadFile in one sentence if it cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadFile(f"{path.name}: it cannot be read: {error.strerror}") from None
    return read_file(path.name, content, layout)


def statement_of(files: Sequence[SettlementFile], merchants: Collection[str] = ()) -> Statement:
    """One account of all these files; of `merchants` alone where some are named.

    A file with the bytes of another is read once. A line that is equal to one of another file, to its day of
    settlement, is the same line. One file may say the same twice: that is two settlements, and counts twice.
    """
    notes: list[str] = []
    known: Counter[Line] = Counter()
    digests: dict[str, str] = {}
    left_out: Counter[str] = Counter()
    overlap = 0
    until: datetime | None = None
    for one in files:
        if one.digest in digests:
            notes.append(f"{one.name} is {digests[one.digest]} again and was read once.")
            continue
        digests[one.digest] = one.name
        for line, many in Counter(one.lines).items():
            if merchants and line.merchant not in merchants:
                left_out[line.merchant or "nobody"] += many
                continue
            overlap += min(known[line], many)
            known[line] = max(known[line], many)
        until = max(filter(None, (until, one.until)), default=None)
    if overlap:
        notes.append(f"{overlap} lines stand in two files and count once.")
    notes += [f"{many} lines are of merchant {merchant} and were left out." for merchant, many in left_out.items()]
    movements: list[Movement] = []
    fees: Counter[str] = Counter()
    for line, many in known.items():
        movements += [line.movement] * many if line.movement is not None else []
        if line.fee is not None:
            fees[line.fee.currency] += line.fee.minor * many
    return Statement(SOURCE, tuple(movements), SETTLED, until, fees=dict(fees), notes=tuple(notes))
