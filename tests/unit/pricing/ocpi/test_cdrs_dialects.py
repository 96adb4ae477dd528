"""OCPI 2.1.1 and the small dialects of back offices are read as what they mean, and what was understood is said."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from typing import Any

import pytest
from tests.unit.pricing.checking.tariff_checks import MONDAY

from pricing.checking.check import check
from pricing.engine.price import price
from pricing.ocpi.cdrs import session_at
from pricing.ocpi.chosen_tariff import tariff_for, with_vat
from pricing.ocpi.recorded_usage import Usage, read_usage
from pricing.ocpi.tariff_reader import read_noting

# As in the examples of OCPI 2.1.1 (mod_cdrs, mod_tariffs): the whole location, plain totals, no VAT anywhere.
CDR_2_1_1: dict[str, Any] = {
    "id": "CDR001",
    "start_date_time": "2026-03-02T08:00:00Z",
    "stop_date_time": "2026-03-02T10:00:00Z",
    "auth_id": "DE8ACC12E46L89",
    "auth_method": "WHITELIST",
    "location": {
        "id": "LOC1",
        "name": "Gent Zuid",
        "country": "BEL",
        "time_zone": "Europe/Brussels",
        "evses": [{"uid": "3256", "evse_id": "BE-BEC-E041503003", "connectors": [{"id": "1"}]}],
    },
    "currency": "EUR",
    "tariffs": [
        {
            "id": "12",
            "currency": "EUR",
            "elements": [
                {
                    "price_components": [
                        {"type": "TIME", "price": 2.00, "step_size": 300},
                        {"type": "FLAT", "price": 1, "step_size": 1},
                    ]
                }
            ],
            "last_updated": "2026-02-02T14:15:01Z",
        }
    ],
    "charging_periods": [
        {
            "start_date_time": "2026-03-02T08:00:00Z",
            "dimensions": [{"type": "TIME", "volume": 2}, {"type": "FLAT", "volume": 1}],
        }
    ],
    "total_cost": 5.00,
    "total_energy": 15.342,
    "total_time": 2,
    "last_updated": "2026-03-02T22:01:13Z",
}


def used(record: dict[str, Any]) -> Usage:
    (found,) = read_usage(json.dumps(record))
    return found


def test_a_cdr_of_2_1_1_is_read_with_the_tariff_in_it() -> None:
    # given the record as it is sent
    usage = used(CDR_2_1_1)
    # then its end, its place and its total are those of its own fields, and nothing had to be guessed
    assert usage.older
    assert (usage.ends_at.isoformat(), usage.country, usage.time_zone) == (
        "2026-03-02T10:00:00+00:00",
        "BEL",
        "Europe/Brussels",
    )
    assert usage.stated is not None
    assert (usage.stated.excl, usage.stated.incl) == (5, None)
    assert usage.notes == ()
    # and its price before VAT is 2 h * 2.00 + 1.00
    assert price(tariff_for(usage), usage.periods, "Europe/Brussels").excl_vat.minor == 500


def test_prices_of_2_1_1_are_before_vat_and_never_silently_without_any() -> None:
    usage = used(CDR_2_1_1)
    assert tariff_for(usage).tax_included == "NO"
    # also where its tariff is handed in
    offered = [tariff for tariff, _ in read_noting(json.dumps(CDR_2_1_1["tariffs"]))]
    assert tariff_for(usage, offered).tax_included == "NO"
    # with a rate they have it: 5.00 * 1.21
    bill = price(with_vat(tariff_for(usage), Decimal(21)), usage.periods, "Europe/Brussels")
    assert (bill.excl_vat.minor, bill.incl_vat.minor) == (500, 605)


def test_a_session_of_2_1_1_is_read_too() -> None:
    session = {
        "id": "101",
        "start_datetime": "2026-03-02T08:00:00Z",
        "end_datetime": "2026-03-02T10:00:00Z",
        "kwh": 15.342,
        "auth_id": "DE8ACC12E46L89",
        "location": CDR_2_1_1["location"],
        "currency": "EUR",
        "charging_periods": [
            {"start_date_time": "2026-03-02T08:00:00Z", "dimensions": [{"type": "ENERGY", "volume": 15.342}]}
        ],
        "status": "COMPLETED",
    }
    usage = used(session)
    assert (usage.kind, usage.older, usage.ends_at.hour, usage.energy_wh) == ("Session", True, 10, 15342)


def test_a_cdr_of_2_1_1_can_be_replayed() -> None:
    found = session_at("$", json.loads(json.dumps(CDR_2_1_1), parse_float=Decimal), vat=Decimal(19))
    assert (found.operator_id, found.location_id, found.evse_uid, found.connector_id) == ("XX-XXX", "LOC1", "3256", "1")
    assert (found.total_excl, found.total_incl, found.time_zone) == (5, None, "Europe/Brussels")
    assert {c.vat for e in found.tariff.elements for c in e.price_components} == {Decimal(19)}


DIALECT: dict[str, Any] = {
    "id": "T",
    "currency": "EUR",
    "elements": [
        {
            "price_components": [{"type": "ENERGY", "price": "0.45", "vat": "21", "step_size": "1"}],
            "restrictions": {
                "start_date": "2026-3-1",
                "end_date": "2026-12-1",
                "start_time": "8:00",
                "min_duration": "60",
            },
        }
    ],
    "max_price": 10,
    "last_updated": "2026-1-2T8:00:00Z",
}


def test_a_tariff_in_the_dialect_of_a_back_office_is_read_and_said_to_be_understood() -> None:
    [(tariff, notes)] = read_noting(json.dumps(DIALECT))
    [element] = tariff.elements
    assert element.restrictions is not None
    assert element.restrictions.model_dump(mode="json", exclude_none=True) == {
        "start_time": "08:00:00",
        "start_date": "2026-03-01",
        "end_date": "2026-12-01",
        "min_duration": 60,
    }
    assert element.price_components[0].step_size == 1
    assert tariff.max_price is not None
    assert (tariff.max_price.before_taxes, tariff.max_price.after_taxes) == (10, None)
    said = [f"{one.path} {one.said}" for one in notes]
    assert "$.max_price is a plain number, which is taken to be before taxes (excl_vat)" in said
    assert "$.last_updated is understood as 2026-01-02T08:00:00Z" in said
    # the rest is not said one by one
    assert "$ 3 more fields are understood in the same ways" in said
    # and the check says it as well
    assert [f.says for f in check("$", copy.deepcopy(DIALECT), MONDAY).findings if f.path == "$.max_price"] == [
        "this field is a plain number, which is taken to be before taxes (excl_vat)"
    ]


def test_a_record_in_the_dialect_of_a_back_office_is_read() -> None:
    record = {
        "id": "C",
        "start_date_time": "2026-3-2T8:00:00Z",
        "end_date_time": "2026-3-2T10:00:00Z",
        "charging_periods": [
            {"start_date_time": "2026-3-2T8:00:00Z", "dimensions": [{"type": "ENERGY", "volume": "10.5"}]}
        ],
        "total_cost": "4.73",
        "total_energy": "10.5",
    }
    usage = used(record)
    assert (usage.periods[0].starts_at.isoformat(), usage.energy_wh) == ("2026-03-02T08:00:00+00:00", 10500)
    assert usage.stated is not None
    assert usage.stated.excl == Decimal("4.73")
    assert not usage.older
    assert "$.total_cost is a plain number, which is taken to be before taxes (excl_vat)" in [
        f"{one.path} {one.said}" for one in usage.notes
    ]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"max_price": "ten"}, "$.max_price"),
        ({"max_price": True}, "$.max_price"),
        ({"elements": [{"price_components": [{"type": "ENERGY", "price": 1, "step_size": "1.5"}]}]}, "$.elements[0]"),
        (
            {
                "elements": [
                    {"price_components": [{"type": "ENERGY", "price": 1}], "restrictions": {"start_date": "1-3-2026"}}
                ]
            },
            "$.elements[0].restrictions.start_date",
        ),
    ],
)
def test_what_may_mean_two_things_is_refused(change: dict[str, Any], path: str) -> None:
    with pytest.raises(ValueError, match="is ") as refused:
        read_noting(json.dumps({**DIALECT, **change}))
    assert str(refused.value).startswith(path)
