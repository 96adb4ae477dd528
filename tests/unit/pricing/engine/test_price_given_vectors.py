"""Every price vector costs what its sum by hand says, and the sums by hand are right (scenario 23)."""

from __future__ import annotations

import ast
import json
import operator
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from tests.vectors.load import PRICES, PriceCase, price_cases

from pricing.engine.price import price
from pricing.ocpi.cdrs import read_cdrs
from pricing.ocpi.tariff_reader import read_tariffs
from tapwatt.tariffs import Dimension, Restrictions

CASES = price_cases()
BY_ID = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
MOST_LINES = 350

TARIFF_NEEDS = {"country_code", "party_id", "id", "currency", "elements", "last_updated"}
CDR_NEEDS = {
    *("country_code", "party_id", "id", "start_date_time", "end_date_time", "cdr_token", "auth_method", "cdr_location"),
    *("currency", "charging_periods", "total_cost", "total_energy", "total_time", "last_updated"),
}
TOKEN_NEEDS = {"country_code", "party_id", "uid", "type", "contract_id"}
LOCATION_NEEDS = {
    *("id", "address", "city", "country", "coordinates", "evse_uid", "evse_id", "connector_id"),
    *("connector_standard", "connector_format", "connector_power_type"),
}


@BY_ID
def test_s23_a_vector_costs_what_its_sum_by_hand_says(case: PriceCase) -> None:
    # given the record as an operator sends it, its tariff inside
    [session] = read_cdrs(json.dumps(case.cdr), case.time_zone)
    only_reserved = all(period.activity == "reserved" for period in session.periods)
    # when
    bill = price(
        session.tariff,
        session.periods,
        session.time_zone,
        idle_grace_s=case.idle_grace_s,
        reservation_expired=only_reserved,
    )
    # then
    assert (f"{bill.excl_vat.major:f}", f"{bill.incl_vat.major:f}") == (case.before_vat, case.after_vat)
    assert (session.total_excl, session.total_incl) == (Decimal(case.before_vat), Decimal(case.after_vat))
    assert sum(line.excl_vat.minor for line in bill.lines) == bill.taxable.minor
    assert sum(line.incl_vat.minor for line in bill.lines) == bill.incl_vat.minor


@BY_ID
def test_a_vector_is_whole(case: PriceCase) -> None:
    # every field that OCPI demands is there, and the record holds the tariff that stands beside it
    assert case.tariff.keys() >= TARIFF_NEEDS | ({"tax_included"} if case.ocpi == "2.3.0" else set())
    assert case.cdr.keys() >= CDR_NEEDS
    assert case.cdr["cdr_token"].keys() >= TOKEN_NEEDS
    assert case.cdr["cdr_location"].keys() >= LOCATION_NEEDS
    assert case.cdr["cdr_location"]["coordinates"].keys() == {"latitude", "longitude"}
    assert case.cdr["tariffs"] == [case.tariff]
    assert all(component.keys() >= {"type", "price"} for component in _components(case))
    [tariff] = read_tariffs(json.dumps(case.tariff))
    assert tariff == read_cdrs(json.dumps(case.cdr), case.time_zone)[0].tariff


@BY_ID
def test_the_sum_by_hand_is_right_and_ends_with_the_totals(case: PriceCase) -> None:
    text = " ; ".join(case.arithmetic)
    said = list(_equations(text))
    assert len(said) == text.count(" = ") + text.count(" ~ "), "a sum in it cannot be read"
    for left, sign, right in said:
        assert _holds(left, sign, right), f"{left} {sign} {right}"
    words = re.findall(r"\d[\d.]*\d|\d", " ".join(case.arithmetic))
    assert {case.before_vat, case.after_vat} <= set(words), "the sum does not come to what is expected"


def test_a_wrong_sum_would_be_found() -> None:
    assert list(_equations("16:35 to 17:00: 25 / 60 * 1.20 = 0.50, so 2 h * (1 + 0.5) = 3.00")) == [
        ("25 / 60 * 1.20", "=", "0.50"),
        ("2 * (1 + 0.5)", "=", "3.00"),
    ]
    assert _holds("25 / 60 * 1.20", "=", "0.50")
    assert not _holds("25 / 60 * 1.20", "=", "0.51")
    assert _holds("1 / 3", "~", "0.333")
    assert not _holds("1 / 3", "=", "0.333")
    assert not _holds("1 / 3", "~", "0.334")


def test_there_are_enough_of_them_and_each_has_a_name_of_its_own() -> None:
    assert len(CASES) >= 200
    assert sum(case.whole for case in CASES) >= 10
    assert len({case.id for case in CASES}) == len(CASES)


@pytest.mark.parametrize("path", sorted(PRICES.glob("*.json")), ids=lambda path: path.name)
def test_a_file_of_vectors_can_be_read_in_one_sitting(path: Any) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES
    assert json.loads(path.read_text(encoding="utf-8"))["about"].endswith(".")


def test_every_field_of_the_model_is_in_some_vector() -> None:
    restrictions = [r for case in CASES for r in _restrictions(case)]
    assert {name for r in restrictions for name in r} == set(Restrictions.model_fields)
    assert {r.get("reservation") for r in restrictions} == {None, "RESERVATION", "RESERVATION_EXPIRES"}
    assert {c["type"] for case in CASES for c in _components(case)} == set(Dimension)
    assert {case.tariff.get("tax_included") for case in CASES} == {None, "YES", "NO", "N/A"}
    assert {case.ocpi for case in CASES} == {"2.2.1", "2.3.0"}
    steps = {c.get("step_size") for case in CASES for c in _components(case)}
    assert steps >= {None, 0, 1}
    rates = [{c.get("vat") for c in _components(case)} for case in CASES]
    assert {None} in rates
    assert {0} in rates
    assert any(len(some) > 2 for some in rates)
    assert sum("min_price" in case.tariff for case in CASES) > 3
    assert sum("max_price" in case.tariff for case in CASES) > 3
    assert sum(case.idle_grace_s > 0 for case in CASES) > 3
    assert {len(case.after_vat.partition(".")[2]) for case in CASES} == {0, 2, 3}


def _components(case: PriceCase) -> list[dict[str, Any]]:
    return [component for element in case.tariff["elements"] for component in element["price_components"]]


def _restrictions(case: PriceCase) -> list[dict[str, Any]]:
    return [element.get("restrictions") or {} for element in case.tariff["elements"]]


_UNIT = re.compile(r"(?<=[\d)]) (?:kWh|Wh|h|min|s|d)\b")
_SUM = re.compile(r"(?<![\d.:-])((?:\(|\d)[\d. ()+*/-]*[+*/-][\d. ()+*/-]*[\d)]) ([=~]) (\d+(?:\.\d+)?)")


def _equations(text: str) -> Iterator[tuple[str, str, str]]:
    """The sums in a text, without their units: what is worked out, whether it is exact, and the outcome."""
    for found in _SUM.finditer(_UNIT.sub("", text)):
        yield found[1], found[2], found[3]


def _holds(left: str, sign: str, right: str) -> bool:
    off = abs(_value(ast.parse(left, mode="eval").body) - Fraction(right))
    last_digit = Fraction(Decimal(1).scaleb(-len(right.partition(".")[2])))
    return off == 0 if sign == "=" else off <= last_digit / 2


_DOES: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def _value(node: ast.expr) -> Fraction:
    if isinstance(node, ast.BinOp):
        return _DOES[type(node.op)](_value(node.left), _value(node.right))
    assert isinstance(node, ast.Constant)
    return Fraction(str(node.value))
