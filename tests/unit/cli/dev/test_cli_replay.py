"""Replaying recorded sessions: what is compared, how large the holds are, and how a file that is none is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pricing.ocpi.cdrs import RecordedSession, read_cdrs
from tapwatt.money import Money
from tapwatt_cli.app import app
from tapwatt_cli.dev.commands.replay import document, line
from tapwatt_cli.dev.replay import Replayed, billed, hold_for

VECTOR = Path(__file__).parents[3] / "vectors" / "cdrs" / "ocpi-2.2.1.json"


def euro(minor: int) -> Money:
    return Money(minor=minor, currency="EUR")


@pytest.fixture
def record() -> RecordedSession:
    return read_cdrs(VECTOR.read_bytes())[0]


def test_the_total_with_vat_is_what_was_billed(record: RecordedSession) -> None:
    assert billed(record) == euro(1581)


def test_a_record_without_vat_is_compared_without(record: RecordedSession) -> None:
    # given a record that says its total before taxes only, with OCPI's four decimals
    assert billed(replace(record, total_incl=None, total_excl=Decimal("13.1750"))) == euro(1318)


def test_s06_the_hold_has_room_so_that_no_shortfall_hides_a_difference(record: RecordedSession) -> None:
    # given records of much and of nothing
    much = hold_for(replace(record, total_incl=Decimal("812.50")))
    nothing = hold_for(replace(record, total_incl=Decimal(0), total_excl=Decimal(0)))
    # then much more than the record is held, and something even for nothing
    assert much == euro(243_750)
    assert nothing == euro(10_000)


def test_those_that_differ_are_named() -> None:
    # given one that is the same, one that differs and one with trouble
    replayed = [
        Replayed("A", Decimal(1000), euro(100), euro(100)),
        Replayed("B", Decimal(1000), euro(100), euro(101)),
        Replayed("C", Decimal(1000), euro(100), trouble="declined: timed_out"),
    ]
    # then the last line names both, and the document has their numbers
    assert line(replayed) == "replay: 3 sessions, 2 differ: B, C"
    assert replayed[1].difference == euro(1)
    assert document(replayed)["differ"] == ["B", "C"]
    assert [one["charged"] for one in document(replayed)["replayed"]] == [100, 101, None]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "$: this is not JSON"),
        ('[{"id": "x"}]', "$[0].country_code: is missing; add it"),
        ("[]", "has no CDR in it"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_path(tmp_path: Path, content: str, sentence: str) -> None:
    # when something is replayed that is no list of CDRs
    file = tmp_path / "cdrs.json"
    file.write_text(content)
    done = CliRunner().invoke(app, ["replay", str(file)])
    # then nothing is started, the sentence names the place, and the exit code is 2
    assert done.exit_code == 2
    assert sentence in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_record_whose_energy_does_not_add_up_is_refused(tmp_path: Path) -> None:
    # given a record whose periods do not add up to its energy (s17: no price from a partial reading)
    page = json.loads(VECTOR.read_text())
    cdr = page["data"][0] if "data" in page else page
    cdr["total_energy"] = 99
    file = tmp_path / "cdrs.json"
    file.write_text(json.dumps(page))
    done = CliRunner().invoke(app, ["replay", str(file)])
    assert done.exit_code == 2
    assert "total_energy" in done.stderr


def test_half_a_running_ring_is_refused(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["replay", "x.json", "--bootstrap", "127.0.0.1:1"]).exit_code == 2
