"""What the provider is told once has one name: within its 50 characters, another for every operator's session."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from authoriser.decide import order_reference
from tapwatt.facts.events import SessionRequested
from tapwatt.facts.fields import Place
from tapwatt.facts.ids import idempotency_reference, session_name
from tapwatt.provider.ccv.wire import IDEMPOTENCY_LENGTH, ORDER_REFERENCE_LENGTH

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:*\-]{0,63}", fullmatch=True)
VERBS = st.sampled_from(["authorise", "capture", "release", "refund", "token"])


@given(VERBS, NAMES, NAMES)
def test_a_reference_stays_within_what_the_provider_takes(verb: str, operator: str, session: str) -> None:
    assert len(idempotency_reference(verb, session_name(operator, session))) <= IDEMPOTENCY_LENGTH


@given(VERBS, st.tuples(NAMES, NAMES), st.tuples(NAMES, NAMES))
def test_s34_two_operators_never_share_a_reference(verb: str, one: tuple[str, str], other: tuple[str, str]) -> None:
    references = {idempotency_reference(verb, session_name(*named)) for named in (one, other)}
    assert len(references) == (1 if one == other else 2)


@given(NAMES, NAMES)
def test_s34_the_order_reference_fits_and_names_the_operator(operator: str, session: str) -> None:
    asked = SessionRequested(
        session_id=session,
        place=Place(operator_id=operator, site_id="s", terminal_id="t", evse_id="e"),
        time_zone="UTC",
        requested_at=datetime(2026, 3, 1, tzinfo=UTC),
    )
    assert order_reference(asked) == f"{operator}/{session}"
    assert len(order_reference(asked)) <= ORDER_REFERENCE_LENGTH
