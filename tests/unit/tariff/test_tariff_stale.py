"""When a session is stale: nobody has said by its deadline how it ended, in whatever words."""

from __future__ import annotations

from datetime import timedelta

from tests.unit.tariff.test_tariff_decide import CANCELLED, DECLINED, NOON, authorised, decision, ended, price, word

from tariff.settings import TariffSettings
from tariff.stale import stale
from tariff.words import Session

RULES = TariffSettings().at(authorised().place)


def test_s52_a_session_of_which_nobody_said_how_it_ended_is_stale_by_its_deadline() -> None:
    said = stale(Session(authorised()), RULES)
    assert said is not None
    assert (said.deadline, said.policy, said.hold) == (NOON + timedelta(hours=46), "release", authorised().hold)


def test_s52_a_session_is_not_stale_once_anybody_has_said_how_it_ended_believed_or_not() -> None:
    for said in (ended(), ended(hours=24 * 101), CANCELLED, decision("3")):
        assert stale(Session(authorised(), (word(said),)), RULES) is None
    priced = price(Session(authorised(), (word(ended()),)))
    assert stale(Session(authorised(), priced=priced), RULES) is None
    assert stale(Session(), RULES) is None
    assert stale(Session(DECLINED), RULES) is None
