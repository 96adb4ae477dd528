"""What is believed of a session: its times beside those of its hold, its energy beside time and power."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tapwatt.facts.fields import Hold, Place
from tapwatt.facts.reasons import Doubt, EndReason
from tapwatt.money import Money
from tariff.plausibility import doubted
from tariff.reading import Reading
from tariff.settings import TariffSettings

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HOLD = Hold(reference="h", amount=Money.of("60", "EUR"), authorised_at=NOON, expires_at=NOON + 2 * DAY)
PLACE = Place(operator_id="op", site_id="site", terminal_id="t", evse_id="e")
LIMITS = TariffSettings().at(PLACE).limits


def reading(started: datetime, length: timedelta, energy_wh: int = 11_000) -> Reading:
    return Reading(reason=EndReason.LIMIT, started_at=started, ended_at=started + length, energy_wh=Decimal(energy_wh))


@pytest.mark.parametrize(
    ("started", "length", "energy_wh"),
    [
        (NOON, HOUR, 11_000),
        (NOON - HOUR, HOUR, 11_000),  # the cable was in before the card was there
        (NOON + 11 * HOUR, HOUR, 11_000),  # the car waited for the night
        (NOON, 10 * DAY, 400_000),  # stood for long
        (NOON, HOUR, 1_000_000),  # the largest lorry
        (NOON, timedelta(0), 16_000),  # a meter that says one time for both
    ],
)
def test_s35_s37_an_honest_session_is_believed(started: datetime, length: timedelta, energy_wh: int) -> None:
    assert doubted(reading(started, length, energy_wh), HOLD, started + length, LIMITS) is None


@pytest.mark.parametrize(
    ("started", "length", "why"),
    [
        (NOON - DAY, HOUR, "24 h before its hold was authorised"),
        (NOON - 365 * DAY, HOUR, "365 days before its hold was authorised"),
        (datetime(1970, 1, 1, tzinfo=UTC), HOUR, "before its hold was authorised"),
        (NOON + DAY, HOUR, "24 h after its hold was authorised"),
        (NOON + 365 * DAY, HOUR, "365 days after its hold was authorised"),
        (NOON, 365 * DAY, "363 days after its hold ran out"),
        (NOON, 8 * HOUR, "7 h after we heard of it"),
    ],
)
def test_s35_a_clock_that_is_off_is_doubted(started: datetime, length: timedelta, why: str) -> None:
    fault = doubted(reading(started, length), HOLD, NOON + HOUR, LIMITS)
    assert fault is not None
    assert fault.doubt is Doubt.IMPLAUSIBLE_TIME
    assert why in fault.why
    assert "the charger's clock was off" in fault.why


def test_s37_more_energy_than_the_power_gives_in_the_time_is_doubted() -> None:
    fault = doubted(reading(NOON, timedelta(minutes=5), 910_000), HOLD, NOON + HOUR, LIMITS)
    assert fault is not None
    assert fault.doubt is Doubt.IMPLAUSIBLE_ENERGY
    assert fault.why == "it says 910000 Wh in 5 min, more than 1000000 W can give in that time"


def test_s35_s37_a_site_has_its_own_limits_else_its_operator_else_everybody() -> None:
    settings = TariffSettings.model_validate(
        {
            "most_power_w": 400_000,
            "by_place": {
                "op": {"most_power_w": 50_000, "stale_after_s": 3600},
                "op/site": {"most_power_w": 22_000},
            },
        }
    )
    here, there, elsewhere = (
        settings.at(PLACE.model_copy(update=update))
        for update in ({}, {"site_id": "other"}, {"operator_id": "another"})
    )
    assert [rules.limits.most_power_w for rules in (here, there, elsewhere)] == [22_000, 50_000, 400_000]
    assert (here.stale_after, elsewhere.stale_after) == (HOUR, 46 * HOUR)
