"""Whatever is owed and held: never more than the hold, and no cent unaccounted for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from capturer.decide import ask, decide
from tapwatt.facts.bill import PriceLine
from tapwatt.facts.events import Captured, HoldReleased, SessionPriced
from tapwatt.facts.fields import Hold, Place
from tapwatt.facts.reasons import EndReason
from tapwatt.money import Money
from tapwatt.provider.port import CaptureRequest, Kind, Status, Transaction

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD", "ISK", "BHD"])
AMOUNTS = st.one_of(st.integers(0, 300), st.integers(0, 10**9))


def priced(owed: Money, held: Money) -> SessionPriced:
    line = PriceLine(
        dimension="FLAT",
        quantity=Decimal(1),
        unit="session",
        unit_price=owed.major,
        vat_percent=None,
        excl_vat=owed,
        incl_vat=owed,
    )
    return SessionPriced(
        session_id="s",
        place=Place(operator_id="o", site_id="s", terminal_id="t", evse_id="e"),
        hold=Hold(reference="h", amount=held, authorised_at=NOON, expires_at=NOON + timedelta(days=2)),
        owed=owed,
        owed_excl_vat=owed,
        energy_wh=Decimal(0),
        ended_because=EndReason.LIMIT,
        tariff_id="t",
        lines=(line,),
    )


@given(currency=CURRENCIES, owed=AMOUNTS, held=st.integers(1, 10**9), least=st.integers(0, 500))
def test_every_cent_of_the_hold_and_of_the_bill_is_accounted_for(
    currency: str, owed: int, held: int, least: int
) -> None:
    # Given any bill against any hold
    session = priced(Money(minor=owed, currency=currency), Money(minor=held, currency=currency))
    # When it is settled and the provider does as it is told
    asked = ask(session, Money(minor=least, currency=currency))
    if isinstance(asked, CaptureRequest):
        answer = Transaction("c", Kind.CAPTURE, Status.SUCCESS, original_reference="h", amount=asked.amount)
    else:
        answer = Transaction("r", Kind.REVERSAL, Status.SUCCESS, original_reference="h")
    said = decide(session, asked, answer)
    # Then nothing is taken beyond the hold, and the sums hold to the last minor unit
    match said:
        case Captured():
            assert said.taken == min(session.owed, session.hold.amount)
            assert said.taken.minor >= least
            assert said.taken + said.released == session.hold.amount
            assert said.taken + said.shortfall == session.owed
        case HoldReleased():
            assert said.released == session.hold.amount
            assert said.waived == session.owed
            assert owed == 0 or min(owed, held) < least
        case _:
            raise AssertionError(f"a success became {said.name}")
