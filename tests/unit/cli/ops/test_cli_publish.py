"""What is refused before anything is published, in one sentence each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from tapwatt_cli.ops.commands.publish import publish

TARIFF: dict[str, Any] = {
    "id": "day",
    "currency": "EUR",
    "elements": [{"price_components": [{"type": "ENERGY", "price": 0.5, "step_size": 1}]}],
}
NAMED = ["--operator", "op", "--version", "1"]


def refused(tmp_path: Path, content: Any, *options: str) -> str:
    """What is said about this file, which is not published: nothing listens where Kafka is looked for."""
    file = tmp_path / "tariff.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    app = typer.Typer()
    app.command()(publish)
    done = CliRunner().invoke(app, [str(file), *(options or NAMED), "--bootstrap", "127.0.0.1:9"])
    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    return done.stderr


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "not JSON"),
        ({**TARIFF, "elements": []}, "$.elements"),
        (
            {**TARIFF, "elements": [{**TARIFF["elements"][0], "restriction": {}}]},
            "$.elements[0].restriction: is no field",
        ),
        ({**TARIFF, "taxes": []}, "$.taxes: is no field"),
        ([TARIFF, {**TARIFF, "currency": "ZZZ"}], "$[1].currency"),
        ({**TARIFF, "max_price": {"before_taxes": 1}, "min_price": {"before_taxes": 2}}, "higher than max_price"),
    ],
)
def test_a_tariff_that_nobody_could_be_billed_by_is_not_published(tmp_path: Path, content: Any, says: str) -> None:
    said = refused(tmp_path, content)
    assert says in said
    assert said.startswith("tapwatt: ")
    assert len(said.strip().splitlines()) == 1


@pytest.mark.parametrize(("operator", "version", "field"), [("a/b", "1", "--operator"), ("op", "1/2", "--version")])
def test_an_offer_is_named_without_slashes(tmp_path: Path, operator: str, version: str, field: str) -> None:
    assert f"tapwatt: {field} is no name" in refused(tmp_path, TARIFF, "--operator", operator, "--version", version)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(publish)
    done = CliRunner().invoke(app, [str(tmp_path / "none.json"), *NAMED])
    assert done.exit_code == 2
    assert "none.json cannot be read (No such file or directory)" in done.stderr


def test_what_the_check_finds_is_told_before_it_is_published(tmp_path: Path) -> None:
    # given a tariff without VAT of an operator in a country that has it
    file = tmp_path / "tariff.json"
    file.write_text(json.dumps({**TARIFF, "country_code": "NL", "colour": "green"}), encoding="utf-8")
    app = typer.Typer()
    app.command()(publish)
    # when it is published, where no Kafka is
    done = CliRunner().invoke(app, [str(file), *NAMED, "--bootstrap", "127.0.0.1:9"])
    # then the warning and the note come first
    said = done.stderr.splitlines()
    assert said[0].startswith("warning: $.elements: no price has a vat, and NL has VAT on charging")
    assert said[1].startswith("note: $: 'colour' is not a field")
