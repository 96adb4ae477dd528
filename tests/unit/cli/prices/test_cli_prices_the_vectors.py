"""`tapwatt price` comes to the sum by hand for every vector, with the tariff beside the record and inside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.vectors.load import PriceCase, price_cases
from typer.testing import CliRunner

from tapwatt_cli.app import app


def priced(*arguments: str) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["price", *arguments, "--json"])
    assert done.exit_code == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.mark.parametrize("case", price_cases(), ids=lambda case: case.id)
def test_s23_the_command_prints_what_the_sum_by_hand_says(case: PriceCase, tmp_path: Path) -> None:
    # given a tariff and a record as an operator has them
    tariff, cdr = tmp_path / "tariff.json", tmp_path / "cdr.json"
    tariff.write_text(json.dumps(case.tariff), encoding="utf-8")
    cdr.write_text(json.dumps(case.cdr), encoding="utf-8")
    agreed = ("--time-zone", case.time_zone, "--idle-grace", str(case.idle_grace_s))
    # when they are priced, from two files and from the record alone
    beside, inside = priced(str(tariff), str(cdr), *agreed), priced(str(cdr), *agreed)
    # then both are the sum by hand, and the record's own total agrees
    unknown = case.tariff.get("tax_included") == "NO" and "vat" not in str(case.tariff["elements"])
    assert beside["total_cost"] == {"excl_vat": case.before_vat, "incl_vat": None if unknown else case.after_vat}
    assert inside["total_cost"] == beside["total_cost"]
    assert {float(off) for off in beside["stated"]["difference"].values() if off is not None} == {0}
    # and the lines add up to it
    assert sum(round(float(line["incl_vat"]) * 1000) for line in beside["lines"]) == round(float(case.after_vat) * 1000)
