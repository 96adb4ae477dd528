"""`tapwatt price` takes OCPI objects as they are and prints a price that adds up, or one sentence that says why not."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from tapwatt_cli.app import app

VECTORS = Path(__file__).parents[3] / "vectors" / "cdrs"
TOKEN = "04E1-CANARY-77"
CANARY = "Atlantic/Canary"
TARIFF: dict[str, Any] = {
    "id": "T-1",
    "currency": "EUR",
    "elements": [{"price_components": [{"type": "ENERGY", "price": 0.5, "vat": 10, "step_size": 1}]}],
}
BY_DAY: dict[str, Any] = {
    "id": "T-DAY",
    "currency": "EUR",
    "elements": [
        {
            "price_components": [{"type": "ENERGY", "price": 0.5, "vat": 10, "step_size": 1}],
            "restrictions": {"start_time": "09:00", "end_time": "17:00"},
        },
        {"price_components": [{"type": "ENERGY", "price": 0.2, "vat": 10, "step_size": 1}]},
    ],
}
CDR: dict[str, Any] = {
    "start_date_time": "2026-03-02T08:00:00Z",
    "end_date_time": "2026-03-02T10:00:00Z",
    "cdr_token": {"uid": TOKEN},
    "charging_periods": [{"start_date_time": "2026-03-02T08:00:00Z", "dimensions": [{"type": "ENERGY", "volume": 10}]}],
}
SESSION: dict[str, Any] = {
    "id": "S-1",
    "start_date_time": "2026-03-02T08:00:00Z",
    "kwh": 7.5,
    "status": "ACTIVE",
    "last_updated": "2026-03-02T08:45:00Z",
    "cdr_token": {"uid": TOKEN},
}


class Desk:
    """Writes files and types the command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *files: Any, options: tuple[str, ...] = ()) -> Result:
        names = []
        for number, file in enumerate(files, start=1):
            path = self.folder / f"{number}.json"
            path.write_text(file if isinstance(file, str) else json.dumps(file), encoding="utf-8")
            names.append(str(path))
        return CliRunner().invoke(app, ["price", *names, *options])

    def price(self, *files: Any, options: tuple[str, ...] = ()) -> dict[str, Any]:
        done = self.run(*files, options=("--json", *options))
        assert done.exit_code == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def refusal(self, *files: Any, options: tuple[str, ...] = ()) -> str:
        done = self.run(*files, options=options)
        assert done.exit_code == 2
        assert done.stdout == ""
        [sentence] = done.stderr.splitlines()
        assert sentence.startswith("tapwatt: ")
        assert TOKEN not in sentence
        return sentence.removeprefix("tapwatt: ").replace(f"{self.folder}/", "")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_the_document_has_the_total_the_lines_the_vat_and_the_rounding(desk: Desk) -> None:
    said = desk.price(TARIFF, CDR)
    # 10 kWh * 0.50 = 5.00; * 1.1 = 5.50
    assert said["total_cost"] == {"excl_vat": "5.00", "incl_vat": "5.50"}
    assert said["exact"] == {"excl_vat": "5", "incl_vat": "5.5"}
    assert (said["currency"], said["tariff_id"], said["energy_kwh"]) == ("EUR", "T-1", "10")
    assert said["lines"] == [
        {
            "dimension": "ENERGY",
            "element": 0,
            "starts_at": "2026-03-02T08:00:00Z",
            "ends_at": "2026-03-02T10:00:00Z",
            "quantity": "10",
            "unit": "kWh",
            "unit_price": "0.5",
            "vat_percent": "10",
            "excl_vat": "5.00",
            "incl_vat": "5.50",
            "why": "element 1 of 1: no restrictions; the first that prices energy",
        }
    ]
    assert said["vat"] == [{"vat_percent": "10", "excl_vat": "5.00", "vat": "0.50", "incl_vat": "5.50"}]
    assert said["rounding"]["mode"] == "half_up"
    assert "rounded once, to 2 decimals of EUR, half up" in said["rounding"]["policy"]


