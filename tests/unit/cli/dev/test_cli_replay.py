"""Replaying recorded sessions: what is compared, how large the holds are, and how a file that is none is refused."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pricing.ocpi.cdrs import RecordedSession, read_cdrs
from tapwatt.money import Money
from tapwatt_cli.app import app
from tapwatt_cli.dev.recorded_file import NotReplayed, recorded_in
from tapwatt_cli.dev.replay import Replayed, billed, hold_for
from tapwatt_cli.dev.replay_summary import document, line, lines

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


def records(*changes: dict[str, object]) -> list[dict[str, object]]:
    page = json.loads(VECTOR.read_text())
    one = page["data"][0] if "data" in page else page
    return [{**one, "id": f"C-{number}", **change} for number, change in enumerate(changes)]


def test_a_record_that_cannot_be_replayed_takes_no_other_with_it() -> None:
    # given three records of which the second has no end
    written = json.dumps(records({}, {"end_date_time": None}, {})).encode()
    found = list(recorded_in(io.BytesIO(written), "UTC"))
    assert [one.id for one in found] == ["C-0", "C-1", "C-2"]
    assert [isinstance(one, RecordedSession) for one in found] == [True, False, True]
    assert isinstance(found[1], NotReplayed)
    assert found[1].said.startswith("$[1].end_date_time: is missing")


def test_float_noise_is_no_obstacle() -> None:
    # given energies and a total as a program adds them up: 0.1 + 0.2
    [one] = records({})
    noisy = json.loads(json.dumps(one).replace('"volume": 22.5', '"volume": 22.500000000000004'))
    periods = noisy["charging_periods"]
    for period in periods:
        for dimension in period["dimensions"]:
            if dimension["type"] == "ENERGY":
                dimension["volume"] += 4e-15
    noisy["total_energy"] += 3e-14
    [plain], [found] = (list(recorded_in(io.BytesIO(json.dumps(r).encode()), "UTC")) for r in (one, noisy))
    assert isinstance(found, RecordedSession)
    assert isinstance(plain, RecordedSession)
    assert found.periods == plain.periods


def test_the_end_says_the_totals_and_the_largest_differences() -> None:
    replayed = [
        Replayed("A", Decimal(1000), euro(100), euro(100)),
        Replayed("B", Decimal(1000), euro(100), euro(101)),
        Replayed("C", Decimal(1000), euro(500), euro(100)),
        Replayed("D", Decimal(1000), euro(100), trouble="declined: timed_out"),
    ]
    assert list(lines(replayed)) == [
        "3 compared in EUR: billed 7.00, charged 3.01, -3.99",
        "The largest differences:",
        "  C  -4.00 EUR",
        "  B  +0.01 EUR",
    ]
    left_out = [NotReplayed("E", "$[4].end_date_time: is missing")]
    assert line(replayed, left_out) == "replay: 4 sessions, 3 differ: B, C, D, 1 more could not be replayed"
    assert document(replayed, left_out)["not_replayed"] == [
        {"session_id": "E", "why": "$[4].end_date_time: is missing"}
    ]


def test_a_file_in_which_nothing_can_be_replayed_starts_nothing(tmp_path: Path) -> None:
    file = tmp_path / "cdrs.json"
    file.write_text(json.dumps(records({"end_date_time": None}, {"currency": "SEK"})))
    done = CliRunner().invoke(app, ["replay", str(file)])
    assert done.exit_code == 2
    assert [line.split(": ")[2] for line in done.stderr.splitlines()] == ["record 'C-0'", "$[1].currency"]
