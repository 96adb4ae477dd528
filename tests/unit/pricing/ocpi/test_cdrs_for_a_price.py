"""A price needs times, periods and energy of a record: those are read exactly, the rest may be missing or odd."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pricing.ocpi.cdrs import UnreadableCdr, read_cdrs
from pricing.ocpi.recorded_usage import Usage, read_usage

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
CDR: dict[str, Any] = {
    "start_date_time": "2026-03-02T08:00:00Z",
    "end_date_time": "2026-03-02T10:00:00Z",
    "charging_periods": [{"start_date_time": "2026-03-02T08:00:00Z", "dimensions": [{"type": "ENERGY", "volume": 10}]}],
}
SESSION: dict[str, Any] = {
    "start_date_time": "2026-03-02T08:00:00Z",
    "kwh": 7.5,
    "status": "ACTIVE",
    "last_updated": "2026-03-02T08:45:00Z",
    "charging_periods": [
        {"start_date_time": "2026-03-02T08:00:00Z", "dimensions": [{"type": "ENERGY", "volume": 5}]},
        {"start_date_time": "2026-03-02T08:30:00Z", "dimensions": [{"type": "TIME", "volume": 0.1}]},
    ],
}


def used(record: dict[str, Any], **changed: Any) -> Usage:
    (usage,) = read_usage(json.dumps({**record, **changed}))
    return usage


def with_dimensions(*dimensions: tuple[str, Any], **changed: Any) -> dict[str, Any]:
    record = copy.deepcopy(CDR)
    record["charging_periods"][0]["dimensions"] = [{"type": kind, "volume": volume} for kind, volume in dimensions]
    return {**record, **changed}


def shape(usage: Usage) -> list[tuple[str, int, Decimal]]:
    """What went on, until how many minutes after the start, and the energy in it."""
    return [(p.activity, (p.ends_at - START) // timedelta(minutes=1), p.energy_wh) for p in usage.periods]


def test_times_and_periods_are_enough() -> None:
    usage = used(CDR)
    assert shape(usage) == [("charging", 120, Decimal(10_000))]
    assert (usage.kind, usage.id, usage.currency, usage.stated, usage.notes) == ("CDR", None, None, None, ())


@pytest.mark.parametrize(
    "odd",
    [
        {"id": 5, "cdr_token": "x", "auth_method": 3, "country_code": [], "cdr_location": "somewhere"},
        {"total_cost": 5, "last_updated": "yesterday", "tariffs": {"a": 1}, "total_time": -3},
        {"id": None, "credit": None, "total_energy": None, "total_cost": None, "cdr_location": None, "currency": None},
    ],
)
def test_what_no_price_depends_on_may_be_odd_or_null(odd: dict[str, Any]) -> None:
    assert used(CDR, **odd).periods == used(CDR).periods


def test_a_strict_reading_still_wants_the_whole_record() -> None:
    with pytest.raises(UnreadableCdr, match=r"\$\.country_code: is missing"):
        read_cdrs(json.dumps(CDR))


def test_a_period_that_charged_and_stood_parked_is_split_with_the_charging_first() -> None:
    # given 1.5 h of charging and half an hour parked in one period of two hours
    record = with_dimensions(("PARKING_TIME", 0.5), ("ENERGY", 10), ("TIME", 1.5))
    # when, then
    usage = used(record)
    assert shape(usage) == [("charging", 90, Decimal(10_000)), ("parked", 120, Decimal(0))]
    [note] = usage.notes
    assert note.path == "$.charging_periods[0]"
    assert "charging is taken to have come first" in note.said


def test_both_hours_have_to_add_up_to_the_period() -> None:
    with pytest.raises(UnreadableCdr, match=r"say 2.5 h of TIME and PARKING_TIME, and the period lasts 7200 s"):
        used(with_dimensions(("TIME", 1.5), ("PARKING_TIME", 1)))


@pytest.mark.parametrize(
    ("total", "is_read"),
    # one period: 0.005 + 0.0005 kWh of rounding
    [("10.0055", True), ("9.9945", True), ("10.0056", False), ("9.9944", False)],
)
def test_a_total_may_be_off_by_what_records_round_and_no_more(total: str, is_read: bool) -> None:
    usage = used(CDR, total_energy=total)
    # the periods count
    assert usage.energy_wh == 10_000
    assert (usage.trouble is None) == is_read
    if is_read:
        assert f"says {total} kWh and the periods add up to 10 kWh" in usage.notes[0].said
    else:
        assert f"says {total} kWh and the periods add up to 10 kWh" in str(usage.trouble)


def test_the_only_period_has_the_total_energy_if_it_says_none() -> None:
    assert used(with_dimensions(("TIME", 2), total_energy=4.5)).energy_wh == 4_500


def test_energy_that_nobody_says_is_not_zero() -> None:
    assert "no charging period says its ENERGY" in str(used(with_dimensions(("TIME", 2))).trouble)
    # but a car that is parked takes none
    assert used(with_dimensions(("PARKING_TIME", 2))).trouble is None


def test_the_noise_of_other_peoples_floats_is_counted_to_the_ten_thousandth_of_a_wh_and_said() -> None:
    usage = used(json.loads(json.dumps(with_dimensions(("ENERGY", "10.000000000000002")))))
    assert usage.energy_wh == 10_000
    assert "ten-thousandth" in usage.notes[0].said


def test_dimensions_that_only_a_session_has_are_let_be() -> None:
    kinds = ("CURRENT", "POWER", "STATE_OF_CHARGE", "ENERGY_IMPORT", "ENERGY_EXPORT")
    record = with_dimensions(("ENERGY", 10), *((kind, -5) for kind in kinds))
    assert used(record).periods == used(CDR).periods


@pytest.mark.parametrize(
    ("record", "path", "says"),
    [
        (with_dimensions(("ENERGY", -2)), ".charging_periods[0].dimensions[0].volume", "gives back to the grid"),
        (with_dimensions(("MIN_POWER", -2)), ".charging_periods[0].dimensions[0].volume", "gives back to the grid"),
        (with_dimensions(("ENERGY", 1), total_energy=-1), ".total_energy", "given back to the grid"),
        (with_dimensions(("TIME", -2)), ".charging_periods[0].dimensions[0].volume", "less than nothing"),
        (with_dimensions(("SOLAR", 1)), ".charging_periods[0].dimensions[0].type", "'SOLAR' is not a dimension"),
        (with_dimensions(("4111 1111", 1)), ".charging_periods[0].dimensions[0].type", "this is not a dimension"),
        (with_dimensions(("TIME", 1), ("RESERVATION_TIME", 1)), ".charging_periods[0].dimensions", "split the period"),
        (with_dimensions(("ENERGY", "1e999999")), ".charging_periods[0].dimensions[0].volume", "number is too large"),
        (
            with_dimensions(("ENERGY", 1), ("MAX_POWER", "11." + "1" * 20)),
            ".charging_periods[0].dimensions",
            "max_power_w has more than 12 decimals",
        ),
        ({**CDR, "credit": True}, ".credit", "a credit for another CDR"),
        ({**CDR, "end_date_time": None}, ".end_date_time", "is missing"),
        ({**CDR, "end_date_time": 1772438400}, ".end_date_time", "is not a time"),
        ({**CDR, "end_date_time": "9999-12-31T23:59:59-14:00"}, ".end_date_time", "a clock was wrong"),
        ({**CDR, "charging_periods": []}, ".charging_periods", "at least 1"),
        ({**CDR, "start_date_time": "2026-03-02T07:58:59Z"}, ".charging_periods[0].start_date_time", "another time"),
        ({**CDR, "status": "INVALID"}, ".status", "is not billed"),
        ({"elements": []}, "", "this is a tariff"),
        ({**SESSION, "status": "COMPLETED"}, ".end_date_time", "is missing"),
        ({**SESSION, "last_updated": "soon"}, ".last_updated", "is not a time"),
    ],
)
def test_what_has_no_price_is_said_in_one_sentence(record: dict[str, Any], path: str, says: str) -> None:
    with pytest.raises(UnreadableCdr, match=says) as error:
        read_usage(json.dumps(record))
    assert error.value.path == f"${path}"


def test_a_session_that_goes_on_is_known_until_it_was_last_updated() -> None:
    usage = used(SESSION)
    assert (usage.kind, usage.running, usage.ends_at) == ("Session", True, START + timedelta(minutes=45))
    # the last period has what the others leave of the 7.5 kWh
    assert shape(usage) == [("charging", 30, Decimal(5_000)), ("charging", 45, Decimal(2_500))]


def test_without_that_it_is_known_as_long_as_its_last_period_says() -> None:
    # 0.1 h from 8:30
    assert used(SESSION, last_updated=None).ends_at == START + timedelta(minutes=36)


def test_time_goes_on_after_the_last_update_and_energy_is_not_made_up() -> None:
    usage = used(SESSION).until(START + timedelta(hours=2))
    assert shape(usage)[2:] == [("charging", 120, Decimal(0))]
    assert "nothing is known of its energy after 2026-03-02T08:45:00Z" in usage.notes[-1].said
    # one that has ended does not go on
    assert used(CDR).until(START + timedelta(days=1)) == used(CDR)


def test_a_session_without_periods_is_one_from_its_start() -> None:
    assert shape(used(SESSION, charging_periods=[])) == [("charging", 45, Decimal(7_500))]
    reserved = used(SESSION, charging_periods=[], status="RESERVATION", kwh=0)
    assert shape(reserved) == [("reserved", 45, Decimal(0))]
    assert not reserved.reservation_expired
    pending = used(SESSION, charging_periods=[], status="PENDING", kwh=0)
    assert shape(pending) == [("charging", 0, Decimal(0))]


def test_a_running_sessions_meter_is_believed_before_its_periods() -> None:
    usage = used(SESSION, kwh=9, charging_periods=[{**SESSION["charging_periods"][0]}])
    assert usage.energy_wh == 9_000
    assert "is 4 kWh more than its periods say" in usage.notes[0].said


def test_a_record_of_nothing_but_a_reservation_is_one_that_expired() -> None:
    assert used(with_dimensions(("RESERVATION_TIME", 2))).reservation_expired
    assert not used(CDR).reservation_expired


def test_a_total_that_cannot_be_read_is_said_and_no_price_depends_on_it() -> None:
    # given a total with a decimal comma, and one with half of what it needs
    for written, where in (("4,00", "$.total_cost"), ({"incl_vat": 3}, "$.total_cost.before_taxes")):
        usage = used(CDR, total_cost=written)
        # then nothing is compared, and that is said with its place
        assert usage.stated is None
        assert [note.path for note in usage.notes] == [where]
        assert usage.notes[0].said.endswith(": this price is compared with nothing")


def test_a_time_a_moment_below_nothing_is_none() -> None:
    # given a period without length, as a back office writes it whose two clocks are a moment apart (-0.55 s)
    first = {"start_date_time": CDR["start_date_time"], "dimensions": [{"type": "TIME", "volume": "-0.000153333"}]}
    usage = used(CDR, charging_periods=[first, *CDR["charging_periods"]])
    assert shape(usage) == [("charging", 0, Decimal(0)), *shape(used(CDR))]
    # and a whole second more is an error
    first["dimensions"] = [{"type": "TIME", "volume": "-0.0006"}]
    with pytest.raises(UnreadableCdr, match="no time is less than nothing"):
        used(CDR, charging_periods=[first, *CDR["charging_periods"]])


def test_energy_under_another_name_is_named() -> None:
    # given periods with ENERGY_IMPORT alone, by which OCPI prices nothing
    periods = [
        {"start_date_time": f"2026-03-02T0{hour}:00:00Z", "dimensions": [{"type": "ENERGY_IMPORT", "volume": 5}]}
        for hour in (8, 9)
    ]
    said = str(used(CDR, charging_periods=periods, total_energy=10).trouble)
    assert "add up to 0 kWh of ENERGY, by which OCPI prices: they have ENERGY_IMPORT" in said
    periods[0]["dimensions"] = [{"type": "ENERGY", "volume": 5}]
    assert "ENERGY_IMPORT" not in str(used(CDR, charging_periods=periods, total_energy=10).trouble)
