"""Recorded sessions are read exactly, and a record that contradicts itself is refused with the place and the reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from pricing.engine.price import exact_cost
from pricing.ocpi.cdrs import RecordedSession, UnreadableCdr, read_cdrs

VECTORS = Path(__file__).parents[3] / "vectors" / "cdrs"


def recorded(version: str) -> RecordedSession:
    (session,) = read_cdrs((VECTORS / f"ocpi-{version}.json").read_bytes(), time_zone="Europe/Amsterdam")
    return session


def good_record(version: str = "2.2.1") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((VECTORS / f"ocpi-{version}.json").read_text())
    return found


def test_a_record_of_2_2_1_is_read_whole() -> None:
    session = recorded("2.2.1")
    assert (session.id, session.operator_id) == ("CDR-1001", "NL-TWT")
    assert (session.location_id, session.evse_uid, session.connector_id) == ("LOC-1", "EVSE-1", "1")
    assert (session.time_zone, session.currency, session.tariff.id) == ("Europe/Amsterdam", "EUR", "T-DAY")
    assert (session.started_at, session.ended_at) == (
        datetime(2026, 3, 2, 8, tzinfo=UTC),
        datetime(2026, 3, 2, 10, 12, tzinfo=UTC),
    )
    # then a period ends where the next one starts, the last with the session, and the parked one is parked
    assert [(p.ends_at.hour, p.ends_at.minute, p.energy_wh, p.activity) for p in session.periods] == [
        (9, 0, Decimal(18200), "charging"),
        (9, 30, Decimal(4300), "charging"),
        (10, 12, Decimal(0), "parked"),
    ]
    assert (session.periods[0].max_current_a, session.periods[0].min_power_w) == (Decimal(48), Decimal(10500))
    assert (session.energy_wh, session.total_excl, session.total_incl) == (
        Decimal(22500),
        Decimal("13.175"),
        Decimal("15.81"),
    )


def test_a_record_of_2_3_0_is_read_whole() -> None:
    session = recorded("2.3.0")
    assert (session.time_zone, session.tariff.tax_included) == ("Europe/Berlin", "YES")
    # 16.00 and the tax of 3.04
    assert (session.energy_wh, session.total_excl, session.total_incl) == (
        Decimal(30000),
        Decimal(16),
        Decimal("19.04"),
    )


@pytest.mark.parametrize(
    ("version", "excl", "incl"),
    [
        # fee 0.35; 22.5 kWh * 0.45 = 10.125; 42 minutes parked, billed per 5 as 45: 0.75 h * 3.60 = 2.70
        # 0.35 + 10.125 + 2.70 = 13.175; * 1.2 = 15.81
        ("2.2.1", "13.175", "15.81"),
        # 23:00-01:00 in Berlin: 10 kWh * 0.595 = 5.95; from 01:00, over the change of the clock: 20 kWh * 0.357 = 7.14;
        # parked after 4 h: 1 h * 5.95; together 19.04, tax included; / 1.19 = 16.00
        ("2.3.0", "16", "19.04"),
        # 1 h 58 min 23 s, billed per 5 minutes as 2 h: 2 * 495 = 990; * 1.1 = 1089. The energy is not priced
        ("2.2.1-by-the-hour", "990", "1089"),
        # reserved 13 minutes, billed per 5 as 15: 0.25 h * 30 = 7.50; fee 5; 18.37 kWh, billed per 100 Wh as 18.4, * 4
        # = 73.60; together 86.10; * 1.25 = 107.625
        ("2.3.0-reserved", "86.10", "107.625"),
    ],
)
def test_pricing_a_record_again_gives_its_totals(version: str, excl: str, incl: str) -> None:
    session = recorded(version)
    assert exact_cost(session.tariff, session.periods, session.time_zone) == (Fraction(excl), Fraction(incl))
    assert (session.total_excl, session.total_incl) == (Decimal(excl), Decimal(incl))


def test_the_only_period_of_a_session_has_all_its_energy() -> None:
    session = recorded("2.2.1-by-the-hour")
    assert [p.energy_wh for p in session.periods] == [Decimal(21750)]
    assert session.energy_wh == Decimal(21750)


def test_a_reservation_is_a_period_of_its_own() -> None:
    session = recorded("2.3.0-reserved")
    assert [(p.activity, p.energy_wh) for p in session.periods] == [("reserved", Decimal(0)), ("charging", 18370)]


def test_the_interval_counts_and_not_the_hours_that_the_record_rounded() -> None:
    # 1.97 h would be 1 h 58 min 12 s
    (period,) = recorded("2.2.1-by-the-hour").periods
    assert period.ends_at - period.starts_at == timedelta(hours=1, minutes=58, seconds=23)


@pytest.mark.parametrize(("hours", "is_read"), [("1.01", True), ("0.99", True), ("1.0101", False), ("0.9899", False)])
def test_hours_may_be_off_by_a_hundredth_and_no_more(hours: str, is_read: bool) -> None:
    # given a first period of an hour
    cdr = good_record()
    cdr["charging_periods"][0]["dimensions"][1]["volume"] = hours
    # when, then
    if is_read:
        assert read_cdrs(json.dumps(cdr))[0].periods == recorded("2.2.1").periods
    else:
        with pytest.raises(UnreadableCdr, match=f"say {hours} h of TIME, and the period lasts 3600 s"):
            read_cdrs(json.dumps(cdr))


def test_numbers_are_read_exactly_and_a_price_is_never_a_float() -> None:
    text = (VECTORS / "ocpi-2.2.1.json").read_text().replace("0.45", "0.450001")
    (session,) = read_cdrs(text)
    assert session.tariff.elements[0].price_components[1].price == Decimal("0.450001")
    assert session.time_zone == "UTC"


def test_one_record_a_list_and_an_answer_are_the_same() -> None:
    one = (VECTORS / "ocpi-2.2.1.json").read_text()
    assert (
        read_cdrs(one) == read_cdrs(f"[{one}]") == read_cdrs(f'{{"data": [{one}]}}') == read_cdrs(f'{{"data": {one}}}')
    )
    assert read_cdrs("[]") == []


def _set(*keys: Any, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(cdr: dict[str, Any]) -> None:
        inside: Any = cdr
        for key in keys[:-1]:
            inside = inside[key]
        inside[keys[-1]] = to

    return change


PARKED = "$[1].charging_periods[2]"
NONE_SAYS_ENERGY = [
    {"start_date_time": "2026-03-02T08:00:00Z", "dimensions": [{"type": "TIME", "volume": 1}]},
    {"start_date_time": "2026-03-02T09:00:00Z", "dimensions": [{"type": "TIME", "volume": 1.2}]},
]


@pytest.mark.parametrize(
    ("change", "path", "says"),
    [
        (_set("total_energy", to=22.6), "$[1].total_energy", "says 22.6 kWh and the periods add up to 22.5"),
        (_set("currency", to="SEK"), "$[1].currency", "is SEK and the tariff is in EUR"),
        (_set("currency", to="EURO"), "$[1].currency", "longer than the 3"),
        (_set("credit", to=True), "$[1].credit", "a credit"),
        (_set("tariffs", to=[]), "$[1].tariffs", "there are 0"),
        (
            _set("charging_periods", 1, "tariff_id", to="T-2"),
            "$[1].charging_periods",
            "several tariffs: 'T-2', 'T-DAY'",
        ),
        (_set("charging_periods", to=[]), "$[1].charging_periods", "at least 1"),
        (
            _set("charging_periods", 0, "start_date_time", to="2026-03-02T07:00:00Z"),
            "$[1].charging_periods[0].start",
            "another time",
        ),
        (
            _set("charging_periods", 1, "start_date_time", to="2026-03-02T09:31:00Z"),
            "$[1].charging_periods[2].start",
            "the periods are out of order",
        ),
        (
            _set("charging_periods", 0, "dimensions", 0, "volume", to="x"),
            "$[1].charging_periods[0].dimensions[0].volume",
            "valid decimal",
        ),
        (
            _set("charging_periods", 0, "dimensions", 0, "volume", to=-1),
            "$[1].charging_periods[0].dimensions[0].volume",
            "says -1 of ENERGY: energy that a car gives back",
        ),
        (
            _set("charging_periods", 0, "dimensions", 1, "type", to="ENERGY"),
            "$[1].charging_periods[0].dimensions[1]",
            "twice",
        ),
        (
            _set(
                "charging_periods", 2, "dimensions", to=[{"type": t, "volume": 0.35} for t in ("TIME", "PARKING_TIME")]
            ),
            PARKED,
            "has both TIME and PARKING_TIME",
        ),
        (
            _set("charging_periods", 2, "dimensions", to=[{"type": "TIME", "volume": 0}]),
            PARKED,
            "say 0 h of TIME, and the period lasts 2520 s",
        ),
        (
            _set("charging_periods", 2, "dimensions", to=[{"type": "PARKING_TIME", "volume": -0.7}]),
            PARKED,
            "says -0.7 h of PARKING_TIME",
        ),
        (_set("charging_periods", 2, "tariff_id", to=None), f"{PARKED}.tariff_id", "other periods have one"),
        (_set("charging_periods", to=NONE_SAYS_ENERGY), "$[1].total_energy", "add up to 0 kWh"),
        (
            _set("charging_periods", 0, "dimensions", 0, "volume", to="18.2" + "0" * 25 + "1"),
            "$[1].charging_periods[0].dimensions[0].volume",
            "more than 25 digits",
        ),
        (_set("cdr_location", "time_zone", to="Mars/Olympus"), "$[1].cdr_location.time_zone", "not an IANA time zone"),
        (
            _set("tariffs", 0, "elements", 0, "restrictions", to={"min_soc": 3}),
            "$[1].tariffs[0].elements[0].restrictions.min_soc",
            "is no field that OCPI",
        ),
        (_set("total_cost", to={"incl_vat": 3}), "$[1].total_cost", "is missing"),
    ],
)
def test_a_record_that_is_wrong_says_where(change: Callable[[dict[str, Any]], None], path: str, says: str) -> None:
    # given a good record, and after it the same one with one thing changed
    good = good_record()
    changed = json.loads(json.dumps(good))
    change(changed)
    text = json.dumps([good, changed])
    # when, then
    with pytest.raises(UnreadableCdr, match=says) as error:
        read_cdrs(text)
    assert error.value.path.startswith(path)


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, b"\xff\xfe\xfa", '{"total_energy": NaN}', "[1e99999999999999999999]"]
)
def test_what_is_not_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(UnreadableCdr, match=r"\$"):
        read_cdrs(text)