@pytest.mark.parametrize("name", sorted(path.name for path in VECTORS.glob("*.json")))
def test_a_record_alone_is_priced_by_the_tariff_in_it_and_compared_with_its_total(name: str) -> None:
    done = CliRunner().invoke(app, ["price", str(VECTORS / name), "--json"])
    assert done.exit_code == 0, done.stderr
    assert set(json.loads(done.stdout)["stated"]["difference"].values()) <= {"0.00", "0", "0.000"}


def test_the_tariffs_file_wins_whatever_the_record_holds(desk: Desk) -> None:
    for tariffs in ([], None, [{"id": 3}], "none", [{**TARIFF, "id": "other"}]):
        assert desk.price(TARIFF, {**CDR, "tariffs": tariffs})["total_cost"]["excl_vat"] == "5.00"


def test_of_several_tariffs_the_periods_name_the_one(desk: Desk) -> None:
    named = copy.deepcopy(CDR)
    named["charging_periods"][0]["tariff_id"] = "T-1"
    other = {**TARIFF, "id": "T-2", "currency": "SEK"}
    assert desk.price({**named, "tariffs": [other, TARIFF]})["tariff_id"] == "T-1"
    assert desk.price([other, TARIFF], named)["tariff_id"] == "T-1"
    # upper and lower case are the same to OCPI
    lower = json.loads(json.dumps(named).replace("T-1", "t-1"))
    assert desk.price({**lower, "tariffs": [other, TARIFF]})["tariff_id"] == "T-1"
    assert desk.price([other, TARIFF], lower)["tariff_id"] == "T-1"
    assert "the periods name none" in desk.refusal([other, TARIFF], CDR)


def test_lists_and_answers_are_taken_and_several_records_are_priced_each(desk: Desk) -> None:
    assert desk.price([TARIFF], {"data": [CDR], "status_code": 1000})["total_cost"]["incl_vat"] == "5.50"
    done = desk.run(TARIFF, [CDR, CDR], options=("--json",))
    assert [one["record"]["path"] for one in json.loads(done.stdout)] == ["$[0]", "$[1]"]
    assert desk.run(TARIFF, [CDR, CDR]).stdout.count("to pay") == 2


def test_a_record_can_come_on_standard_input(desk: Desk) -> None:
    (desk.folder / "t.json").write_text(json.dumps(TARIFF))
    command = [sys.executable, "-m", "tapwatt_cli", "price", str(desk.folder / "t.json"), "-", "--json"]
    done = subprocess.run(command, input=json.dumps(CDR).encode(), capture_output=True, timeout=60, check=True)
    assert json.loads(done.stdout)["total_cost"]["incl_vat"] == "5.50"


@pytest.mark.parametrize(
    ("location", "options", "excl", "zone"),
    [
        # 8:00-10:00 UTC is 9:00-11:00 in Amsterdam: 10 kWh * 0.50
        ({"time_zone": "Europe/Amsterdam"}, (), "5.00", "Europe/Amsterdam"),
        (None, ("--time-zone", "Europe/Amsterdam"), "5.00", "Europe/Amsterdam"),
        ({"country": "NLD"}, (), "5.00", "Europe/Amsterdam"),
        # 8:00-10:00 on the Canaries: 5 kWh * 0.20 and 5 kWh * 0.50; the record's own zone counts
        (
            {"country": "ESP", "time_zone": "Atlantic/Canary"},
            ("--time-zone", "Europe/Madrid"),
            "3.50",
            "Atlantic/Canary",
        ),
        ({"country": "ESP"}, ("--time-zone", "Atlantic/Canary"), "3.50", "Atlantic/Canary"),
    ],
)
def test_the_local_time_is_the_records_then_the_askers_then_the_countrys(
    desk: Desk, location: Any, options: tuple[str, ...], excl: str, zone: str
) -> None:
    said = desk.price(BY_DAY, {**CDR, "cdr_location": location}, options=options)
    assert (said["total_cost"]["excl_vat"], said["time_zone"]) == (excl, zone)


