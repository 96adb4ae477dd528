"""Whatever is said is read back as it was said, in the same bytes each time, and follows from its cause alone."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tapwatt.facts.codec import begin, decode, encode, follow
from tapwatt.facts.events import Captured, ChargingEnded, Refunded, StopRequested
from tapwatt.facts.fact import Fact
from tapwatt.facts.fields import ChargingPeriod, Place
from tapwatt.facts.reasons import EndReason
from tapwatt.money import Money

names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:*\-]{0,63}", fullmatch=True)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
currencies = st.sampled_from(["EUR", "JPY", "KWD"])
energies = st.decimals(0, 10**6, places=4)
places = st.builds(Place, operator_id=names, site_id=names, terminal_id=names, evse_id=names)


@st.composite
def endings(draw: st.DrawFn) -> ChargingEnded:
    start = at = draw(moments)
    periods = []
    for energy, seconds in draw(st.lists(st.tuples(energies, st.integers(0, 86400)), min_size=1, max_size=5)):
        periods.append(ChargingPeriod(starts_at=at, ends_at=at + timedelta(seconds=seconds), energy_wh=energy))
        at = periods[-1].ends_at
    return ChargingEnded(
        session_id=draw(names),
        reason=draw(st.sampled_from(EndReason)),
        started_at=start,
        ended_at=at,
        energy_wh=sum((period.energy_wh for period in periods), Decimal(0)),
        periods=tuple(periods),
    )


@st.composite
def captures(draw: st.DrawFn) -> Captured:
    currency = draw(currencies)
    amounts = draw(st.lists(st.integers(1, 5 * 10**11), min_size=3, max_size=3))
    taken, released, shortfall = (Money(minor=minor, currency=currency) for minor in amounts)
    return Captured(
        session_id=draw(names),
        place=draw(places),
        hold_reference=draw(st.text(max_size=40)),
        capture_reference=draw(st.text(max_size=40)),
        held=taken + released,
        taken=taken,
        released=released,
        shortfall=shortfall,
    )


stops = st.builds(
    StopRequested,
    stop_id=names,
    operator_id=names,
    site_id=names,
    terminal_id=names,
    evse_ids=st.lists(names, max_size=4).map(tuple),
    evse_id=st.none() | names,
    requested_at=moments,
)
facts: st.SearchStrategy[Fact] = st.one_of(endings(), captures(), stops)


def floats(node: Any) -> bool:
    if isinstance(node, dict | list):
        return any(floats(inner) for inner in (node.values() if isinstance(node, dict) else node))
    return isinstance(node, float)


@given(facts, names, moments)
def test_what_is_said_is_read_back_and_said_again_in_the_same_bytes(fact: Fact, event_id: str, now: datetime) -> None:
    event = begin(fact, event_id, "/tapwatt/test", now)
    record = encode(event)
    assert decode(*record) == event
    assert encode(decode(*record)) == record
    assert record[0] == fact.key.encode()


@given(facts, names, moments)
def test_s24_no_number_with_a_point_is_ever_said(fact: Fact, event_id: str, now: datetime) -> None:
    _, value, _ = encode(begin(fact, event_id, "/tapwatt/test", now))
    assert not floats(json.loads(value))


@given(facts, names, moments, st.timedeltas(timedelta(0), timedelta(days=30)), names, currencies)
def test_s33_the_same_cause_gives_the_same_id_whenever_it_is_handled(
    cause: Fact, event_id: str, now: datetime, later: timedelta, refund: str, currency: str
) -> None:
    # given an event, and what follows from it
    caused_by = begin(cause, event_id, "/tapwatt/test", now).envelope
    fact = Refunded(session_id="s-1", refund_id=refund, refund_reference="R", amount=Money(minor=1, currency=currency))
    # when it is handled at once, and again much later
    first, again = follow(caused_by, fact, "/tapwatt/capturer", now), follow(caused_by, fact, "/tapwatt/x", now + later)
    # then both are one fact, in one trace
    assert first.envelope.id == again.envelope.id
    assert first.envelope.traceparent == again.envelope.traceparent
    assert str(caused_by.traceparent).split("-")[1] == str(first.envelope.traceparent).split("-")[1]
    # and what follows from another event is another fact
    assert follow(begin(cause, event_id + "2", "/t", now).envelope, fact, "/t", now).envelope.id != first.envelope.id
