"""A crash point is refused in one sentence if it is none, and ends a process the n-th time, not sooner or later."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from tapwatt.crash_windows import WINDOWS, Crashing, CrashPoint
from tapwatt.errors import BadSettings
from tapwatt.settings import read_settings
from tapwatt.worker.settings import WorkerSettings


@pytest.mark.parametrize(
    "text",
    ["capturer", "capturer:before-capture", ":before-capture:1", "capturer:before-capture:0", "a:before-capture:-1",
     "a:before-capture:1:1", "a:before-capture:x", "a:before-capture:²", "a:before-capture:", "a:nowhere:1"],
)  # fmt: skip
def test_what_is_no_crash_point_is_refused_at_start_in_one_sentence(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # given a setting that names none
    monkeypatch.setenv("TAPWATT_CRASH_AT", text)
    # when a process starts, then it says so
    with pytest.raises(BadSettings) as refused:
        read_settings(WorkerSettings)
    assert str(refused.value).startswith("TAPWATT_CRASH_AT cannot be used: ")
    assert "\n" not in str(refused.value)


def test_a_crash_point_names_service_window_and_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAPWATT_CRASH_AT", "capturer:after-capture:3")
    assert read_settings(WorkerSettings).crash_point == CrashPoint("capturer", "after-capture", 3)
    monkeypatch.delenv("TAPWATT_CRASH_AT")
    assert read_settings(WorkerSettings).crash_point is None


async def test_it_ends_the_nth_time_that_this_window_is_reached_and_once() -> None:
    # given a point that is reached the third time
    ended: list[str] = []
    crashing = Crashing(CrashPoint("any", "after-capture", 3), lambda: ended.append("ended"))
    seen = []
    # when windows are reached
    for _ in range(5):
        await crashing("before-capture")
        await crashing("after-capture")
        seen.append(len(ended))
    # then
    assert seen == [0, 0, 1, 1, 1]


def test_a_process_is_really_killed_and_has_no_last_words() -> None:
    program = (
        "import asyncio\nfrom tapwatt.crash_windows import *\n"
        "try: asyncio.run(Crashing(CrashPoint('a', 'before-done', 1))('before-done'))\n"
        "finally: print('still here')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, env={**os.environ}, check=False)
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, b"")


def test_a_window_costs_nothing_but_a_look_where_nobody_wants_to_know() -> None:
    program = "from tapwatt import crash_windows; print(crash_windows.armed)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "None"
    assert asyncio.iscoroutinefunction(Crashing.__call__)


def test_every_window_says_in_a_clause_where_it_stands() -> None:
    for name, where in WINDOWS.items():
        assert name == name.lower()
        assert " " not in name
        assert len(where) > 20, name
        assert not where.endswith("."), name
