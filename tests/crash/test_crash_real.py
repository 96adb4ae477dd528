"""kill -9 at a handful of windows of real processes, on a real Kafka and Redis; `make crash-matrix` tries them all."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.crash.reach import ON_KAFKA_ALONE, REACHED, SERVICES
from tests.crash.real import LONG_TO_REACH, NOT_BY_THESE, RealCell, real_cells, real_ring

from tapwatt_cli.dev.run_folders import RunFolder

HANDFUL = (
    RealCell("capturer", "after-capture"),
    RealCell("tariff", "before-commit"),
    RealCell("token-matcher", "in-delivery"),
    RealCell("authoriser", "before-view-switch"),
)


@pytest.mark.kafka
@pytest.mark.redis
@pytest.mark.timeout(300)
async def test_s33_a_service_that_is_killed_at_a_window_comes_back_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAPWATT_RUN_DIR", str(tmp_path))
    # given a ring of real processes
    with RunFolder("crash") as files:
        async with real_ring(files.path, lambda what: None) as ring:
            # when one service after another dies there, while drivers charge
            outcomes = [await ring.try_at(cell) for cell in HANDFUL]
    # then it died where it should, and facts and ledger agree
    assert [(str(one.cell), one.died, one.wrong) for one in outcomes] == [(str(cell), True, ()) for cell in HANDFUL]


def test_every_window_of_a_real_kafka_is_tried_at_every_service_and_what_is_not_is_said() -> None:
    tried = {(cell.service, cell.window) for cell in real_cells()}
    assert {(service, window) for service in SERVICES for window in ON_KAFKA_ALONE} <= tried
    every = {(service, window) for service in SERVICES for window in REACHED[service] | ON_KAFKA_ALONE}
    left_out = {(service, window) for service, window in every if window in LONG_TO_REACH} | NOT_BY_THESE
    assert tried == every - left_out
    assert set(HANDFUL) <= set(real_cells())
