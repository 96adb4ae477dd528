"""The prices of a demo: under tariffs that were shown or published, each line explained, VAT and lines adding up."""

from __future__ import annotations

import pytest
from tests.integration.demo.lived import Lived

from simulator.fleet.tariffs import CITY, VERSION
from tapwatt.facts.events import SessionPriced

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.timeout(300)]


def prices(lived: Lived) -> list[SessionPriced]:
    return [fact for fact in lived.settled if isinstance(fact, SessionPriced)]


def test_s23_sessions_are_billed_under_tariffs_that_were_shown_and_that_were_published(lived: Lived) -> None:
    versions = [fact.tariff_version for fact in prices(lived)]
    assert versions.count(VERSION) > 5
    assert versions.count(None) > 5


def test_s23_the_grace_that_a_driver_was_promised_is_not_charged(lived: Lived) -> None:
    lines = [line for fact in prices(lived) if fact.tariff_id == CITY.id for line in fact.lines]
    parked = [line for line in lines if line.dimension == "PARKING_TIME"]
    assert parked
    assert all("10 min of grace not charged" in line.why for line in parked)


def test_s23_every_line_says_why_and_adds_up_with_the_others(lived: Lived) -> None:
    for fact in prices(lived):
        assert all(line.why for line in fact.lines)
        assert sum(line.incl_vat.minor for line in fact.lines) == fact.owed.minor
        assert sum(line.excl_vat.minor for line in fact.lines) == fact.owed_excl_vat.minor
        assert sum(share.incl_vat.minor for share in fact.vat) == fact.owed.minor