def test_a_time_zone_is_asked_for_only_where_the_price_depends_on_it(desk: Desk) -> None:
    assert desk.price(TARIFF, CDR)["time_zone"] == "UTC"
    for location in (None, {"country": "ESP"}):
        said = desk.refusal(BY_DAY, {**CDR, "cdr_location": location})
        assert said.startswith("2.json: $.cdr_location.time_zone: is missing")
        assert "--time-zone" in said


@pytest.mark.parametrize(
    ("mode", "excl", "incl"),
    # 0.25 kWh * 0.50 = 0.125; * 1.1 = 0.1375
    [("half_up", "0.13", "0.14"), ("half_even", "0.12", "0.14"), ("down", "0.12", "0.13"), ("up", "0.13", "0.14")],
)
def test_the_rounding_is_chosen(desk: Desk, mode: str, excl: str, incl: str) -> None:
    cdr = json.dumps(CDR).replace('"volume": 10', '"volume": 0.25')
    said = desk.price(TARIFF, cdr, options=("--rounding", mode))
    assert said["total_cost"] == {"excl_vat": excl, "incl_vat": incl}
    assert said["rounding"]["mode"] == mode


@pytest.mark.parametrize(
    ("currency", "excl", "incl"), [("JPY", "5", "6"), ("EUR", "5.00", "5.50"), ("KWD", "5.000", "5.500")]
)
def test_amounts_have_exactly_the_currencys_decimals(desk: Desk, currency: str, excl: str, incl: str) -> None:
    assert desk.price({**TARIFF, "currency": currency}, CDR)["total_cost"] == {"excl_vat": excl, "incl_vat": incl}


def test_parked_time_is_free_for_the_grace(desk: Desk) -> None:
    tariff = copy.deepcopy(TARIFF)
    tariff["elements"][0]["price_components"] = [{"type": "PARKING_TIME", "price": 6}]
    cdr = json.dumps(CDR).replace('"ENERGY", "volume": 10', '"PARKING_TIME", "volume": 2')
    assert desk.price(tariff, cdr)["total_cost"]["excl_vat"] == "12.00"
    assert desk.price(tariff, cdr, options=("--idle-grace", "1800"))["total_cost"]["excl_vat"] == "9.00"


def test_a_session_that_goes_on_costs_this_so_far(desk: Desk) -> None:
    tariff = copy.deepcopy(TARIFF)
    tariff["elements"][0]["price_components"].append({"type": "TIME", "price": 1})
    # 7.5 kWh * 0.50 and 0.75 h
    said = desk.price(tariff, SESSION)
    assert (said["total_cost"]["excl_vat"], said["running"], said["ends_at"]) == ("4.50", True, "2026-03-02T08:45:00Z")
    # a third of it at a third of the time
    assert desk.price(tariff, SESSION, options=("--at", "2026-03-02T08:15:00Z"))["total_cost"]["excl_vat"] == "1.50"
    # later it is longer, and no energy is made up
    assert desk.price(tariff, SESSION, options=("--at", "2026-03-02T10:00:00Z"))["total_cost"]["excl_vat"] == "5.75"
    # a record that has ended can be asked for, too, and stops at its end
    assert desk.price(TARIFF, CDR, options=("--at", "2026-03-02T09:00:00Z"))["total_cost"]["excl_vat"] == "2.50"
    assert not desk.price(TARIFF, CDR, options=("--at", "2026-03-05T09:00:00Z"))["running"]


