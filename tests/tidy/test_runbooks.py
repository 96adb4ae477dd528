"""Every alert has a runbook with the same rooms, whose commands and queries can be typed as they stand."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer
from tests.tidy.promql import catalogue, mistakes, rules

from tapwatt_cli.app import app

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "runbooks"
ALERTS = [rule for rule in rules() if "alert" in rule]
PAGES = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")
ROOMS = ["For drivers and money", "Look first", "Do", "Heals by itself", "Over when", "Call"]
LONGEST = 60
"""Lines: it is three in the morning."""

FAULTS = 18
"""Those that the drill makes (docs/runbooks/README.md)."""


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def commands(text: str) -> list[str]:
    """Every `tapwatt` command that a page tells somebody to type."""
    blocks = [line for block in re.findall(r"```sh\n(.*?)```", text, re.S) for line in block.splitlines()]
    return [line for line in (*blocks, *re.findall(r"`(tapwatt [^`]+)`", text)) if line.startswith("tapwatt ")]


def queries(text: str) -> list[str]:
    return [line for block in re.findall(r"```promql\n(.*?)```", text, re.S) for line in block.splitlines()]


def test_there_is_a_page_for_each_alert_and_no_other() -> None:
    assert {path.stem for path in PAGES} == {rule["alert"] for rule in ALERTS}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_has_the_same_rooms_and_something_in_each(path: Path) -> None:
    text = text_of(path)
    assert text.startswith(f"# {path.stem}\n")
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)[1:]
    assert parts[::2] == ROOMS
    for room, content in zip(parts[::2], parts[1::2], strict=True):
        assert len(content.split()) >= (2 if room == "Call" else 1), f"nothing in {room}"
    assert re.search(r"^1\. ", parts[ROOMS.index("Do") * 2 + 1], re.MULTILINE), "steps are numbered"
    assert len(text.splitlines()) <= LONGEST
    assert commands(text) or queries(text)


@pytest.mark.parametrize("path", [*PAGES, FOLDER / "README.md"], ids=lambda path: path.stem)
def test_a_command_that_a_page_names_is_there_with_its_options(path: Path) -> None:
    for command in commands(text_of(path)):
        assert wrong_in(command) == "", command


def wrong_in(command: str) -> str:
    """What of a command line is not there, in a word; nothing where it can be typed."""
    root = typer.main.get_command(app)
    words = shlex.split(command)[1:]
    found = root
    while words and hasattr(found, "commands"):
        if words[0] not in found.commands:
            return words[0]
        found = found.commands[words.pop(0)]
    options = {name for parameter in found.params for name in parameter.opts}
    return " ".join(word for word in words if word.startswith("--") and word not in options)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_query_that_a_page_names_speaks_of_what_there_is(path: Path) -> None:
    for query in queries(text_of(path)):
        assert mistakes(query, catalogue()) == []


@pytest.mark.parametrize("path", [*PAGES, FOLDER / "README.md"], ids=lambda path: path.stem)
def test_another_alert_or_metric_that_a_page_names_is_there(path: Path) -> None:
    text = text_of(path)
    assert set(re.findall(r"\bTapwatt[A-Z]\w+", text)) <= {rule["alert"] for rule in ALERTS}
    known = catalogue()
    for name in re.findall(r"`(tapwatt[_:][\w:]+)", text):
        assert name in known or name == "tapwatt:cause_paged", name


def test_every_setting_that_a_page_names_is_one() -> None:
    settings = set(re.findall(r"`(TAPWATT_[A-Z_]+)`", text_of(ROOT / "docs" / "settings.md")))
    for path in (*PAGES, FOLDER / "README.md"):
        assert set(re.findall(r"TAPWATT_[A-Z_]+", text_of(path))) <= settings, path.name


def test_the_readme_has_each_fault_of_the_drill_with_what_pages_and_each_alert_as_it_is() -> None:
    text = text_of(FOLDER / "README.md")
    faults, every = text.split("## What breaks, and what pages")[1].split("## All of them")
    rows = re.findall(r"^\| (?!fault|---)(.*) \|$", faults, re.MULTILINE)
    assert len(rows) == FAULTS
    pages = {rule["alert"] for rule in ALERTS if rule["labels"]["severity"] == "page"}
    for row in rows:
        [first, *_] = re.findall(r"\[(\w+)\]", row.split(" | ")[1])
        assert first in pages, row
    told = re.findall(r"^\| \[(\w+)\]\(\1\.md\) \| (\w+) \| (\w+) \|$", every, re.MULTILINE)
    deployed = [(rule["alert"], rule["labels"]["severity"], rule.get("for", "none")) for rule in ALERTS]
    assert told == deployed
