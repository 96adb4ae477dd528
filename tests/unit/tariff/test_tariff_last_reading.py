"""What a session owes by its last reading, when it cannot wait any longer for a word of its end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from tests.unit.tariff.test_tariff_decide import CANCELLED, DECLINED, NOON, PLACE, RULES, authorised, ended, price, word

from tapwatt.facts.events import MeterRead, SessionDisputed, SessionPriced
from tapwatt.facts.fields import MeterPeriod
from tapwatt.facts.reasons import Doubt, EndReason
from tapwatt.money import Money
from tapwatt.tariffs import Restrictions
from tariff.decide import by_last_reading, decide
from tariff.due import settled_by, stale_at
from tariff.reading import so_far
from tariff.settings import TariffSettings
from tariff.stale import stale
from tariff.words import Ended, Session

HOUR = timedelta(hours=1)


def shown(energy_wh: int = 8_000, *periods: MeterPeriod) -> MeterRead:
    """What the meter shows an hour after noon."""
    return MeterRead(
        operator_id="op",
        session_id="s1",
        started_at=NOON,
        read_at=NOON + HOUR,
        energy_wh=Decimal(energy_wh),
        periods=periods,
    )


def going_on(said: MeterRead | None = None, began: object = None) -> Session:
    """A session of which nobody has said how it ended."""
    return Session(began or authorised(), so_far=Ended(so_far(said or shown()), NOON + HOUR))  # type: ignore[arg-type]


def test_s08_it_is_billed_by_what_the_meter_shows_and_says_so() -> None:
    priced = by_last_reading(going_on(), RULES, EndReason.HOLD_EXPIRING)
    assert isinstance(priced, SessionPriced)
    assert (priced.owed, priced.energy_wh) == (Money.of("4.00", "EUR"), 8_000)
    assert (priced.ended_because, priced.ended_at) == (EndReason.HOLD_EXPIRING, NOON + HOUR)
    assert priced.notes == (
        "nobody had said in time how it ended: it is billed by its reading of 2026-03-01T13:00:00Z",
    )


def test_s08_a_reading_may_tell_its_periods() -> None:
    parked = MeterPeriod(starts_at=NOON, ends_at=NOON + HOUR, energy_wh=Decimal(8_000), activity="parked")
    priced = by_last_reading(going_on(shown(8_000, parked)), RULES, EndReason.STALE)
    assert isinstance(priced, SessionPriced)
    assert priced.ended_because is EndReason.STALE


@pytest.mark.parametrize(
    "session",
    [
        Session(),
        Session(began=authorised()),
        going_on(began=DECLINED),
        replace(going_on(), priced=price(Session(authorised(), (word(ended()),)))),
    ],
)
def test_s08_without_a_hold_or_a_reading_or_after_a_price_nothing_follows(session: Session) -> None:
    assert by_last_reading(session, RULES, EndReason.HOLD_EXPIRING) is None


@pytest.mark.parametrize(
    ("session", "doubt"),
    [
        (going_on(shown(910_000_000)), Doubt.IMPLAUSIBLE_ENERGY),
        (going_on(shown(-5_000)), Doubt.IMPLAUSIBLE_ENERGY),
        (going_on(shown().model_copy(update={"started_at": NOON + 2 * HOUR})), Doubt.IMPLAUSIBLE_TIME),
        (
            going_on(began=authorised(restrictions=Restrictions(min_current=Decimal(16)))),
            Doubt.CANNOT_BE_PRICED,
        ),
    ],
)
def test_s35_a_reading_that_is_not_believed_or_has_no_price_is_disputed(session: Session, doubt: Doubt) -> None:
    said = by_last_reading(session, RULES, EndReason.HOLD_EXPIRING)
    assert isinstance(said, SessionDisputed)
    assert (said.doubt, said.settled_by) == (doubt, ("fleet", "operator"))


def test_s38_a_session_whose_meter_has_shown_energy_did_not_never_begin() -> None:
    # given a session of which a reading is known, and a word that it never began
    session = replace(going_on(), words=(word(CANCELLED),))
    verdict = decide(session, RULES)
    assert verdict.price is None
    [(_, said)] = verdict.disputes
    assert said.doubt is Doubt.CONTRADICTING_END
    # then it is billed by that reading before its hold runs out
    assert isinstance(by_last_reading(session, RULES, EndReason.HOLD_EXPIRING), SessionPriced)
    # and a meter that shows nothing contradicts nobody
    nothing = replace(going_on(shown(0)), words=(word(CANCELLED),))
    assert decide(nothing, RULES).price is not None


def test_s52_a_session_is_stale_so_long_after_its_last_reading_by_the_clock_that_is_behind() -> None:
    rules = TariffSettings().at(PLACE)
    late = going_on()
    said = stale(late, rules)
    assert said is not None
    assert said.deadline == NOON + HOUR + rules.stale_after
    ahead = going_on(shown().model_copy(update={"read_at": NOON + 9000 * HOUR}))
    assert stale(ahead, rules) == said
    assert stale(Session(authorised()), rules).deadline == stale_at(authorised(), rules)  # type: ignore[union-attr]


def test_s08_by_default_it_is_billed_two_hours_before_its_hold_runs_out_or_as_is_set_there() -> None:
    hold = authorised().hold
    assert settled_by(authorised(), TariffSettings().at(PLACE)) == hold.expires_at - 2 * HOUR
    there = TariffSettings.model_validate({"by_place": {"op/site": {"settle_before_expiry_s": 60}}})
    assert settled_by(authorised(), there.at(PLACE)) == hold.expires_at - timedelta(seconds=60)