def test_a_reservation_and_nothing_else_is_priced_as_expired(desk: Desk) -> None:
    tariff = {
        **TARIFF,
        "elements": [
            {
                "price_components": [{"type": "FLAT", "price": 4}],
                "restrictions": {"reservation": "RESERVATION_EXPIRES"},
            },
            {"price_components": [{"type": "TIME", "price": 1}], "restrictions": {"reservation": "RESERVATION"}},
        ],
    }
    said = desk.price(tariff, json.dumps(CDR).replace('"ENERGY", "volume": 10', '"RESERVATION_TIME", "volume": 2'))
    # the fee of 4 and two hours of 1
    assert said["total_cost"]["excl_vat"] == "6.00"
    assert "one that expired" in said["notes"][0]["said"]


def test_a_difference_from_the_records_own_total_is_shown_and_is_no_error(desk: Desk) -> None:
    stated = {**CDR, "total_cost": {"excl_vat": 5.2, "incl_vat": 5.5}}
    assert desk.price(TARIFF, stated)["stated"]["difference"] == {"excl_vat": "-0.20", "incl_vat": "0.00"}
    page = " ".join(desk.run(TARIFF, stated).stdout.split())
    assert "The record's own total is 5.20 before VAT and 5.50 with VAT: before VAT this price is 0.20 less." in page


def test_energy_that_the_tariff_does_not_ask_for_may_be_untold(desk: Desk) -> None:
    hourly = {**TARIFF, "elements": [{"price_components": [{"type": "TIME", "price": 3}]}]}
    timed = json.dumps(CDR).replace('"ENERGY", "volume": 10', '"TIME", "volume": 2')
    assert desk.price(hourly, timed)["total_cost"]["excl_vat"] == "6.00"
    assert desk.refusal(TARIFF, timed).startswith("2.json: $.total_energy: is missing")


@pytest.mark.parametrize(
    ("files", "options", "says"),
    [
        ((), (), "name one or two files"),
        ((TARIFF, CDR, CDR), (), "name one or two files"),
        ((CDR,), (), "1.json: $.tariffs: there are 0 where one tariff"),
        ((TARIFF,), (), "1.json: $: this is a tariff where a CDR"),
        ((CDR, TARIFF), (), "1.json: $: this is a CDR or a session"),
        ((TARIFF, "{"), (), "2.json: $: this is not JSON: it ends in the middle of a record"),
        ((TARIFF, []), (), "2.json: $: there is no CDR or session in it"),
        (([], CDR), (), "1.json: $: there is no tariff in it"),
        ((TARIFF, {**CDR, "currency": "SEK"}), (), "2.json: $.currency: is SEK and the tariff is in EUR"),
        (({**TARIFF, "min_price": {"excl_vat": 3}, "max_price": {"excl_vat": 2}}, CDR), (), "1.json: $: nobody can be"),
        (
            (TARIFF, {**CDR, "end_date_time": "2028-01-01T00:00:00Z"}),
            (),
            "2.json: $: the session lasts longer than 100",
        ),
        ((TARIFF, CDR), ("--time-zone", "Mars"), "--time-zone: 'Mars' is not an IANA time zone"),
        ((TARIFF, CDR), ("--rounding", "x"), "--rounding: 'x' is none of half_up, half_even, down, up"),
        ((TARIFF, CDR), ("--idle-grace", "-5"), "--idle-grace: '-5' is not a number of seconds"),
        ((TARIFF, CDR), ("--at", "now"), "--at: 'now' is not a time"),
    ],
)
def test_bad_input_is_one_sentence_with_the_file_and_the_path(
    desk: Desk, files: tuple[Any, ...], options: tuple[str, ...], says: str
) -> None:
    assert desk.refusal(*files, options=options).startswith(says)


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    for name in (tmp_path / "none.json", tmp_path):
        done = CliRunner().invoke(app, ["price", str(name)])
        assert done.exit_code == 2
        assert done.stderr.startswith(f"tapwatt: {name} cannot be read: ")
    assert CliRunner().invoke(app, ["price", "-", "-"]).stderr.startswith("tapwatt: only one of the two")


