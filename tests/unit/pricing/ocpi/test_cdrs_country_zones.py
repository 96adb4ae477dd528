"""A country is enough for the local time only where every place in it shows the same time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pricing.ocpi import country_zones
from pricing.ocpi.country_zones import zone_in, zones_of

BEGAN = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("country", "zone"),
    [
        ("NLD", "Europe/Amsterdam"),
        ("NL", "Europe/Amsterdam"),
        ("GBR", "Europe/London"),
        # two zones with the same clock: Berlin and Busingen
        ("DEU", "Europe/Berlin"),
        # the Canaries, the Azores and four time zones
        ("ESP", None),
        ("PRT", None),
        ("USA", None),
        ("XXX", None),
        ("", None),
    ],
)
def test_the_zone_of_a_country(country: str, zone: str | None) -> None:
    assert zone_in(country, BEGAN, BEGAN + timedelta(hours=3)) == zone


def test_zones_that_part_in_the_middle_of_a_session_are_not_one(monkeypatch: pytest.MonkeyPatch) -> None:
    # given two zones that are both at +01:00 until 29 March 2026, when one of them puts its clock forward
    monkeypatch.setattr(country_zones, "zones_of", lambda _: ("Europe/Berlin", "Africa/Lagos"))
    assert zone_in("any", BEGAN, BEGAN + timedelta(days=26)) == "Europe/Berlin"
    assert zone_in("any", BEGAN, BEGAN + timedelta(days=28)) is None


def test_every_country_of_the_zone_table_can_be_named_by_three_letters() -> None:
    three = {both[2:]: both[:2] for both in country_zones._COUNTRIES.split()}
    assert len(three) == 249
    assert set(country_zones._zones()) <= set(three.values())
    assert zones_of("BEL") == zones_of("BE") == ("Europe/Brussels",)
