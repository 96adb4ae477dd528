"""One line an event, in JSON whoever logs it, with what is at work on it; repeats are left out and counted."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import warnings
from collections.abc import Iterator

import pytest
import structlog

from tapwatt.at_work import AtWork, working_on
from tapwatt.log import Log, say_what_was_left_out, set_up
from tapwatt.log_sampling import LeftOut, Sampling


class Time:
    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, hook = list(root.handlers), root.level, sys.excepthook
    yield
    structlog.reset_defaults()
    logging.captureWarnings(False)
    root.handlers[:], root.level, sys.excepthook = handlers, level, hook


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.usefixtures("as_before")
def test_what_we_log_and_what_libraries_log_are_lines_of_json_alike(capsys: pytest.CaptureFixture[str]) -> None:
    log = set_up(service="capturer", as_json=True)
    with working_on(AtWork({"session": "op/s1", "event_id": "e1"})):
        log.warning("not produced yet", reason="no leader")
        logging.getLogger("aiokafka").error("node %d\nis not ready", 3)
        warnings.warn("an old way", stacklevel=1)
        try:
            raise ValueError("odd")
        except ValueError:
            logging.getLogger("faust").exception("crashed")
    log.info("started")
    ours, kafkas, warned, crashed, last = lines(capsys.readouterr().err)
    for line in (ours, kafkas, warned, crashed):
        assert line["session"] == "op/s1"
        assert line["event_id"] == "e1"
        assert line["service"] == "capturer"
        assert line["timestamp"]
    assert (ours["event"], ours["level"], ours["reason"]) == ("not produced yet", "warning", "no leader")
    assert (kafkas["event"], kafkas["level"], kafkas["logger"]) == ("node 3\nis not ready", "error", "aiokafka")
    assert "an old way" in str(warned["event"])
    assert "ValueError: odd" in str(crashed["exception"])
    assert "session" not in last


def test_what_nobody_catches_is_a_line_of_json_too() -> None:
    program = "from tapwatt.log import set_up\nset_up(service='tariff')\nraise ValueError('odd')"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    [line] = lines(ended.stderr)
    assert ended.returncode == 1
    assert line["level"] == "critical"
    assert "ValueError: odd" in str(line["exception"])


@pytest.mark.usefixtures("as_before")
def test_of_five_thousand_lines_that_say_the_same_ten_are_written_and_the_rest_is_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    time, fates = Time(), list[str]()
    sampling = Sampling(time, counted=lambda level, fate: fates.append(fate))
    log = set_up(as_json=True, sampling=sampling)
    for offset in range(5000):
        log.error("dead-lettered", reason=f"header ce_id is missing at offset {offset}", origin=f"t/0/{offset}")
    log.error("dead-lettered", reason="another reason")
    say_what_was_left_out(log, sampling)
    said = lines(capsys.readouterr().err)
    assert [line["event"] for line in said] == ["dead-lettered"] * 11 + ["repeats were left out"]
    assert (said[-1]["lines"], said[-1]["of"]) == (4990, "dead-lettered")
    assert said[-1]["why"] == "header ce_id is missing at offset #"
    assert (fates.count("written"), fates.count("left_out")) == (11, 4990)


@pytest.mark.usefixtures("as_before")
def test_repeats_of_libraries_are_left_out_too(capsys: pytest.CaptureFixture[str]) -> None:
    log: Log = set_up(as_json=True, sampling=(sampling := Sampling(Time())))
    for number in range(40):
        logging.getLogger("aiokafka").error("Failed fetch messages from %d", number)
    say_what_was_left_out(log, sampling)
    said = lines(capsys.readouterr().err)
    assert len(said) == 11
    assert said[-1]["lines"] == 30


def test_after_a_while_the_same_is_written_again() -> None:
    time = Time()
    sampling = Sampling(time, burst=2, window_s=10)
    assert [sampling.writes("error", "down") for _ in range(4)] == [True, True, False, False]
    time.s = 9.9
    assert not sampling.writes("error", "down")
    time.s = 10.0
    assert sampling.writes("error", "down")
    assert sampling.left_out() == [LeftOut("error", "down", "", 3)]
    assert sampling.left_out() == []


def test_the_memory_of_many_different_lines_is_bounded_and_what_was_left_out_is_still_said() -> None:
    sampling = Sampling(Time(), burst=1)
    assert [sampling.writes("error", "down") for _ in range(3)] == [True, False, False]
    for number in range(10_000):
        name = "".join(chr(ord("g") + int(digit)) for digit in str(number))
        sampling.writes("info", f"line {name}")
    assert len(sampling._kinds) <= 2_001
    assert sampling.left_out() == [LeftOut("error", "down", "", 2)]