def test_the_page_fits_a_terminal_and_no_name_moves_its_cursor(desk: Desk) -> None:
    # given names that would clear the screen or colour it
    nasty = {**CDR, "id": "\x1b[2J[red]" + "x" * 200}
    page = desk.run({**TARIFF, "id": "\x1b[31m[bold]"}, nasty).stdout
    # then they are shown as they are written
    assert "\x1b" not in page
    assert "[red]xxx" in page
    assert max(len(line) for line in page.splitlines()) <= 120
    assert TOKEN not in page


def tariff_with(component: dict[str, Any], **element: Any) -> dict[str, Any]:
    priced = {"type": "ENERGY", "price": 0.5, "vat": 10, "step_size": 1, **component}
    return {"id": "T-1", "currency": "EUR", "elements": [{"price_components": [priced], **element}]}


@pytest.mark.parametrize(
    ("tariff", "path"),
    [
        (tariff_with({}, restriction={"max_kwh": 5}), "$.elements[0].restriction"),
        (tariff_with({"taxes": [{"name": "VAT", "percentage": 21}]}), "$.elements[0].price_components[0].taxes"),
        ({**TARIFF, "max_price": {"excl_vat": 5, "inc_vat": 6}}, "$.max_price.inc_vat"),
        ({**TARIFF, "max_prize": {"excl_vat": 5}}, "$.max_prize"),
    ],
)
def test_a_field_that_may_change_the_price_is_refused_in_the_file_and_in_the_record(
    desk: Desk, tariff: dict[str, Any], path: str
) -> None:
    said = "is no field that OCPI 2.2.1 or 2.3.0 has here and may change the price; correct it or omit it"
    assert desk.refusal(tariff, CDR) == f"1.json: {path}: {said}"
    assert desk.refusal({**CDR, "tariffs": [tariff]}) == f"1.json: $.tariffs[0]{path[1:]}: {said}"


def test_a_field_beside_prices_is_noted(desk: Desk) -> None:
    named = {**TARIFF, "colour": "green", "country_code": "NL"}
    said = "'colour' is not a field of an OCPI 2.2.1 or 2.3.0 tariff; it is ignored"
    assert [note["said"] for note in desk.price(named, CDR)["notes"]] == [said]
    assert [note["said"] for note in desk.price({**CDR, "tariffs": [named]})["notes"]] == [said]


def test_prices_before_taxes_that_nobody_knows_are_never_said_to_be_with_vat(desk: Desk) -> None:
    # given a tariff that says that taxes come on top, and not which
    tariff = {**tariff_with({"vat": None}), "tax_included": "NO"}
    page = " ".join(desk.run(tariff, CDR).stdout.split())
    assert "Prices are before taxes, and the tariff does not say which" in page
    assert "with VAT" not in page
    assert "without VAT" not in page
    found = desk.price(tariff, CDR)
    assert (found["total_cost"], found["taxes_unknown"]) == ({"excl_vat": "5.00", "incl_vat": None}, True)
    # and one with a rate has them
    assert desk.price({**TARIFF, "tax_included": "NO"}, CDR)["total_cost"]["incl_vat"] == "5.50"


@pytest.mark.parametrize(
    ("component", "element", "said"),
    [
        ({"vat": 0.21}, {}, "the VAT is 0.21 %, less than any country has; is 21 % meant"),
        ({"price": 30}, {}, "energy costs 30 EUR a kWh; is that meant"),
        ({}, {"restrictions": {"max_kwh": 0}}, "this element can never hold: max_kwh 0 kWh is not above 0"),
    ],
)
def test_s37_a_tariff_that_nobody_can_have_meant_is_doubted_beside_its_price(
    desk: Desk, component: dict[str, Any], element: dict[str, Any], said: str
) -> None:
    tariff = tariff_with(component, **element)
    assert [doubt["said"].startswith(said) for doubt in desk.price(tariff, CDR)["doubts"]] == [True]
    assert (
        f"Doubt: tariff.elements[0].{'restrictions' if element else 'price_components'}" in desk.run(tariff, CDR).stdout
    )


