"""The lag as whoever is on call reads it: who is behind, by how much, and what is not known."""

from __future__ import annotations

import io

from rich.console import Console

from tapwatt.worker.records import Partition
from tapwatt_cli.ops.lag_page import lag_as_json, show_lag, totals
from tapwatt_watch.kafka.groups import GroupsTold
from tapwatt_watch.lag import PartitionLag


def lag(group: str, number: int, records: int | None, seconds: float | None) -> PartitionLag:
    return PartitionLag(group, Partition(f"tapwatt.{group}.v1", number), records, seconds)


def shown(*lags: PartitionLag, every: bool = False, width: int = 100, **members: int) -> str:
    told = GroupsTold(lags, {}, members or dict.fromkeys({one.group for one in lags}, 1))
    console = Console(file=io.StringIO(), width=width, no_color=True)
    show_lag(console, told, every=every)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_a_group_is_as_far_behind_as_its_worst_partition_and_has_all_their_records() -> None:
    assert totals([lag("tariff", 0, 3, 2.5), lag("tariff", 1, 4, 60.0)]) == (7, 60.0)
    text = shown(lag("tariff", 0, 3, 2.5), lag("tariff", 1, 1000, 60.0), lag("capturer", 0, 0, 0))
    rows = [line.split() for line in text.splitlines()]
    assert ["tariff", "1", "1,003", "60.0"] in rows
    assert ["capturer", "1", "0", "0.0"] in rows
    # the worst first, and only who is behind
    assert text.index("1,000") < text.index("2.5")
    assert "tapwatt.capturer.v1" not in text
    assert "tapwatt.capturer.v1" in shown(lag("capturer", 0, 0, 0), every=True)


def test_what_is_not_known_is_not_nothing() -> None:
    assert totals([lag("tariff", 0, 3, None), lag("tariff", 1, None, None)]) == (None, None)
    text = shown(lag("tariff", 0, None, None))
    assert ["tariff", "1", "?", "?"] in [line.split() for line in text.splitlines()]
    assert "Nobody is behind" not in text
    told = GroupsTold([lag("tariff", 0, None, None)], {}, {"tariff": 1})
    assert lag_as_json(told)["groups"] == [{"group": "tariff", "members": 1, "records": None, "seconds": None}]


def test_a_group_without_a_member_is_said_aloud() -> None:
    assert "tariff has no member: nobody does its work" in shown(lag("tariff", 0, 0, 0), tariff=0)


def test_many_are_cut_with_a_word() -> None:
    lags = [lag("tariff", number, number + 1, 1.0) for number in range(30)]
    assert "and 10 more: --all names them" in shown(*lags)


def test_it_fits_sixty_columns() -> None:
    text = shown(lag("token-matcher", 11, 1_000_000, 86_400.0), width=60)
    assert max(map(len, text.splitlines())) <= 60
