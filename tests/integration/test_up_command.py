"""`tapwatt up` holds a ring that others use from outside, mends it aloud, and leaves nothing when it is told to end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.fleet.drivers import Waiting
from simulator.fleet.fleet import Fleet
from simulator.fleet.world import World
from simulator.stories import STORIES
from simulator.stories.day import play_day
from simulator.stories.deck import deal
from tapwatt.clock import SystemClock
from tapwatt.facts.topics import Topics
from tapwatt_cli.dev.local.listening import who_listens

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.timeout(240)]

TAPWATT = (sys.executable, "-m", "tapwatt_cli")
LINE = {
    "bootstrap",
    "redis_url",
    "provider_url",
    "provider_api_key",
    "topic_prefix",
    "folder",
    "services",
    "webhooks",
    "exporter",
}
SERVICES = {"authoriser", "token-matcher", "tariff", "capturer"}
Up = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    """Starts `tapwatt up` with these options and settings; whatever a test leaves of it is ended."""
    started: list[subprocess.Popen[str]] = []

    def start(*options: str, **settings: str) -> subprocess.Popen[str]:
        env = {**os.environ, "TAPWATT_RUN_DIR": str(tmp_path / "run"), **settings}
        # As a shell starts what is to run in the background: with Ctrl-C ignored, which children inherit.
        started.append(
            subprocess.Popen(
                [*TAPWATT, "up", *options],
                env=env,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),  # noqa: PLW1509 - one thread, one call
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def line_of(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The one line, as soon as it is there."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.communicate()[1]
    return dict(json.loads(line))


def said_by(process: subprocess.Popen[str], words: str) -> str:
    """The next line on standard error that has these words."""
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            return line
    raise AssertionError(f"it ended and never said {words!r}")


def left_behind(run: Path) -> list[str]:
    """The processes that still run with this run's folder in their environment or command."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            said = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
        except OSError:
            continue
        if str(run).encode() in said and int(process.name) != os.getpid():
            found.append((process / "cmdline").read_text().replace("\0", " "))
    return found


def asked(ring: dict[str, Any], *command: str) -> Any:
    """What a command says as JSON, with a service's own settings for Redis and the provider."""
    env = {
        **os.environ,
        "TAPWATT_REDIS_URL": ring["redis_url"],
        "TAPWATT_PROVIDER_BASE_URL": f"{ring['provider_url']}/api/v1",
        "TAPWATT_PROVIDER_API_KEY": ring["provider_api_key"],
        "TAPWATT_FINGERPRINT_KEYS": f"1:{'ab' * 32}",
    }
    where = ("--bootstrap", ring["bootstrap"], "--topic-prefix", ring["topic_prefix"])
    typed = [*TAPWATT, *command, "--json", *where]
    return json.loads(subprocess.run(typed, env=env, capture_output=True, text=True, timeout=60, check=False).stdout)


def examined(ring: dict[str, Any]) -> dict[str, tuple[bool, str]]:
    """What the doctor says of each thing."""
    at_work = [word for address in ring["services"].values() for word in ("--service", address)]
    return {one["what"]: (one["good"], one["found"]) for one in asked(ring, "doctor", *at_work)["findings"]}


async def lives_a_session(ring: dict[str, Any], run: str) -> str:
    """One driver of this run taps, charges and taps again, and all goes well; which session that was."""
    parts = deal(1, 1, run, [story for story in STORIES if story.name == "tap-charge-tap"])
    topics = Topics(ring["topic_prefix"])
    async with Fleet(ring["bootstrap"], topics, SystemClock()) as fleet, World(ring["provider_url"]) as world:
        played = await play_day(fleet, world, parts, at_once=1, waiting=Waiting())
    [one] = played
    assert not one.trouble, one.trouble
    [session] = one.session_ids
    return session


