"""`tapwatt tariff check`: what is shown, what scripts get, and the exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.pricing.checking.tariff_checks import energy, written
from typer.testing import CliRunner

from tapwatt_cli.app import app

ON = ["--on", "2026-03-02"]
WIDE = {"COLUMNS": "120"}
GOOD = written(energy("0.60", start_time="17:00", end_time="20:00"), energy("0.45"))
NOTED = written(energy(), colour="green")
WARNED = written(energy(), energy("0.60", start_time="17:00", end_time="20:00"))
BROKEN = written(energy(price="cheap"))


def checked(tmp_path: Path, content: Any, *arguments: str) -> Any:
    path = tmp_path / "tariffs.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return CliRunner().invoke(app, ["tariff", "check", str(path), *ON, *arguments], env=WIDE)


@pytest.mark.parametrize(("tariff", "code"), [(GOOD, 0), (NOTED, 0), (WARNED, 1), (BROKEN, 1)])
def test_the_exit_code_is_1_for_anything_worse_than_a_note(tmp_path: Path, tariff: Any, code: int) -> None:
    assert checked(tmp_path, tariff).exit_code == code
    assert checked(tmp_path, tariff, "--json").exit_code == code


def test_a_good_tariff_is_a_line_that_says_so_and_what_it_charges(tmp_path: Path) -> None:
    assert checked(tmp_path, GOOD).output == (
        "tariff 'T': good\n  charges 0.60 EUR (17:00-20:00) and 0.45 EUR otherwise per kWh; plus 21 % VAT\n"
    )


def test_what_was_found_is_shown_with_its_path_and_what_to_do(tmp_path: Path) -> None:
    output = checked(tmp_path, [GOOD, WARNED, BROKEN]).output
    for said in (
        "tariff 'T': 1 warning",
        "warning  $[1].elements[1].price_components[0]",
        "always comes",
        "> Put it before what covers it, narrow that, or leave it out.",
        "error    $[2].elements[0].price_components[0].price",
        "3 tariffs on 2026-03-02: 1 good, 2 to look at",
    ):
        assert said in output


def test_what_is_said_of_many_places_is_said_once(tmp_path: Path) -> None:
    free = {"type": "TIME", "price": 1, "vat": 21, "step_size": 900}
    hours = [{**energy(n + 1, max_duration=60 * (n + 1)), "price_components": [free]} for n in range(6)]
    output = checked(tmp_path, written(*hours)).output
    assert output.count("is billed in increments of 15 min") == 1
    assert "and 2 more" in output


def test_scripts_get_every_finding_by_tariff(tmp_path: Path) -> None:
    # given an OCPI answer with a good and a broken tariff that has no id
    broken = {name: value for name, value in BROKEN.items() if name != "id"}
    found = json.loads(checked(tmp_path, {"data": [GOOD, broken], "status_code": 1000}, "--json").output)
    # then
    assert found["tariffs"][0] == {"id": "T", "findings": []}
    assert found["tariffs"][1]["id"] is None
    assert [(f["severity"], f["path"]) for f in found["tariffs"][1]["findings"]] == [
        ("error", "$.data[1].id"),
        ("error", "$.data[1].elements[0].price_components[0].price"),
    ]
    assert set(found["tariffs"][1]["findings"][0]) == {"severity", "path", "says", "hint"}


def test_a_tariff_may_come_from_standard_input() -> None:
    done = CliRunner().invoke(app, ["tariff", "check", "-", *ON], input=json.dumps(GOOD))
    assert (done.exit_code, "good" in done.output) == (0, True)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "$: this is not JSON"),
        ("", "$: this is not JSON"),
        ("[]", "$: there is no tariff in it"),
        ('{"data": []}', "$: there is no tariff in it"),
        ("[1]", "$[0]: is a number where an OCPI object is needed"),
        ('{"id": "T", "id": "U"}', "$.id: stands twice in one object"),
        ('{"charging_periods": []}', "$: this is a CDR or a session where a tariff is needed"),
        ('{"status_code": 2000}', "$: this is an OCPI answer without data"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence_and_exit_code_2(tmp_path: Path, content: str, said: str) -> None:
    done = checked(tmp_path, content)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.startswith("tapwatt: ")
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_file_that_is_not_there_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        done = CliRunner().invoke(app, ["tariff", "check", str(path)])
        assert done.exit_code == 2
        assert "cannot be read" in done.stderr


def test_a_day_that_is_none_is_refused(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["tariff", "check", "x.json", "--on", "Monday"]).exit_code == 2


def test_an_id_cannot_write_on_the_screen(tmp_path: Path) -> None:
    output = checked(tmp_path, {**GOOD, "id": "T\x1b[2J\nU"}).output
    assert "\x1b[2J" not in output
    assert len(output.splitlines()) == 2


def test_the_help_teaches_with_an_example() -> None:
    output = CliRunner().invoke(app, ["tariff", "check", "--help"], env=WIDE).output
    for said in ("Example", "Exit code 0", "energy is free on Saturdays 00:00-08:00", "--json", "--on"):
        assert said in output
