"""How long it takes to price a day: 96 periods under ten elements with every kind of restriction, on one core.

    python tests/bench/bench_price.py [--rounds 200] [--json]

Shown are milliseconds for one price, lines and VAT included: the median of all rounds, the least and the most.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench import price_day

from pricing.engine.price import price

WARM_UP = 10


def main() -> None:
    """Price the day as often as asked and print how long it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    tariff, periods = price_day.tariff(), price_day.periods()
    took_ms = []
    for _ in range(WARM_UP + asked.rounds):
        begins = time.perf_counter_ns()
        bill = price(tariff, periods, price_day.ZONE, idle_grace_s=900)
        took_ms.append((time.perf_counter_ns() - begins) / 1e6)
    took_ms = took_ms[WARM_UP:]
    measured = {
        "rounds": asked.rounds,
        "median_ms": round(statistics.median(took_ms), 3),
        "least_ms": round(min(took_ms), 3),
        "most_ms": round(max(took_ms), 3),
    }
    if asked.json:
        print(json.dumps(measured))
    else:
        print(f"a day, 96 periods, 10 elements, {len(bill.lines)} lines, {bill.incl_vat}: ", end="")
        print("{median_ms} ms a price ({least_ms} to {most_ms} in {rounds} rounds)".format(**measured))


if __name__ == "__main__":
    main()
