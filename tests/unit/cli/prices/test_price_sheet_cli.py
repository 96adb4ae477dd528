"""`tapwatt sheet` shows the prices of a file's tariffs, and says in one sentence what it cannot show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tapwatt_cli.app import app

TARIFF: dict[str, Any] = {
    "id": "DAY",
    "currency": "EUR",
    "tax_included": "YES",
    "end_date_time": "2027-01-01T00:00:00Z",
    "elements": [
        {
            "price_components": [{"type": "ENERGY", "price": 0.69, "step_size": 1}],
            "restrictions": {"start_time": "17:00", "end_time": "20:00"},
        },
        {"price_components": [{"type": "ENERGY", "price": 0.3999, "step_size": 1}]},
    ],
}
LATER = {**TARIFF, "id": "LATER", "start_date_time": "2027-01-01T00:00:00Z", "end_date_time": None}
EVENING = ("--at", "2026-03-06T17:30", "--time-zone", "Europe/Amsterdam")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tariff.json"


def show(file: Path, holds: Any, *options: str) -> Result:
    file.write_text(holds if isinstance(holds, str) else json.dumps(holds), encoding="utf-8")
    return CliRunner().invoke(app, ["sheet", str(file), *options])


@pytest.mark.parametrize("holds", [TARIFF, [TARIFF], {"data": [TARIFF, LATER], "status_code": 1000}])
def test_the_sheet_of_what_may_be_offered_then_is_shown(file: Path, holds: Any) -> None:
    done = show(file, holds, *EVENING, "--language", "nl", "--columns", "24")
    assert done.exit_code == 0
    assert done.stdout == (
        "Prijzen, inclusief alle\n"
        "belastingen\n"
        "vrijdag 6 maart 2026,\n"
        "17:30\n"
        "\n"
        "Per kWh\n"
        " 17:00-20:00 (nu)\n"
        "                0,69 EUR\n"
        " anders       0,3999 EUR\n"
    )


def test_json_is_an_object_for_one_tariff_and_a_list_for_several(file: Path) -> None:
    # an instant with its offset is that instant, whatever the zone
    one = json.loads(show(file, TARIFF, "--at", "2026-03-06T16:30:00Z", *EVENING[2:], "--json").stdout)
    assert [(row["price"], row["holds"]) for row in one["per_kwh"]] == [("0.69", "now"), ("0.3999", "later")]
    assert one["at"] == "2026-03-06T16:30:00Z"
    two = json.loads(show(file, [TARIFF, {**TARIFF, "id": "OTHER"}], *EVENING, "--json").stdout)
    assert [sheet["tariff_id"] for sheet in two] == ["DAY", "OTHER"]


def test_idle_time_begins_after_the_grace_that_is_given(file: Path) -> None:
    holds = {**TARIFF, "elements": [{"price_components": [{"type": "PARKING_TIME", "price": 6}]}]}
    done = show(file, holds, *EVENING, "--idle-grace-s", "900")
    assert "Per minute parked, from 15 minutes after charging: 0.10 EUR" in done.stdout.splitlines()


@pytest.mark.parametrize(
    ("holds", "options", "sentence"),
    [
        ("{", (), "this is not JSON"),
        ({**TARIFF, "elements": []}, (), "$.elements"),
        (LATER, EVENING, "has no tariff that may be offered at 2026-03-06T16:30:00+00:00"),
        ({**TARIFF, "preauthorize_amount": 1.001}, EVENING, "more decimals than EUR has"),
        (TARIFF, ("--at", "teatime"), "--at 'teatime' is not a time"),
        (TARIFF, ("--time-zone", "Mars/Base"), "'Mars/Base' is not an IANA time zone"),
        (TARIFF, ("--language", "xx"), "give en, nl, de, fr"),
        (TARIFF, ("--columns", "15"), "give 16 to 200"),
        (TARIFF, ("--idle-grace-s", "-1"), "give 0 to 86400 seconds"),
    ],
)
def test_what_cannot_be_shown_is_one_sentence_and_exit_code_2(
    file: Path, holds: Any, options: tuple[str, ...], sentence: str
) -> None:
    done = show(file, holds, *options)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.startswith("tapwatt: ")
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["sheet", str(tmp_path / "none.json")])
    assert done.exit_code == 2
    assert done.stderr == f"tapwatt: {tmp_path / 'none.json'} cannot be read: No such file or directory\n"


def test_a_field_beside_prices_is_noted_and_one_that_may_change_them_is_refused(file: Path) -> None:
    done = show(file, {**TARIFF, "colour": "green"}, *EVENING)
    assert done.exit_code == 0
    assert "$: 'colour' is not a field of an OCPI 2.2.1 or 2.3.0 tariff; it is ignored" in done.stderr
    refused = show(file, {**TARIFF, "elements": [{**TARIFF["elements"][0], "restriction": {}}]}, *EVENING)
    assert refused.exit_code == 2
    assert "$.elements[0].restriction: is no field that OCPI 2.2.1 or 2.3.0 has here" in refused.stderr
