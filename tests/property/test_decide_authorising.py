"""Whatever the provider answers: a session is authorised for what is held and no more, and no money is left behind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from authoriser.agreement import Agreed, Terms
from authoriser.decide import ReverseFirst, decide
from tapwatt.errors import BrokenInvariant, NeedsHuman, OutcomeUnknown
from tapwatt.facts.cards import Card, Fingerprint, FingerprintKind
from tapwatt.facts.events import AuthorisationDeclined, Authorised, SessionRequested
from tapwatt.facts.fields import Place
from tapwatt.money import Money
from tapwatt.provider.port import Failure, Kind, ReversalRequest, Status, Transaction
from tapwatt.tariffs import Dimension, PriceComponent, Tariff, TariffElement

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CARD = Card(fingerprints=(Fingerprint(kind=FingerprintKind.CARD, key_version=1, digest="ab" * 32),))
ELEMENT = TariffElement(price_components=(PriceComponent(type=Dimension.ENERGY, price=Decimal(1)),))
WAIT, GRACE = timedelta(seconds=120), timedelta(seconds=15)

amounts = st.builds(Money, minor=st.integers(1, 10_000), currency=st.sampled_from(["EUR", "JPY"]))
answers = st.builds(
    Transaction,
    reference=st.just("h1"),
    kind=st.just(Kind.AUTHORISE),
    status=st.sampled_from(Status),
    amount=st.none() | amounts,
    failure=st.none() | st.sampled_from(Failure),
    card=st.none() | st.just(CARD),
    created_at=st.none() | st.just(NOON),
    final_at=st.none() | st.integers(0, 400).map(lambda late: NOON + timedelta(seconds=late)),
)


def requested(hold: Money) -> SessionRequested:
    return SessionRequested(
        session_id="s",
        place=Place(operator_id="o", site_id="s", terminal_id="t", evse_id="e"),
        hold=hold,
        tariff=Tariff(id="t", currency=hold.currency, elements=(ELEMENT,)),
        time_zone="UTC",
        requested_at=NOON,
    )


@given(hold=amounts, answer=answers, least=st.integers(0, 5_000))
def test_what_was_held_is_authorised_or_let_go_and_nothing_else_is_either(
    hold: Money, answer: Transaction, least: int
) -> None:
    terms = Terms(WAIT, GRACE, timedelta(days=2), Money(minor=least, currency=hold.currency))
    try:
        asked = requested(hold)
        assert isinstance(asked.tariff, Tariff)
        said = decide(asked, Agreed(asked.tariff, None, hold, terms), answer)
    except OutcomeUnknown:
        assert answer.status is Status.PENDING
        return
    except NeedsHuman:
        assert answer.status is Status.MANUAL
        return
    except BrokenInvariant:
        held = answer.amount if answer.final_at is not None else None
        as_asked = held is not None and held.currency == hold.currency and held <= hold
        assert answer.status is Status.SUCCESS
        assert not as_asked
        return
    match said:
        case Authorised():
            # Then the hold is what the provider says it is, a card can stop it, and it came while somebody waited
            assert answer.status is Status.SUCCESS
            assert said.hold.amount == answer.amount
            assert said.hold.amount <= hold
            assert said.hold.expires_at - said.hold.authorised_at == timedelta(days=2)
            assert answer.created_at is None or said.hold.authorised_at - answer.created_at <= WAIT + GRACE
        case ReverseFirst():
            assert answer.status is Status.SUCCESS
            assert said.ask == ReversalRequest.of("h1")
        case AuthorisationDeclined():
            assert answer.status is Status.FAILED
