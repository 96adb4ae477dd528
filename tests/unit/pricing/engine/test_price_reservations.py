"""Reservations that are used and reservations that expire, with the arithmetic beside each."""

from __future__ import annotations

import pytest
from tests.unit.pricing.engine.price_cases import billed, cost, element, lines, parked, period, reserved, tariff

from pricing.engine.price import CannotPrice
from tapwatt.facts.fields import ChargingPeriod
from tapwatt.tariffs import Tariff

USED = "RESERVATION"
EXPIRED = "RESERVATION_EXPIRES"
SESSION = element(("FLAT", "0.50", "20"), ("ENERGY", "0.25", "10"))
FEE = tariff(
    element(("FLAT", "4", "20"), reservation=EXPIRED), element(("TIME", "2", "20", 600), reservation=USED), SESSION
)
DEARER = tariff(
    element(("TIME", "6", "20", 600), reservation=EXPIRED),
    element(("TIME", "3", "20", 600), reservation=USED),
    SESSION,
)


def test_a_reservation_that_expired_costs_its_fee_and_the_time() -> None:
    # 4.00 + 1 h * 2.00 = 6.00; + 20 % = 7.20
    bill = billed(FEE, reserved(0, 60), reservation_expired=True)
    assert lines(bill) == [("FLAT", 400, 480), ("TIME", 200, 240)]


def test_a_reservation_that_expired_has_a_price_of_its_own_for_the_time() -> None:
    # 1.5 h * 6.00 = 9.00; + 20 % = 10.80
    assert cost(DEARER, reserved(0, 90), reservation_expired=True) == (900, 1080)


def test_the_elements_for_an_expired_one_are_asked_first_wherever_they_stand() -> None:
    turned = tariff(
        element(("TIME", "3", "20", 600), reservation=USED), element(("TIME", "6", "20", 600), reservation=EXPIRED)
    )
    bill = billed(turned, reserved(0, 90), reservation_expired=True)
    assert (bill.excl_vat.minor, bill.lines[0].element) == (900, 1)


def test_of_several_for_an_expired_one_the_first_that_holds_wins() -> None:
    # 3.00 an hour in the first half hour, then 6.00: 1.50 + 3.00
    several = tariff(
        element(("TIME", "3", None, 0), reservation=EXPIRED, max_duration=1800),
        element(("TIME", "6", None, 0), reservation=EXPIRED),
        element(("TIME", "9", None, 0), reservation=USED),
    )
    assert cost(several, reserved(0, 60), reservation_expired=True) == (450, 450)


@pytest.mark.parametrize(("what", "expected"), [(FEE, (650, 730)), (DEARER, (700, 790))])
def test_a_reservation_that_is_used_has_no_price_of_an_expired_one(what: Tariff, expected: tuple[int, int]) -> None:
    # 22 min billed as 30: 1.00 or 1.50, + 20 %; 0.50 + 20 %; 20 kWh * 0.25 = 5.00, + 10 %
    assert cost(what, reserved(0, 22), period(22, 82, "20000")) == expected


def test_a_reservation_that_is_called_off_has_no_price_of_an_expired_one() -> None:
    # 22 min billed as 30: 0.5 h * 2.00, and no fee
    assert cost(FEE, reserved(0, 22)) == (100, 120)


def test_a_session_without_a_reservation_asks_no_element_for_one() -> None:
    assert cost(FEE, period(0, 60, "20000")) == (550, 610)


def test_a_reservation_never_pays_a_session_s_fee_and_the_grace_is_not_for_it() -> None:
    # 20 min at 3.00 = 1.00
    only = tariff(element(("TIME", "3", None, 0), reservation=USED), SESSION)
    assert cost(only, reserved(0, 20), idle_grace_s=600) == (100, 100)


@pytest.mark.parametrize("there", [period(60, 90, "1000"), parked(60, 90)])
def test_a_reservation_that_expired_is_followed_by_no_session(there: ChargingPeriod) -> None:
    for session in ([reserved(0, 60), there], [there]):
        with pytest.raises(CannotPrice, match="said to have expired, and yet the car was at the charger"):
            billed(FEE, *session, reservation_expired=True)