async def test_a_session_goes_through_it_from_outside_and_ctrl_c_leaves_nothing(up: Up, tmp_path: Path) -> None:
    # given a ring that a script has put up, told where its topics are, and by a service's setting that a tap right
    # after the start counts: simulated drivers tap at once
    process = up("--json", TAPWATT_TOPIC_PREFIX="mine.", TAPWATT_TOKEN_MATCHER_DEBOUNCE_S="0")
    ring = line_of(process)
    # then its one line says where everything is, and every service is ready by then
    assert set(ring) == LINE
    assert ring["topic_prefix"] == "mine."
    assert set(ring["services"]) == SERVICES
    for address in ring["services"].values():
        with urllib.request.urlopen(f"{address}/readyz", timeout=5) as answer:
            assert answer.status == 200
    with urllib.request.urlopen(f"{ring['exporter']}/metrics", timeout=5) as answer:
        assert "tapwatt_exporter_up_to_date" in answer.read().decode()
    assert (Path(ring["folder"]) / "logs" / "capturer.log").exists()
    # and a driver is served
    session = await lives_a_session(ring, "first")
    # and a doctor who is told where everything is finds nothing wrong
    found = examined(ring)
    assert {"Kafka", "topics", "group mine.capturer", "Redis", "clock here", "provider", "fingerprint keys"} <= set(
        found
    )
    assert [what for what, (good, _) in found.items() if not good] == [], found
    assert "takes our key, which is for tests" in found["provider"][1]
    # and the session's story has what the provider says of it
    steps = asked(ring, "session", session)["steps"]
    assert {"authorise", "capture"} <= {one["what"] for one in steps if one["by"] == "provider"}
    # when a service dies, it is said aloud, and it is started again
    port = ring["services"]["capturer"].rpartition(":")[2]
    os.kill(int(who_listens(int(port)).rpartition(" ")[2]), signal.SIGKILL)
    assert "it is started again" in said_by(process, "capturer ended by itself")
    said_by(process, "capturer is back")
    await lives_a_session(ring, "second")
    # when Ctrl-C is pressed, also twice
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    # then that is a good end, which says no more and leaves neither files nor processes
    assert process.returncode == 0, err
    assert out == ""
    assert "Traceback" not in err
    assert list((tmp_path / "run").iterdir()) == []
    assert left_behind(tmp_path) == []


def test_a_newcomer_reads_where_everything_is_and_what_to_try(up: Up, tmp_path: Path) -> None:
    # given a ring in a folder of one's own, whose drivers have a minute
    process = up("--folder", str(tmp_path / "mine"), TAPWATT_AUTHORISER_PRESENTATION_S="60")
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "up --help" in line:
            break
    # then every place is named, and commands that can be typed as they stand
    page = "".join(lines)
    parts = ("Kafka", "Redis", "provider", *SERVICES, "exporter", "logs")
    for word in (*parts, "Ctrl-C", "docs/fleet.md", "tapwatt audit"):
        assert word in page
    assert str(tmp_path / "mine" / "logs") in page
    assert "A driver has 60 s to present a card" in page
    # when a supervisor ends it
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    # then that is a good end, and what was chosen to be kept is kept
    assert process.returncode == 0, err
    assert f"logs and files are kept in {tmp_path / 'mine'}" in err
    assert (tmp_path / "mine" / "logs" / "authoriser.log").exists()
    assert left_behind(tmp_path / "mine") == []


def one_sentence(process: subprocess.Popen[str]) -> str:
    """The sentence on standard error, after the lines of progress."""
    out, err = process.communicate(timeout=120)
    assert process.returncode == 4, err
    assert "Traceback" not in err
    assert out == ""
    sentences = [line for line in err.strip().splitlines() if "logs and files are kept" not in line]
    return sentences[-1]


@pytest.mark.parametrize("setting", ["TAPWATT_KAFKA_PORT", "TAPWATT_REDIS_PORT", "--provider-port"])
def test_a_busy_port_is_one_sentence_that_names_its_setting(setting: str, up: Up, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        asked = up("--json", setting, port) if setting.startswith("--") else up("--json", **{setting: port})
        sentence = one_sentence(asked)
    assert f"port {port} is busy" in sentence
    assert setting in sentence
    assert left_behind(tmp_path) == []


def test_a_folder_that_cannot_be_used_is_one_sentence(up: Up, tmp_path: Path) -> None:
    # given a file, a folder under a file, and a folder with something in it
    (tmp_path / "file").write_text("of somebody")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "ledger.sqlite").write_text("of another ring")
    # then each is refused before anything is started, and left as it was
    assert one_sentence(up("--folder", str(tmp_path / "file"))) == (
        f"tapwatt: {tmp_path / 'file'} is not a folder: choose one that is empty or not there yet"
    )
    assert "choose another folder" in one_sentence(up("--folder", str(tmp_path / "file" / "in it")))
    assert one_sentence(up("--folder", str(tmp_path / "full"))) == (
        f"tapwatt: {tmp_path / 'full'} is not empty: choose a folder that is empty or not there yet"
    )
    assert (tmp_path / "full" / "ledger.sqlite").read_text() == "of another ring"


def test_a_setting_that_a_service_refuses_is_its_own_sentence(up: Up, tmp_path: Path) -> None:
    sentence = one_sentence(up("--json", TAPWATT_AUTHORISER_PRESENTATION_S="soon"))
    assert "authoriser: " in sentence
    assert "TAPWATT_AUTHORISER_PRESENTATION_S" in sentence
    assert left_behind(tmp_path) == []
