"""The chaos run's judge: it can find every wrong that it is there to find, and how long a fault took to heal."""

from __future__ import annotations

from typing import Any

import pytest
from tests.chaos.faults import KINDS, deal
from tests.chaos.summary import Struck, healing
from tests.chaos.traffic import Lived
from tests.chaos.verdict import judge, owed_minor


def lived(energy_wh: int = 10_000, **changes: Any) -> Lived:
    made = Lived(1, "op/1", "cable", 0.0, 1.0, 5.0, "Authorised", "Captured", energy_wh)
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def ledger(*holds: dict[str, Any], captures: int = 1) -> dict[str, Any]:
    usual = {"order_reference": "op/1", "authorised": 5000, "captured": 472, "open": False}
    every = [{**usual, "reference": f"H-{number}", **hold} for number, hold in enumerate(holds)]
    taken = [one["reference"] for one in every if one["captured"] for _ in range(captures)]
    return {"authorisations": every, "journal": [{"hold": hold, "kind": "capture"} for hold in taken]}


def test_what_energy_costs_is_computed_apart_from_any_bill_of_ours() -> None:
    assert [owed_minor(one) for one in (0, 10_000, 12_345, 110)] == [0, 472, 583, 5]


@pytest.mark.parametrize(
    ("session", "books", "line"),
    [
        (lived(), ledger({}), "0 lost, 0 twice, 0 above the hold, 0 wrong"),
        (lived(0), ledger({"captured": 0}), "0 lost, 0 twice, 0 above the hold, 0 wrong"),
        (lived(0), ledger(), "0 lost, 0 twice, 0 above the hold, 0 wrong"),
        (lived(), ledger({"captured": 0}), "1 lost, 0 twice, 0 above the hold, 0 wrong"),
        (lived(0), ledger({"captured": 0, "open": True}), "1 lost, 0 twice, 0 above the hold, 0 wrong"),
        (lived(), ledger({}, {}), "0 lost, 1 twice, 0 above the hold, 1 wrong"),
        (lived(), ledger({}, captures=2), "0 lost, 1 twice, 0 above the hold, 0 wrong"),
        (lived(), ledger({}, {"captured": 0}), "0 lost, 0 twice, 0 above the hold, 0 wrong"),
        (lived(), ledger({"captured": 473}), "0 lost, 0 twice, 0 above the hold, 1 wrong"),
        (lived(0), ledger({}), "0 lost, 0 twice, 0 above the hold, 1 wrong"),
        (lived(200_000), ledger({"captured": 5000}), "0 lost, 0 twice, 0 above the hold, 0 wrong"),
        (lived(200_000), ledger({"captured": 5001}), "0 lost, 0 twice, 1 above the hold, 1 wrong"),
        (lived(), ledger({}, {"order_reference": "op/9"}), "0 lost, 0 twice, 0 above the hold, 1 wrong"),
    ],
)
def test_the_books_are_judged_by_what_a_driver_did(session: Lived, books: dict[str, Any], line: str) -> None:
    verdict = judge([session], books)
    assert verdict.line == f"ledger: {line}"
    assert verdict.clean is (line == "0 lost, 0 twice, 0 above the hold, 0 wrong")


def test_a_fault_is_healed_once_a_session_that_began_after_it_is_settled() -> None:
    faults = [
        Struck("Redis killed", 10.0, True),
        Struck("Redis killed", 30.0, True),
        Struck("broker killed", 99.0, True),
    ]
    sessions = [
        lived(begun=5.0, answered=11.0, settled=12.0),
        lived(begun=14.0, answered=15.0, settled=20.0),
        lived(begun=31.0, answered=33.0, settled=None),
        lived(begun=32.0, answered=36.0, settled=40.0),
    ]
    redis, broker = healing(faults, sessions)
    assert (redis.answered, redis.settled, redis.not_seen) == ((5.0, 3.0), (10.0, 10.0), 0)
    assert (broker.answered, broker.not_seen) == ((), 1)


def test_the_same_seed_deals_the_same_faults_and_every_kind_of_them() -> None:
    assert deal(20, 7) == deal(20, 7) != deal(20, 8)
    assert set(deal(20, 7)) == set(KINDS)
    many = deal(500, 1)
    assert sum("killed" in one.name and one.name not in ("broker killed", "Redis killed") for one in many) == 500
    assert [sum(one.name == name for one in many) for name in ("broker killed", "Redis killed", "Redis flushed")] == [
        30,
        40,
        60,
    ]
    assert deal(0, 1) == []