def test_s37_a_total_that_is_the_same_by_doubtful_times_is_not_simply_the_same(desk: Desk) -> None:
    # given a record whose total is ours, and whose total time is not that of its periods
    record = {**CDR, "total_cost": {"excl_vat": 5, "incl_vat": 5.5}, "total_time": 1}
    page = " ".join(desk.run(TARIFF, record).stdout.split())
    assert "5.50 with VAT: the same, by what is doubted below. Doubt: total_time says 1 h" in page
    assert desk.price(TARIFF, CDR)["doubts"] == []


def recorded(number: int, **changed: Any) -> dict[str, Any]:
    # 10 kWh * 0.50 = 5.00; * 1.1 = 5.50
    return {**CDR, "id": f"C-{number}", "total_cost": {"excl_vat": 5, "incl_vat": 5.5}, **changed}


def test_three_bad_records_of_a_thousand_are_named_and_the_others_are_priced(desk: Desk) -> None:
    # given a thousand records of which one has no end, one no time, one a negative energy, and twelve another total
    records = [recorded(number) for number in range(1000)]
    del records[100]["end_date_time"]
    records[500] = recorded(500, charging_periods=[{"start_date_time": "yesterday"}])
    records[900] = json.loads(json.dumps(recorded(900)).replace('"volume": 10', '"volume": -10'))
    for number in range(12):
        records[number]["total_cost"] = {"excl_vat": 5, "incl_vat": 5.5 + number + 1}
    # when they are priced from a list, from an answer and from JSON Lines
    lines = "\n".join(json.dumps(one) for one in records)
    for file in (records, {"data": records}, lines):
        done = desk.run(TARIFF, file, options=("--summary",))
        # then the three are named with why, the others are counted, and the exit code says that not all is well
        assert done.exit_code == 1
        named = [line.split(":")[2].strip() for line in done.stderr.splitlines()]
        assert named == ["record 'C-100'", "record 'C-500'", "record 'C-900'"]
        assert done.stdout.splitlines() == [
            "1000 records: 997 priced (5,483.50 EUR in all).",
            "3 have no price: each is named above, with why.",
            "12 differ from the total that they say themselves, by -78.00 EUR in all; the largest:",
            *(f"  'C-{number}'  -{number + 1}.00 EUR" for number in range(11, 1, -1)),
        ]


def test_in_json_the_records_without_a_price_stand_in_their_place(desk: Desk) -> None:
    bad = recorded(1)
    del bad["end_date_time"]
    done = desk.run(TARIFF, [recorded(0), bad, recorded(2)], options=("--json",))
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert [one["record"]["id"] for one in found] == ["C-0", "C-1", "C-2"]
    assert found[1]["no_price"].startswith("$[1].end_date_time: is missing")
    assert "3 records: 2 priced (11.00 EUR in all)." in done.stderr


def test_several_records_that_are_all_the_same_are_no_trouble(desk: Desk) -> None:
    done = desk.run(TARIFF, [recorded(0), recorded(1)])
    assert done.exit_code == 0
    assert done.stderr == ""
    assert done.stdout.endswith(
        "2 records: 2 priced (11.00 EUR in all).\nNone differs from the total that it says itself.\n"
    )


def test_a_file_that_breaks_off_says_so_after_what_was_in_it(desk: Desk) -> None:
    done = desk.run(TARIFF, json.dumps([recorded(0), recorded(1), recorded(2)])[:-30])
    assert done.exit_code == 2
    assert done.stdout.count("to pay") == 2
    assert "it ends in the middle of a record, so it was cut off" in done.stderr


