"""The doctor says of each service's group whether somebody works in it and keeps up; unknown is not 0."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tapwatt.facts.topics import Topics
from tapwatt.worker.records import Partition
from tapwatt_cli.ops.group_findings import findings
from tapwatt_watch.kafka.groups import GroupsTold
from tapwatt_watch.lag import PartitionLag
from tapwatt_watch.services import HEARS

HERE = Partition("x", 0)


def told(records: int | None, seconds: float | None, members: int = 2) -> GroupsTold:
    lags = [PartitionLag(f"t.{service}", HERE, records, seconds) for service in HEARS]
    return GroupsTold(lags, {}, {f"t.{service}": members for service in HEARS})


@pytest.mark.parametrize(
    ("asked", "good", "says"),
    [
        (told(0, 0.0), True, "2 at work; 0 behind"),
        (told(1200, 30.4), True, "2 at work; 1,200 records behind, the oldest 30 s old"),
        (told(7, 601.0), False, "2 at work; 7 records behind, the oldest 601 s old"),
        (told(7, None), False, "2 at work; how far it is behind is not known"),
        (told(None, None), False, "2 at work; how far it is behind is not known"),
        (told(7, 3.0, members=0), False, "nobody works in it; 7 records behind, the oldest 3 s old"),
        (
            replace(told(7, 3.0), unsettled=frozenset(f"t.{service}" for service in HEARS)),
            False,
            "its 2 are being given their partitions; 7 records behind, the oldest 3 s old",
        ),
        (GroupsTold([], {}, {}), False, "nobody works in it; how far it is behind is not known"),
    ],
)
def test_each_group_has_its_sentence(asked: GroupsTold, good: bool, says: str) -> None:
    found = findings(asked, Topics("t."))
    assert [one.what for one in found] == [f"group t.{service}" for service in HEARS]
    assert {(one.good, one.found) for one in found} == {(good, says)}
    assert all(one.advice for one in found)


def test_a_partition_that_is_not_known_is_not_hidden_by_those_that_are() -> None:
    known, unknown = PartitionLag("tariff", HERE, 0, 0.0), PartitionLag("tariff", Partition("x", 1), None, None)
    tariff = findings(GroupsTold([known, unknown], {}, {"tariff": 1}), Topics(""))[list(HEARS).index("tariff")]
    assert (tariff.good, tariff.found) == (False, "1 at work; 0 behind, and of 1 partitions it is not known")
