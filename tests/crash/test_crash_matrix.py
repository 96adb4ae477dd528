"""Whichever service is hit at whichever window, in whichever way: nothing lost, nothing twice, nothing left open."""

from __future__ import annotations

from collections import defaultdict
from functools import cache

import pytest
from tests.crash.cells import Cell, Outcome, calibrated, few, matrix, run
from tests.crash.plays import PLAYS, Play
from tests.crash.processes import Way
from tests.crash.reach import ON_KAFKA_ALONE, REACHED, SERVICES
from tests.crash.ring import Mode

from tapwatt.crash_windows import WINDOWS

ROWS = sorted((service, window) for service in SERVICES for window in REACHED[service])


@cache
def found() -> dict[tuple[Play, Mode], Outcome]:
    """Every play, with nothing hit."""
    return calibrated()


@cache
def cells() -> dict[tuple[str, str], list[Cell]]:
    """Those that are tried here, by service and window; `make crash-matrix` tries them all."""
    chosen: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for cell in few(matrix(found())):
        chosen[cell.blow.service, cell.blow.window].append(cell)
    return chosen


def test_where_nothing_is_hit_every_play_ends_as_it_should() -> None:
    wrong = {f"{play.name}, {mode}": outcome.wrong for (play, mode), outcome in found().items() if outcome.wrong}
    assert wrong == {}
    assert len(found()) == len(PLAYS) * len(Mode)


def test_every_window_has_cells_and_every_service_comes_to_the_windows_that_it_should() -> None:
    # given what the plays came to
    reached = {service: set() for service in SERVICES}
    for outcome in found().values():
        for service, window in outcome.reached:
            reached[service].add(window)
    # then it is what is written down, and between memory and a real Kafka there is no window without a cell
    assert reached == REACHED
    assert set().union(*REACHED.values()) | ON_KAFKA_ALONE == set(WINDOWS)
    assert not set().union(*REACHED.values()) & ON_KAFKA_ALONE
    for row in ROWS:
        assert {cell.blow.way for cell in cells()[row]} == set(Way) - {Way.FROZEN_LONG}, row
        assert {cell.mode for cell in cells()[row]} == set(Mode), row


@pytest.mark.parametrize(("service", "window"), ROWS, ids=[f"{service}:{window}" for service, window in ROWS])
def test_s33_whatever_happens_at_a_window_the_ledger_ends_as_it_should(service: str, window: str) -> None:
    for cell in cells()[service, window]:
        outcome = run(cell.play, cell.mode, cell.blow)
        assert outcome.struck, f"{cell}: its window was not reached"
        assert not outcome.wrong, f"{cell}:\n" + "\n".join(outcome.wrong)