def test_a_record_of_2_1_1_is_asked_for_its_vat(desk: Desk) -> None:
    # given a record as OCPI 2.1.1 has it, whose tariff has no field for VAT
    older = {**CDR, "stop_date_time": CDR["end_date_time"], "auth_id": TOKEN, "total_cost": 5}
    del older["end_date_time"], older["cdr_token"]
    plain = tariff_with({"vat": None})
    said = desk.price(plain, older)
    # then it is before taxes that nobody knows, and what to do is said
    assert said["total_cost"] == {"excl_vat": "5.00", "incl_vat": None}
    assert (
        said["notes"][-1]["said"] == "is of OCPI 2.1.1, whose prices are before VAT: say with --vat which, such as 21"
    )
    # and with a rate it has it
    known = desk.price(plain, older, options=("--vat", "21"))
    assert known["total_cost"] == {"excl_vat": "5.00", "incl_vat": "6.05"}
    assert known["stated"]["difference"] == {"excl_vat": "0.00", "incl_vat": None}
    assert (
        desk.refusal(plain, older, options=("--vat", "x"))
        == "--vat: 'x' is not a rate in percent from 0 to 100, such as 21"
    )


def test_a_session_may_have_several_tariffs_by_its_periods(desk: Desk) -> None:
    # given 5 kWh by T-1 at 0.50 and 5 kWh by T-2 at 0.20, both with 10 % of VAT
    second = {**tariff_with({"price": 0.2}), "id": "T-2"}
    energy = [{"type": "ENERGY", "volume": 5}]
    periods = [
        {"start_date_time": "2026-03-02T08:00:00Z", "tariff_id": "T-1", "dimensions": energy},
        {"start_date_time": "2026-03-02T09:00:00Z", "tariff_id": "t-2", "dimensions": energy},
    ]
    record = {**CDR, "charging_periods": periods, "tariffs": [TARIFF, second]}
    # when it is priced by what is in it, and by a file of both: 2.50 + 1.00 = 3.50, and 3.85 with VAT
    for files in ((record,), ([second, TARIFF], record)):
        said = desk.price(*files)
        assert said["total_cost"] == {"excl_vat": "3.50", "incl_vat": "3.85"}
        assert (said["tariff_id"], said["other_tariff_ids"]) == ("T-1", ["T-2"])
    assert "tariffs T-1, T-2" in desk.run(record).stdout
    # so far, after half an hour
    assert desk.price(record, options=("--at", "2026-03-02T08:30:00Z"))["total_cost"]["excl_vat"] == "1.25"
    # one tariff that is handed in counts for all of it, and a tariff that is not there is named
    assert desk.price(TARIFF, record)["total_cost"]["excl_vat"] == "5.00"
    assert "of which the tariff's file has 0" in desk.refusal([TARIFF, {**TARIFF, "id": "T-3"}], record)
    assert "there are 0 where one tariff 't-2'" in desk.refusal({**record, "tariffs": [TARIFF]})


def test_a_record_that_comes_twice_is_told_for_it_is_in_the_totals_twice(desk: Desk) -> None:
    # given a file in which a back office sent two records again, one of them with nothing to compare
    silent = recorded(2, total_cost="5,00")
    done = desk.run(TARIFF, [recorded(0), recorded(1), recorded(0), silent, silent], options=("--summary",))
    # then it is said which, what has no total, and the exit code is that of the prices
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "5 records: 5 priced (27.50 EUR in all).",
        "2 have ids that came before, as 'C-0', 'C-2': all are in the totals.",
        "2 say no total that can be compared.",
        "None differs from the total that it says itself.",
    ]
    # and where nothing can be compared nothing is called the same
    done = desk.run(TARIFF, [silent, silent], options=("--summary",))
    assert done.stdout.splitlines()[1:] == [
        "1 has an id that came before, as 'C-2': all are in the totals.",
        "2 say no total that can be compared.",
    ]
