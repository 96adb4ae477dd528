"""Every command, whatever its output goes to and whatever is missing: one sentence, and an exit code of the table."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.command import CLOSED, FULL, ROOT, TERMINAL, Done, Forks
from tests.cli.tried import EVERY, TRIED, Given

from tapwatt_cli.exit_codes import CANNOT, DIFFERS, DONE, NOBODY_READS, TABLE, UNUSABLE

NARROW = 60
COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9\d|10[0-7])(?:;\d+)*m")
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
PROGRESS = ("tapwatt: starting ", "tapwatt: logs and files are kept in ")
NO_JAVA = {"TAPWATT_JAVA": "machine", "JAVA_HOME": "/nowhere", "PATH": "/nowhere"}

pytestmark = pytest.mark.timeout(60)


def too_wide(shown: str) -> list[str]:
    """The lines that a terminal of 60 columns would break. A path alone on its line stays whole, to be copied."""
    lines = [line.rstrip() for line in ESCAPES.sub("", shown).splitlines()]
    return [line for line in lines if len(line) > NARROW and len(line.split()) > 1]


def sentences(done: Done) -> list[str]:
    assert "Traceback" not in done.err, done.err
    said = [line for line in done.err.splitlines() if line.startswith("tapwatt: ")]
    return [line for line in said if not line.startswith(PROGRESS)]


def test_every_command_is_tried() -> None:
    assert sorted(TRIED) == EVERY


@pytest.mark.parametrize("command", ["", *sorted({word for one in EVERY for word in (one, one.split()[0])})])
def test_help_fits_a_narrow_terminal_and_has_no_colour_where_none_is_wanted(command: str, forks: Forks) -> None:
    typed = [*command.split(), "--help"]
    # on a terminal that is narrow, with and without colour
    plain, coloured = (forks.run(*typed, to=TERMINAL, columns=NARROW, **e) for e in ({"NO_COLOR": "1"}, {}))
    assert (plain.code, plain.err, too_wide(plain.out)) == (DONE, "", [])
    assert COLOUR.search(coloured.out)
    assert not COLOUR.search(plain.out)
    # in a file
    filed = forks.run(*typed)
    assert filed.code == DONE
    assert "\x1b" not in filed.out
    assert f"Usage: tapwatt {command}".strip() in filed.out


@pytest.mark.parametrize("command", EVERY)
def test_where_nothing_is_there_it_says_so_in_one_sentence(command: str, forks: Forks, given: Given) -> None:
    tried = TRIED[command]
    # in a file, and on a narrow terminal that wants no colour
    filed = forks.run(*given.typed(command), **NO_JAVA)
    shown = forks.run(*given.typed(command), to=TERMINAL, columns=NARROW, NO_COLOR="1", **NO_JAVA)
    for done in (filed, shown):
        assert done.code == tried.alone, done
        assert len(sentences(done)) == (tried.alone == CANNOT), done.err
        assert bool(done.out) == tried.table
    assert "\x1b" not in filed.out
    assert too_wide(shown.out) == []
    assert not COLOUR.search(shown.out)


@pytest.mark.parametrize("command", [name for name in EVERY if TRIED[name].table and name not in ("sheet", "price")])
def test_a_page_is_coloured_where_that_is_not_unwanted(command: str, forks: Forks, given: Given) -> None:
    assert "\x1b[" in forks.run(*given.typed(command), to=TERMINAL, **NO_JAVA).out


@pytest.mark.parametrize("command", EVERY)
@pytest.mark.parametrize("help_alone", [True, False], ids=["help", "at work"])
def test_a_full_disk_behind_its_output_is_one_sentence(
    command: str, help_alone: bool, forks: Forks, given: Given
) -> None:
    typed = [*command.split(), "--help"] if help_alone else given.typed(command)
    done = forks.run(*typed, to=FULL, **NO_JAVA)
    assert done.code == CANNOT or (done.code == TRIED[command].alone and not TRIED[command].table)
    [said] = sentences(done)
    if help_alone or TRIED[command].table:
        assert said.startswith("tapwatt: standard output cannot be written: No space left on device")


@pytest.mark.parametrize("command", EVERY)
@pytest.mark.parametrize("help_alone", [True, False], ids=["help", "at work"])
def test_a_reader_who_has_left_is_told_nothing(command: str, help_alone: bool, forks: Forks, given: Given) -> None:
    speaks = help_alone or TRIED[command].table
    typed = [*command.split(), "--help"] if help_alone else given.typed(command)
    done = forks.run(*typed, to=CLOSED, **NO_JAVA)
    assert done.code == (NOBODY_READS if speaks else TRIED[command].alone)
    assert len(sentences(done)) == (not speaks)
    assert not (speaks and done.err)


@pytest.mark.parametrize("command", EVERY)
def test_what_cannot_be_meant_is_exit_code_2(command: str, forks: Forks) -> None:
    done = forks.run(*command.split(), "--no-such-option")
    assert (done.code, done.out) == (UNUSABLE, "")
    assert "No such option" in done.err


@pytest.mark.parametrize("command", ["doctor", "topics"])
def test_whoever_looks_at_kafka_has_an_answer_for_scripts(command: str, forks: Forks, given: Given) -> None:
    done = forks.run(*given.typed(command), "--json", **NO_JAVA)
    if command == "topics":
        assert (done.code, done.out) == (CANNOT, "")
        return
    assert done.code == DIFFERS
    told = json.loads(done.out)
    assert not told["good"]
    wrong = {one["what"]: one["advice"] or one["found"] for one in told["findings"] if not one["good"]}
    assert "Java 17 or newer is needed" in wrong["Java"]


def test_the_version_is_said(forks: Forks) -> None:
    assert re.fullmatch(r"tapwatt \d+\.\d+\.\d+ \(Python 3\.\d+\.\d+\)\n", forks.run("--version").out)


def test_the_menu_and_the_readme_have_every_exit_code(forks: Forks) -> None:
    menu = " ".join(forks.run("--help", columns=200).out.split())
    readme = (ROOT / "README.md").read_text()
    for code, meaning in TABLE.items():
        assert f"{code} {meaning.replace('`', '')}" in menu
        assert f"| {code} | {meaning} |" in readme


def test_a_fault_of_our_own_is_not_exit_code_1(tmp_path: Path) -> None:
    # given a command with a bug in it
    broken = (
        "import sys, typer\nfrom tapwatt_cli.prices.commands import price\n"
        "price._price = lambda *_: 1 // 0\nfrom tapwatt_cli.__main__ import main\nmain()"
    )
    done = subprocess.run([sys.executable, "-c", broken, "price", "x"], capture_output=True, text=True, check=False)
    # then its traceback is for whoever mends it, and no script takes it for a difference
    assert done.returncode == CANNOT
    assert "ZeroDivisionError" in done.stderr
    assert done.stderr.endswith("tapwatt: this is a fault of tapwatt's own: please report it with the lines above\n")


@pytest.mark.parametrize("to", ["full", "head", "closed"])
def test_as_it_is_installed(to: str, given: Given) -> None:
    """The end of a real process, too: Python writes what is left as it ends."""
    tapwatt = shlex.quote(str(Path(sys.executable).with_name("tapwatt")))
    said = {
        "full": f'{tapwatt} price "$CDR" >/dev/full',
        "head": f"{tapwatt} --help | true",
        "closed": f'{tapwatt} price "$CDR" >&-',
    }
    script = f"set -o pipefail; {said[to]}"
    done = subprocess.run(
        ["bash", "-c", script],
        capture_output=True,
        text=True,
        env={**os.environ, "CDR": given.names["cdr"]},
        check=False,
    )
    assert (done.returncode, len(done.stderr.splitlines())) == {
        "full": (CANNOT, 1),
        "head": (NOBODY_READS, 0),
        "closed": (DONE, 0),
    }[to], done.stderr
