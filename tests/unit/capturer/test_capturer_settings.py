"""When a settled session is looked at again, as an operator sets it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from capturer.settings import CapturerSettings
from capturer.watching import next_look
from tapwatt.errors import BadSettings
from tapwatt.settings import read_settings

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_session_is_looked_at_after_an_hour_and_then_for_six_weeks() -> None:
    looks = CapturerSettings().looks
    assert (looks[0], looks[-1]) == (timedelta(hours=1), timedelta(weeks=6))
    assert list(looks) == sorted(looks)


def test_the_looks_are_those_that_are_set_and_then_there_are_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAPWATT_CAPTURER_LOOK_AGAIN_AFTER_H", "[0.5, 12]")
    looks = read_settings(CapturerSettings).looks
    hour = timedelta(hours=1)
    assert next_look(looks, NOON, NOON) == NOON + hour / 2
    assert next_look(looks, NOON, NOON + hour / 2) == NOON + 12 * hour
    assert next_look(looks, NOON, NOON + 12 * hour) is None


@pytest.mark.parametrize(
    "wrong", ["[]", "[0]", "[-1]", "[24, 1]", "[1, 1]", "[9601]", str([*range(1, 60)]), "1,2", "7"]
)
def test_looks_that_cannot_be_used_are_said_at_the_start(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("TAPWATT_CAPTURER_LOOK_AGAIN_AFTER_H", wrong)
    with pytest.raises(BadSettings):
        read_settings(CapturerSettings)
