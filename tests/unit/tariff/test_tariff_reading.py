"""What a charger said is understood as far as rounding explains it, and noted; what is further off is a fault."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tapwatt.facts.events import ChargingEnded
from tapwatt.facts.fields import ChargingPeriod
from tapwatt.facts.reasons import Doubt, EndReason
from tapwatt.facts.stop_reasons import OCPP
from tariff.reading import Reading, read

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def after(minutes: float) -> str:
    return (NOON + timedelta(minutes=minutes)).isoformat()


def said(**more: Any) -> ChargingEnded:
    """An hour at 11 kW in two halves, as JSON has it."""
    halves = [
        {"starts_at": after(0), "ends_at": after(30), "energy_wh": 6000},
        {"starts_at": after(30), "ends_at": after(60), "energy_wh": 5000},
    ]
    whole = {
        "session_id": "s1",
        "reason": "ev_disconnected",
        "started_at": after(0),
        "ended_at": after(60),
        "energy_wh": 11000,
        "periods": halves,
    }
    return ChargingEnded.model_validate_json(json.dumps(whole | more))


def halves(first: dict[str, Any] | None = None, second: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Both halves, changed."""
    one = {"starts_at": after(0), "ends_at": after(30), "energy_wh": 6000} | (first or {})
    return [one, {"starts_at": after(30), "ends_at": after(60), "energy_wh": 5000} | (second or {})]


@pytest.mark.parametrize(
    ("more", "energy", "note"),
    [
        ({}, "11000", None),
        ({"energy_wh": "11000.0000"}, "11000", None),
        ({"energy_wh": 10999.999999999998}, "11000", "rounded to the ten-thousandth of a Wh"),
        ({"periods": halves({"energy_wh": 6000.000000000001})}, "11000", "rounded to the ten-thousandth"),
        ({"energy_wh": 11006}, "11000", "the periods add up to 11000 Wh and it says 11006 Wh: the periods count"),
        ({"energy_wh": 10994}, "11000", "the periods count"),
        ({"periods": halves({"energy_wh": -0.4}, {"energy_wh": 11000})}, "11000", "are counted as nothing"),
        ({"ended_at": after(60 - 0.003 / 60)}, "11000", "its last period ends 0.003 s after it ended"),
        ({"ended_at": after(60 - 4 / 60)}, "11000", "its last period ends 4 s after it ended"),
        ({"started_at": after(0.5)}, "11000", "its first period begins 30 s before it started"),
        ({"periods": halves(None, {"starts_at": after(30 - 0.002 / 60)})}, "11000", "periods[1] overlaps by 0.002 s"),
        ({"reason": "EVDisconnected"}, "11000", "the reason EVDisconnected is understood as ev_disconnected"),
        ({"reason": "Sun went down"}, "11000", "the reason Sun went down is understood as other"),
        ({"periods": halves({"max_current_a": 15.99999998})}, "11000", "more than six decimals are rounded"),
        ({"periods": halves({"max_current_a": -3})}, "11000", "a max_current_a of -3 is left out"),
    ],
)
def test_s36_what_rounding_explains_is_understood_and_noted(
    more: dict[str, Any], energy: str, note: str | None
) -> None:
    reading = read(said(**more))
    assert reading.fault is None
    assert reading.energy_wh == Decimal(energy)
    assert sum(period.energy_wh for period in reading.periods) == Decimal(energy)
    assert [note in one for one in reading.notes] == [True] if note else reading.notes == ()
    # and every period is within the session, and none begins before the one before it is over
    assert reading.started_at <= reading.periods[0].starts_at
    assert reading.periods[-1].ends_at <= reading.ended_at
    assert all(a.ends_at <= b.starts_at for a, b in zip(reading.periods, reading.periods[1:], strict=False))


@pytest.mark.parametrize(
    ("more", "doubt", "why"),
    [
        ({"energy_wh": 11006.1}, Doubt.IMPLAUSIBLE_ENERGY, "further apart than rounding explains (6 Wh)"),
        ({"energy_wh": 5000}, Doubt.IMPLAUSIBLE_ENERGY, "a partial reading"),
        ({"energy_wh": -11000}, Doubt.IMPLAUSIBLE_ENERGY, "which no charger gives"),
        ({"energy_wh": 10**12}, Doubt.IMPLAUSIBLE_ENERGY, "which no charger gives"),
        ({"periods": halves({"energy_wh": -6})}, Doubt.IMPLAUSIBLE_ENERGY, "which no charger gives"),
        ({"ended_at": after(59)}, Doubt.IMPLAUSIBLE_TIME, "after it ended"),
        ({"ended_at": after(-1)}, Doubt.IMPLAUSIBLE_TIME, "before it started"),
        ({"started_at": after(2)}, Doubt.IMPLAUSIBLE_TIME, "before it started"),
        ({"periods": halves(None, {"starts_at": after(29)})}, Doubt.IMPLAUSIBLE_TIME, "periods[1] begins before"),
        ({"periods": halves({"ends_at": after(-1)})}, Doubt.IMPLAUSIBLE_TIME, "ends before it begins"),
    ],
)
def test_s36_what_rounding_does_not_explain_is_a_fault(more: dict[str, Any], doubt: Doubt, why: str) -> None:
    fault = read(said(**more)).fault
    assert fault is not None
    assert fault.doubt is doubt
    assert why in fault.why


def test_s36_every_stop_reason_of_ocpp_has_one_of_our_words_in_whatever_case() -> None:
    assert len(OCPP) == 23
    for word, ours in OCPP.items():
        ended = said(reason=word.upper())
        assert (ended.reason, ended.reason_said) == (ours, word.upper())
        # and it is read back as it was said
        assert ChargingEnded.model_validate_json(ended.model_dump_json()) == ended
    for reason in EndReason:
        assert (said(reason=reason).reason, said(reason=reason).reason_said) == (reason, "")


def test_s36_two_days_of_a_sample_a_minute_are_kept_as_few_periods() -> None:
    minutes = [
        {"starts_at": after(n), "ends_at": after(n + 1), "energy_wh": 183.33333333333334, "max_power_w": 11000}
        for n in range(2880)
    ]
    reading = read(said(ended_at=after(2880), energy_wh=528000, periods=minutes))
    assert reading.fault is None
    assert len(reading.periods) == 1
    assert reading.energy_wh == Decimal("527999.9040")
    assert len(reading.model_dump_json()) < 1000


def test_s12_what_says_the_same_in_other_words_has_the_same_name() -> None:
    def named(ended: ChargingEnded) -> str:
        return read(ended).content

    one = named(said())
    assert named(said(energy_wh="11000.00", reason="LIMIT")) == one
    assert named(said(energy_wh=10999.999999999998)) == one
    assert named(said(periods=[{"starts_at": after(0), "ends_at": after(60), "energy_wh": 11000}])) != one
    assert named(said(reason="reservation_expired")) != one


def test_s36_a_period_as_it_is_priced_is_one_that_a_charger_may_say() -> None:
    period = ChargingPeriod(starts_at=NOON, ends_at=NOON + timedelta(hours=1), energy_wh=Decimal(1))
    ended = said().model_copy(update={"energy_wh": Decimal(1)})
    built = ChargingEnded(**{**ended.model_dump(), "periods": (period,)})
    assert ChargingEnded.model_validate_json(built.model_dump_json()) == built
    assert isinstance(read(built), Reading)
