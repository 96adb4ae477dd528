"""A process that is going to kill itself says so at its start; another one says that it is not meant, and goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest

from tapwatt import crash_windows as crash
from tapwatt.log import Log
from tapwatt.wiring.process import _arm

POINT = crash.CrashPoint("capturer", "after-capture", 2)


class Lines:
    """A log that keeps its lines."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, Any]]] = []

    def __getattr__(self, level: str) -> Any:
        return lambda event, **more: self.lines.append((level, event, more))


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    yield
    crash.arm(None)


def test_the_service_that_is_meant_is_armed_and_says_where_it_dies() -> None:
    log = Lines()
    _arm("capturer", POINT, cast(Log, log))
    assert isinstance(crash.armed, crash.Crashing)
    [(level, event, more)] = log.lines
    assert (level, more) == ("critical", {"window": "after-capture", "times": 2})
    assert "TAPWATT_CRASH_AT" in event


def test_another_service_says_that_it_is_not_meant_and_goes_on() -> None:
    log = Lines()
    _arm("tariff", POINT, cast(Log, log))
    assert crash.armed is None
    assert [(level, more) for level, _, more in log.lines] == [("warning", {"service_named": "capturer"})]
