"""Feeds the readers of tariffs, CDRs and sessions with spoilt files: a price or one sentence, and never anything else.

python -m lab.fuzz.__main__ --seconds 600 [--seed 1] [--most-mib 1024]
"""

from __future__ import annotations

import argparse
import io
import json
import resource
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from types import FrameType

from rich.console import Console

from lab.fuzz.mutations import TARIFF, TOKEN, good_records, spoilt, spoilt_bytes, text_of
from pricing.engine.cannot_price import CannotPrice
from pricing.ocpi.cdrs import read_cdrs
from pricing.ocpi.documents import UnreadableOcpi
from pricing.ocpi.recorded_usage import read_usage
from pricing.ocpi.tariff_reader import read_tariffs
from tapwatt.money import Rounding
from tapwatt_cli.prices.price_page import show_priced
from tapwatt_cli.prices.pricing_records import How, document, price_usage

LONGEST_SENTENCE = 600
LONGEST_CASE_S = 60
FAILURES = Path(".run") / "fuzz"

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Case:
    """What is read: a tariff's file or none, a record's file, and how it is asked for."""

    tariff: bytes | None
    record: bytes
    how: How


def some_case(chance: Random) -> Case:
    """A case made of good files that were spoilt somewhere; a few are left as they are."""
    record = chance.choice(good_records())
    own = record.get("tariffs") or [TARIFF]
    tariff = chance.choice((TARIFF, own[0]))
    texts = [spoilt(one, chance) if chance.random() < 0.7 else text_of(one) for one in (tariff, record)]
    files = [
        spoilt_bytes(data, chance) if chance.random() < 0.3 else data
        for data in (text.encode("utf-8", "surrogatepass") for text in texts)
    ]
    how = How(
        time_zone=chance.choice((None, None, "Europe/Amsterdam", "Australia/Lord_Howe")),
        rounding=chance.choice(tuple(Rounding)),
        idle_grace_s=chance.choice((0, 0, 900)),
        at=chance.choice((None, None, datetime(2026, 3, 2, 9, tzinfo=UTC))),
    )
    return Case(files[0] if chance.random() < 0.5 else None, files[1], how)


def outcome_of(case: Case) -> str:
    """What came of it, in a word or two. AssertionError if it is neither a price nor one honest sentence."""
    try:
        offered = None if case.tariff is None else read_tariffs(case.tariff)
        usages = read_usage(case.record)
        priced = [price_usage(usage, offered, case.how) for usage in usages]
    except (UnreadableOcpi, CannotPrice) as error:
        _check_sentence(str(error))
        return f"refused: {type(error).__name__}"
    for one in priced:
        said = document(one)
        page = io.StringIO()
        show_priced(Console(file=page, width=80), one)
        page.getvalue().encode("utf-8")
        assert TOKEN not in json.dumps(said) + page.getvalue(), "the token was shown"
        assert all(line["why"].isprintable() or not line["why"] for line in said["lines"])
        _check_lines(one.bill.incl_vat.minor, [line.incl_vat.minor for line in one.bill.lines])
    return "priced" if priced else "nothing in it"


def replay_outcome_of(record: bytes) -> str:
    """The same for the strict reading."""
    try:
        return "read strictly" if read_cdrs(record) else "nothing in it, strictly"
    except UnreadableOcpi as error:
        _check_sentence(str(error))
        return "refused strictly"


def _check_sentence(said: str) -> None:
    assert said.strip(), "nothing was said"
    assert len(said) < LONGEST_SENTENCE, f"{len(said)} characters"
    assert said.isprintable(), "not one printable line"
    assert TOKEN not in said, "the token was repeated"
    said.encode("utf-8")


def _check_lines(total: int, lines: list[int]) -> None:
    assert sum(lines) == total, "the lines do not add up"


def _too_slow(signal_number: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"slower than {LONGEST_CASE_S} s")


def main() -> int:
    """Run for the seconds that were asked for, and count what came of each case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--most-mib", type=int, default=1024, help="address space, beyond which a case fails")
    asked = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (asked.most_mib * _MIB, asked.most_mib * _MIB))
    signal.signal(signal.SIGALRM, _too_slow)
    outcomes: Counter[str] = Counter()
    slowest, began, number = (0.0, 0), time.monotonic(), 0
    while time.monotonic() - began < asked.seconds:
        number += 1
        case = some_case(Random(f"{asked.seed}/{number}"))
        started = time.monotonic()
        try:
            signal.alarm(LONGEST_CASE_S)
            outcomes[outcome_of(case)] += 1
            outcomes[replay_outcome_of(case.record)] += 1
            signal.alarm(0)
        except Exception as error:  # noqa: BLE001 - whatever else it is, it is what we are looking for
            signal.alarm(0)
            outcomes["FAILED"] += 1
            _keep(case, f"{asked.seed}-{number}", error)
        slowest = max(slowest, (time.monotonic() - started, number))
    _report(asked.seconds, number, outcomes, slowest)
    return 1 if outcomes["FAILED"] else 0


def _keep(case: Case, name: str, error: Exception) -> None:
    FAILURES.mkdir(parents=True, exist_ok=True)
    (FAILURES / f"{name}-record.json").write_bytes(case.record)
    if case.tariff is not None:
        (FAILURES / f"{name}-tariff.json").write_bytes(case.tariff)
    sys.stdout.write(f"FAILED {name}: {type(error).__name__}: {str(error)[:300]} ({case.how})\n")


def _report(seconds: int, number: int, outcomes: Counter[str], slowest: tuple[float, int]) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(f"{number} cases in {seconds} s\n")
    for outcome, many in outcomes.most_common():
        sys.stdout.write(f"{many:>9}  {outcome}\n")
    sys.stdout.write(f"peak memory {peak:.0f} MiB, slowest case {slowest[0]:.2f} s (number {slowest[1]})\n")


if __name__ == "__main__":
    sys.exit(main())
