"""The command: what it prints, its exit codes, and what a wrong option is told."""

from __future__ import annotations

import json

import pytest
import typer
from tests.simulation import __main__ as command
from tests.simulation.dice import DICE
from tests.simulation.seeds import Came
from typer.testing import CliRunner

APP = typer.Typer()
APP.command()(command.main)


def test_seeds_that_go_well_are_summed_up() -> None:
    done = CliRunner().invoke(APP, ["--seeds", "3-4", "--drivers", "1", "--without", "names"])
    assert done.exit_code == 0
    assert "2 seeds, 2 sessions, 0 violations" in done.output


def test_one_json_document_has_what_a_script_needs() -> None:
    done = CliRunner().invoke(APP, ["--seeds", "3", "--drivers", "2", "--json"])
    document = json.loads(done.stdout)
    assert (document["seeds"], document["violations"], document["seed_range"]) == (1, 0, "3")


def test_a_seed_that_fails_is_told_with_its_story_and_how_to_live_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    came = Came(7, 2, ("op0/s0: taken 2 times",), {"op0/s0": ["day 0 capture", "day 0 capture"]})
    monkeypatch.setattr(command, "run_seeds", lambda every, jobs, live_one: iter([came]))
    done = CliRunner().invoke(APP, ["--seeds", "7-7", "--drivers", "2", "--without", "lost views"])
    assert done.exit_code == 1
    for said in ("op0/s0: taken 2 times", "the story of op0/s0", "1 seeds failed"):
        assert said in done.output
    assert "python -m tests.simulation --seeds 7-7 --drivers 2 --days 3 --without 'lost views'" in done.output


@pytest.mark.parametrize("wrong", [["--seeds", "9-3"], ["--seeds", "many"], ["--without", "luck"], ["--drivers", "0"]])
def test_a_wrong_option_is_told_in_a_sentence(wrong: list[str]) -> None:
    done = CliRunner().invoke(APP, wrong)
    assert done.exit_code == 2
    assert "Traceback" not in done.output


def test_every_die_is_explained() -> None:
    done = CliRunner().invoke(APP, ["--dice"])
    assert all(name in done.output for name in DICE)
