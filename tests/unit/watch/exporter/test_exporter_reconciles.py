"""The exporter's own reconciliation: what it tells, and that half an account is none."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.unit.watch.exporter.reconciled import FILE, Job
from tests.unit.watch.said import NOON

from tapwatt.errors import BadSettings


async def test_what_differs_is_told_by_kind_with_how_far_the_files_go(tmp_path: Path) -> None:
    # given files with one of two captures, and one for nobody
    (tmp_path / "a.csv").write_text(FILE)
    job = Job(tmp_path)
    assert job.told() == {"age_seconds": 0, "unreadable_files": 0}
    # when they are compared
    assert await job.job.compared(tmp_path)
    told = job.told()
    # then each kind has its number, those without one too
    assert (told["capture"], told["orphan"], told["refund"], told["no_file"]) == (1, 1, 0, 0)
    assert told["files_until_timestamp_seconds"] == (NOON + timedelta(days=2, hours=12)).timestamp()
    assert told["not_yet_due"] == 0


async def test_while_one_file_cannot_be_read_what_was_found_stands_and_becomes_old(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(FILE)
    job = Job(tmp_path)
    assert await job.job.compared(tmp_path)
    # when a torn file comes
    (tmp_path / "b.csv").write_text(FILE[:-20])
    job.clock.passes(600)
    assert not await job.job.compared(tmp_path)
    # then nothing is compared with the half of it
    told = job.told()
    assert (told["unreadable_files"], told["age_seconds"], told["capture"]) == (1, 600, 1)


async def test_a_kafka_or_a_folder_that_is_away_is_no_comparison(tmp_path: Path) -> None:
    job = Job(tmp_path)
    job.away = True
    assert not await job.job.compared(tmp_path)
    assert not await job.job.compared(tmp_path / "nowhere")
    job.clock.passes(60)
    assert job.told() == {"age_seconds": 60, "unreadable_files": 0}


async def test_an_empty_folder_makes_what_is_due_one_difference_that_asks_for_the_file(tmp_path: Path) -> None:
    job = Job(tmp_path)
    assert await job.job.compared(tmp_path)
    told = job.told()
    assert (told["no_file"], told["capture"]) == (1, 0)
    assert "files_until_timestamp_seconds" not in told


def test_without_a_folder_nothing_is_told_and_a_layout_that_is_none_is_said_at_the_start(tmp_path: Path) -> None:
    assert Job("").told() == {}
    with pytest.raises(BadSettings, match="the layout"):
        Job(tmp_path, settlement_layout=str(tmp_path / "nowhere.toml"))
