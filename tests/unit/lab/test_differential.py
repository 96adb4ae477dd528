"""The run beside other engines: its cases are what they should be, and it names a cause only where it proves it."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from lab.differential.__main__ import main
from lab.differential.cases import Answer, Case, Priced, Refused, billed, ours, put, volume
from lab.differential.causes import OF_PEER, PYTHON, RUST
from lab.differential.cutting import cut
from lab.differential.explain import compare
from lab.differential.peers import NoPeer, PythonPeer, RustPeer
from lab.differential.readings import Reading, read_as
from lab.differential.report import Tally
from lab.differential.rewording import without
from lab.differential.sessions import case
from lab.differential.shrink import shrunk
from lab.differential.stated import STATED, Stated, always, charged, holds, no_longer_true, priced, session

from pricing.ocpi.cdrs import read_cdrs

PAGE = Path(__file__).parents[3] / "docs" / "differential.md"
SOME = range(150)
NOON = "2025-06-03T10:00:00Z"


@dataclass
class Peer:
    """An engine that says what the test tells it to."""

    says: Callable[[Case], Answer]
    name: str = "python"
    version: str = "made up"

    def price(self, case: Case) -> Answer:
        return self.says(case)


def stated(cause: str) -> Stated:
    return next(s for s in STATED if s.cause == cause)


def hours_times_price(case: Case) -> Answer:
    """An engine for one TIME component without VAT that believes the written hours."""
    component = case.tariff["elements"][0]["price_components"][0]
    spent = Fraction(sum((volume(p, "TIME") or Decimal(0) for p in case.periods), Decimal(0)))
    cost = spent * Fraction(component["price"])
    return Priced(cost, cost)


# --- the cases -------------------------------------------------------------------------------------------------------


def test_the_same_seed_and_number_make_the_same_case_whatever_was_made_before() -> None:
    first = [case(3, number).text() for number in range(20)]
    assert [case(3, number).text() for number in reversed(range(20))] == first[::-1]
    assert len(set(first)) == 20
    assert case(4, 0).text() != first[0]


def test_every_case_is_a_record_that_our_models_read() -> None:
    for number in SOME:
        made = case(1, number)
        found = read_cdrs(made.text())[0]
        assert found.time_zone == made.zone
        assert len(found.periods) == len(made.periods)
        assert found.energy_wh == made.cdr["total_energy"] * 1000


def test_cases_have_all_dimensions_restrictions_steps_limits_and_activities() -> None:
    text = "".join(case(1, number).text() for number in range(400))
    words = ["ENERGY", "TIME", "PARKING_TIME", "FLAT", "RESERVATION_TIME", "reservation", "day_of_week", "vat"]
    words += ["start_time", "end_time", "start_date", "end_date", "min_price", "max_price"]
    words += [f"{end}_{what}" for end in ("min", "max") for what in ("kwh", "duration", "power", "current")]
    for word in words:
        assert f'"{word}"' in text, word
    for step in (0, 1, 60, 300, 500, 1000):
        assert f'"step_size": {step},' in text or f'"step_size": {step}}}' in text
    assert {case(1, number).zone for number in range(100)} >= {"Asia/Kathmandu", "Australia/Lord_Howe"}


def test_numbers_are_written_with_all_of_their_digits() -> None:
    made = session(NOON, [charged(1, "0.0000001"), charged(20, "1234567.1234567")], [always(priced("ENERGY", "0.10"))])
    assert '"volume": 0.0000001}' in made.text()
    assert '"volume": 1234567.1234567}' in made.text()
    assert json.loads(made.text())["charging_periods"][0]["dimensions"][0]["volume"] == pytest.approx(1 / 60)


def test_cutting_where_the_tariff_changes_leaves_our_price_as_it_is() -> None:
    # given sessions, cut by walking the clock, which shares nothing with the engine's own cuts
    more = 0
    for number in SOME:
        made = case(2, number)
        pieces = cut(made)
        more += len(pieces.periods) > len(made.periods)
        # then the engine, which cuts for itself, says the same of both
        assert ours(made).agrees(ours(pieces)), number
    assert more > 20


def test_a_crossing_of_an_energy_bound_is_cut_with_the_energy_exactly_at_it() -> None:
    made = stated("energy bounds unread").case.changed(lambda c: c.cdr["charging_periods"].pop())
    made = made.changed(lambda c: put(c.periods[0], "ENERGY", Decimal(10)))
    made = made.changed(lambda c: c.cdr.update(total_energy=Decimal(10), end_date_time="2025-06-03T10:30:00Z"))
    pieces = cut(made).periods
    assert [p["start_date_time"] for p in pieces] == ["2025-06-03T10:00:00Z", "2025-06-03T10:15:00Z"]
    assert [volume(p, "ENERGY") for p in pieces] == [5, 5]


# --- steps and limits worked out a second time -----------------------------------------------------------------------


def test_steps_and_limits_worked_out_a_second_time_come_to_the_engine_s_price() -> None:
    compared = 0
    for number in range(300):
        made = case(5, number)
        if any(volume(p, "RESERVATION_TIME") is not None for p in made.periods):
            continue
        once, twice = ours(made), read_as(made, Reading())
        if isinstance(once, Priced):
            assert once.agrees(twice), number
            compared += 1
    assert compared > 200


@pytest.mark.parametrize(
    ("cause", "reading"),
    [
        ("parking first", Reading(parking_first=True)),
        ("free counts", Reading(free_counts=True)),
        ("limits as pairs", Reading(limits="pairs")),
    ],
)
def test_read_as_the_rust_peer_reads_them_steps_and_limits_give_its_number(cause: str, reading: Reading) -> None:
    one = stated(cause)
    assert one.rust is not None
    assert holds(one.rust, read_as(one.case, reading))
    assert not holds(one.ours, read_as(one.case, reading))


@pytest.mark.parametrize(
    ("cause", "reading"),
    [
        ("parking first", Reading(parking_first=True)),
        ("empty component last", Reading(empty_last=True)),
        ("limits unread", Reading(limits="none")),
    ],
)
def test_read_as_the_python_peer_reads_them_steps_and_limits_give_its_number(cause: str, reading: Reading) -> None:
    one = stated(cause)
    assert one.python is not None
    assert holds(one.python, read_as(one.case, reading))
    assert not holds(one.ours, read_as(one.case, reading))


# --- the causes ------------------------------------------------------------------------------------------------------


def test_engines_that_agree_need_no_cause() -> None:
    assert compare(stated("limits unread").case, Peer(ours), PYTHON).causes == ()


def test_both_refusing_is_agreement() -> None:
    made = stated("current bounds unread").case.changed(lambda c: put(c.periods[0], "MIN_CURRENT", None))
    made = made.changed(lambda c: put(c.periods[0], "MAX_CURRENT", None))
    assert isinstance(ours(made), Refused)
    assert compare(made, Peer(lambda _: Refused("no")), PYTHON).causes == ()


def test_a_peer_that_does_not_read_a_restriction_is_found_out() -> None:
    blind = Peer(lambda c: ours(without("min_kwh", "max_kwh")(c)))
    found = compare(stated("energy bounds unread").case, blind, PYTHON)
    # 5 kWh at 0.10 and 5 at 0.40 are 2.50; who does not read max_kwh says 10 kWh at 0.10
    assert (str(found.ours), str(found.peer)) == ("2.500000 / 2.500000", "1.000000 / 1.000000")
    assert found.causes == ("energy bounds unread",)


def test_a_peer_that_bills_the_written_hours_is_found_out() -> None:
    # given 40 minutes written as 0.6667 h, at 3.00 per hour by the second
    made = stated("hours as written").case.changed(
        lambda c: c.tariff["elements"][0]["price_components"][0].update(step_size=0)
    )
    found = compare(made, Peer(hours_times_price), RUST)
    assert (str(found.ours), str(found.peer)) == ("2.000000 / 2.000000", "2.000100 / 2.000100")
    assert found.causes == ("hours as written",)


def test_two_causes_at_once_are_both_named_and_no_third() -> None:
    made = stated("limits unread").case.changed(
        lambda c: c.tariff["elements"].insert(
            0, {"price_components": [priced("ENERGY", "0.45", vat="20")], "restrictions": {"max_kwh": 10}}
        )
    )
    blind = Peer(lambda c: read_as(without("min_kwh", "max_kwh")(c), Reading(limits="none")))
    # 10 kWh at 0.45 and 20 at 0.50 are 14.50, which max_price lowers to 10.00; the peer says 30 kWh at 0.45
    found = compare(made, blind, PYTHON)
    assert (str(found.ours), str(found.peer)) == ("10.000000 / 12.000000", "13.500000 / 16.200000")
    assert found.causes == ("energy bounds unread", "limits unread")


def test_a_price_that_is_a_tenth_of_a_cent_off_for_no_known_cause_is_not_explained() -> None:
    def a_little_more(made: Case) -> Answer:
        right = ours(made)
        return Priced(right.excl + Fraction(1, 1000), right.incl) if isinstance(right, Priced) else right

    for one in STATED:
        assert compare(one.case, Peer(a_little_more), PYTHON).causes is None
        assert compare(one.case, Peer(a_little_more, "rust"), RUST).causes is None


def test_a_refusal_of_ours_is_not_explained_by_a_step() -> None:
    wrong = {"min_price": {"excl_vat": 8}, "max_price": {"excl_vat": 7}}
    made = stated("parking first").case.changed(lambda c: c.tariff.update(wrong))
    assert isinstance(ours(made), Refused)
    assert isinstance(read_as(made, Reading(parking_first=True)), Refused)


def test_a_case_is_shrunk_to_what_its_cause_needs() -> None:
    blind = Peer(lambda c: ours(without("min_kwh", "max_kwh")(c)))
    made = next(
        m for m in (case(1, n) for n in range(500)) if compare(m, blind, PYTHON).causes == ("energy bounds unread",)
    )
    small = shrunk(made, blind, PYTHON)
    assert compare(small, blind, PYTHON).causes == ("energy bounds unread",)
    assert len(small.text()) < len(made.text())
    assert len(small.tariff["elements"]) <= 2


# --- what is said of it ----------------------------------------------------------------------------------------------


def test_a_tally_counts_each_case_once_and_keeps_what_it_cannot_explain() -> None:
    blind = Peer(lambda c: ours(without("min_kwh", "max_kwh")(c)))
    tally = Tally(blind, PYTHON)
    tally.add(compare(stated("energy bounds unread").case, blind, PYTHON))
    tally.add(compare(stated("limits unread").case, blind, PYTHON))
    tally.add(compare(stated("no wrap").case, Peer(lambda _: Refused("no")), PYTHON))
    said = tally.as_json()
    assert (said["cases"], said["agreed"], said["explained"], said["unexplained"]) == (3, 1, 1, 1)
    assert said["causes"]["energy bounds unread"] == {"in": 1, "alone": 1}
    assert said["unexplained_cases"][0]["peer"] == "refused: no"


@pytest.mark.parametrize("one", STATED, ids=lambda one: one.cause)
def test_our_engine_says_what_the_page_states(one: Stated) -> None:
    assert holds(one.ours, ours(one.case))


def test_a_peer_that_says_something_else_than_the_page_is_reported() -> None:
    assert list(no_longer_true(Peer(lambda _: Refused("broken")))) != []


def test_the_page_explains_every_cause_and_gives_the_numbers() -> None:
    page = PAGE.read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([^`]+)` \|(.*)$", page, re.MULTILINE))
    known = {cause.name for causes in OF_PEER.values() for cause in causes}
    assert set(rows) == known == {one.cause for one in STATED}
    for one in STATED:
        for said in (one.ours, one.rust, one.python):
            for amount in (said or "").split("/"):
                assert amount in rows[one.cause], f"{one.cause}: {amount}"


def test_what_is_billed_is_the_price_rounded_to_minor_units() -> None:
    assert billed(stated("parking first").case) == (73, 73)


# --- the command -----------------------------------------------------------------------------------------------------


def test_a_run_without_a_peer_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["--cases", "5"])
    assert refused.value.code == 2
    assert "name at least one peer" in capsys.readouterr().err


def test_a_program_that_is_no_price_engine_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("#!/bin/sh\necho something else\n")
    other.chmod(0o755)
    with pytest.raises(NoPeer, match="is not the program"):
        RustPeer(other)
    with pytest.raises(NoPeer, match="cannot be run"):
        RustPeer(tmp_path / "missing")
    assert main(["--rust-peer", str(other)]) == 2


def test_a_package_without_an_engine_in_it_is_refused(tmp_path: Path) -> None:
    # as what is on the package index under the name ocpi-tariffs: a folder with py.typed and nothing else
    (tmp_path / "ocpi_tariffs").mkdir()
    (tmp_path / "ocpi_tariffs" / "py.typed").touch()
    with pytest.raises(NoPeer, match="holds no package ocpi_tariffs with an engine in it"):
        PythonPeer(tmp_path)


TABLE = """#!/bin/sh
if [ "$1" = "--version" ]; then echo "ocpi-tariffs-cli 0.0.0"; exit; fi
cat > /dev/null
echo "| Total Cost (Excl.)           | €12.3450    | €0         |"
echo "| Total Cost (Incl.)           | €14.9375    | €0         |"
"""


def test_the_totals_are_read_from_the_rust_program_s_table(tmp_path: Path) -> None:
    program = tmp_path / "ocpi-tariffs"
    program.write_text(TABLE, encoding="utf-8")
    program.chmod(0o755)
    peer = RustPeer(program)
    assert peer.version == "ocpi-tariffs-cli 0.0.0"
    assert peer.price(stated("no wrap").case) == Priced(Fraction("12.345"), Fraction("14.9375"))


def test_a_run_ends_with_one_when_something_is_not_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "ocpi-tariffs"
    program.write_text(TABLE, encoding="utf-8")
    program.chmod(0o755)
    assert main(["--rust-peer", str(program), "--cases", "2", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["peers"][0]["cases"] == 2
    assert said["interrupted"] is False
